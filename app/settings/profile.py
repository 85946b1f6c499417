"""A profile and the settings as values: how to reach one account, and where the files are."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

SANDBOX = "sandbox"
CONFIG = "config.toml"

Auth = Literal["none", "wsse", "oauth"]

TOKEN_URL = "https://auth.emarsys.net/oauth2/token"  # noqa: S105 - an address
"""Where OAuth 2 tokens come from unless the profile says otherwise."""


SECOND_SEND_S = 600
"""Ten minutes: as long as the same telephone call may last."""


class Profile(NamedTuple):
    """How to reach one account: an account folder (the sandbox) or a base URL.

    `folder` is None for the built-in account. `deadline_s` is in seconds and covers the
    whole exchange.
    """

    name: str
    base_url: str | None = None
    folder: Path | None = None
    auth: Auth = "none"
    deadline_s: float = 30.0
    values: Mapping[str, object] = MappingProxyType({})

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
        return self._text("proxy")

    @property
    def user(self) -> str:
        """The API user of X-WSSE; '' where the profile signs in otherwise."""
        return self._text("user") or ""

    @property
    def client_id(self) -> str:
        """The client id of OAuth 2; '' where the profile signs in otherwise."""
        return self._text("client_id") or ""

    @property
    def token_url(self) -> str:
        """Where OAuth 2 tokens come from."""
        return self._text("token_url") or TOKEN_URL

    @property
    def secret_command(self) -> str | None:
        """The command that prints the secret; None: it comes from elsewhere."""
        return self._text("secret_command")

    @property
    def refresh_contacts(self) -> str:
        """Which contacts a refresh fetches: `none`, `list:ID` or `query:N`."""
        return self._text("refresh_contacts") or "none"

    @property
    def fetches_contacts(self) -> bool:
        """Whether a refresh fetches contacts at all."""
        return self.is_sandbox or self.refresh_contacts != "none"

    @property
    def test_contacts(self) -> tuple[str, ...] | None:
        """The values and `@domains` that may be triggered; None: anybody."""
        listed = self.values.get("test_contacts")
        return tuple(map(str, listed)) if isinstance(listed, list) else None

    @property
    def second_send_s(self) -> int:
        """How long ago, in seconds, the same must have been sent for a second send not to be warned of."""
        return self._whole("second_send_s", SECOND_SEND_S)

    @property
    def retention_days(self) -> int:
        """How old an attempt may grow; 0: as old as it likes."""
        return self._whole("retention_days")

    @property
    def retention_rows(self) -> int:
        """How many attempts are kept; 0: all."""
        return self._whole("retention_rows")

    @property
    def is_production(self) -> bool:
        """Whether real people may be mailed: any account beyond this machine, unless the profile says otherwise."""
        return not self.is_sandbox and bool(self.values.get("production", not self.is_loopback))

    @property
    def account_key(self) -> str:
        """The name of the account on this machine: its folder below `accounts/` in the home."""
        if self.folder is None:
            return self.name
        from hashlib import sha256  # noqa: PLC0415 - OpenSSL comes with it; few profiles have a folder

        return sha256(str(self.folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def _text(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def _whole(self, key: str, otherwise: int = 0) -> int:
        value = self.values.get(key)
        return value if isinstance(value, int) else otherwise


class Settings(NamedTuple):
    """Everything the program was told: where its files are, and which profile is live."""

    home: Path
    profile: Profile
    theme: str | None = None
    keymap: Mapping[str, str] = MappingProxyType({})

    @property
    def account_home(self) -> Path:
        """Where the cache of the live account is."""
        return self.home / "accounts" / self.profile.account_key

    @property
    def demo(self) -> Path:
        """The account folder that, where it is there, stands in for the built-in account's own."""
        return self.account_home / "demo"

    @property
    def config(self) -> Path:
        """The configuration file, whether it is there or not."""
        return self.home / CONFIG

    @property
    def history(self) -> Path:
        """The history of every account."""
        return self.home / "history.db"

    @property
    def cache(self) -> Path:
        """The cache of the live account."""
        return self.account_home / "cache.db"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: 127/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
