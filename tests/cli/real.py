"""A sandbox on a port as somebody else's account, and a desk with a profile that reaches it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import Desk, Ran
from tests.cli.test_sandbox import served

SECRET = "s3cret-of-the-desk"
SIGN_IN = {
    "none": ((), "v2"),
    "wsse": (("--user", "shop001"), "v2"),
    "oauth": (("--client-id", "shop001"), "v3"),
}


@dataclass(frozen=True)
class Account:
    """The profile `shop` on a served sandbox."""

    desk: Desk
    url: str
    home: Path

    def __call__(self, *words: str) -> Ran:
        return self.desk("--profile", "shop", *words)

    def add(self, auth: str, *words: str) -> Ran:
        """Adds the profile."""
        named, version = SIGN_IN[auth]
        token = ("--token-url", f"{self.url}/oauth2/token") if auth == "oauth" else ()
        return self.desk(
            "profile",
            "add",
            "shop",
            "--base-url",
            f"{self.url}/api/{version}",
            "--auth",
            auth,
            *named,
            *token,
            *words,
        )

    def configure(self, text: str) -> None:
        """Writes the profile by hand: without sign-in, and with these keys."""
        self.home.mkdir(exist_ok=True)
        (self.home / "config.toml").write_text(f'[profiles.shop]\nbase_url = "{self.url}/api/v2"\n{text}\n')


@contextmanager
def account(desk: Desk, home: Path, auth: str, *words: str) -> Iterator[Account]:
    """A sandbox that asks for this sign-in, in a home of its own."""
    signed = () if auth == "none" else ("--auth", auth, "--user", "shop001", "--secret", SECRET)
    with served(home.with_name("there"), *signed, *words) as (url, _):
        yield Account(desk, url, home)


def everything_in(home: Path) -> bytes:
    """The bytes of every file of a home."""
    return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
