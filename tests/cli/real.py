"""A served sandbox as somebody else's account, and a desk with a profile that reaches it."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET = "s3cret-of-the-desk"
SIGN_IN = {
    "none": ((), "v2"),
    "wsse": (("--user", "shop001"), "v2"),
    "oauth": (("--client-id", "shop001"), "v3"),
}


@dataclass(frozen=True)
class Account:
    """The profile `shop` on a served sandbox."""

    desk: Callable[..., Any]
    url: str
    home: Path

    def __call__(self, *words: str) -> Any:
        return self.desk("--profile", "shop", *words)

    def add(self, auth: str, *words: str) -> Any:
        """Adds the profile."""
        named, version = SIGN_IN[auth]
        token = ("--token-url", f"{self.url}/oauth2/token") if auth == "oauth" else ()
        address = ("--base-url", f"{self.url}/api/{version}", "--auth", auth)
        return self.desk("profile", "add", "shop", *address, *named, *token, *words)

    def configure(self, text: str) -> None:
        """Writes the profile into the file: without sign-in, and with these keys."""
        self.home.mkdir(exist_ok=True)
        (self.home / "config.toml").write_text(f'[profiles.shop]\nbase_url = "{self.url}/api/v2"\n{text}\n')


@contextmanager
def failing(url: str, kind: str) -> Iterator[None]:
    """The served account fails so inside the block."""
    faults = f"{url}/_sandbox/faults"
    urllib.request.urlopen(urllib.request.Request(faults, json.dumps({"kind": kind}).encode())).close()
    try:
        yield
    finally:
        urllib.request.urlopen(urllib.request.Request(faults, method="DELETE")).close()


def everything_in(home: Path) -> bytes:
    """The bytes of every file of a home."""
    return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
