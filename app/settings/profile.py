"""A profile and the settings as values: how to reach one account, and where the files are."""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

SANDBOX = "sandbox"

Auth = Literal["none", "wsse", "oauth"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How to reach one account: an account folder (the sandbox) or a base URL.

    `folder` is None for the built-in account. `deadline_s` is in seconds and covers the
    whole exchange.
    """

    name: str
    base_url: str | None = None
    folder: Path | None = None
    auth: Auth = "none"
    deadline_s: float = 30.0
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_sandbox(self) -> bool:
        """Whether the account is served in process: nothing leaves this machine."""
        return self.base_url is None

    @property
    def is_loopback(self) -> bool:
        """Whether the account is on this machine: the sandbox, or served on a loopback address."""
        return self.base_url is None or is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def proxy(self) -> str | None:
        """The proxy to go through; None: straight."""
        named = self.values.get("proxy")
        return named if isinstance(named, str) else None

    @property
    def is_production(self) -> bool:
        """Whether real people may be mailed: any account beyond this machine, unless the profile says otherwise."""
        return not self.is_sandbox and bool(self.values.get("production", not self.is_loopback))

    @property
    def account_key(self) -> str:
        """The name of the account on this machine: its folder below `accounts/` in the home."""
        if self.folder is None:
            return self.name
        return hashlib.sha256(str(self.folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program was told: where its files are, and which profile is live."""

    home: Path
    profile: Profile
    theme: str | None = None
    keymap: Mapping[str, str] = field(default_factory=dict)

    @property
    def account_home(self) -> Path:
        """Where the cache of the live account is."""
        return self.home / "accounts" / self.profile.account_key


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: 127/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
