"""A profile and the settings as values: how to reach an account, and where the files are."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from app.domain.errors import AppError

SANDBOX = "sandbox"
CONFIG = "config.toml"

Auth = Literal["none", "wsse", "oauth"]

TOKEN_URL = "https://auth.emarsys.net/oauth2/token"  # noqa: S105 - an address

SECOND_SEND_S = 600
"""Ten minutes: as long as the same telephone call may last."""


WSSE_ENDS = date(2026, 12, 31)


class Notice(NamedTuple):
    label: str
    sentence: str


class SettingsError(AppError):
    """A mistake in a flag, the environment or `config.toml`: one sentence with the key and the reason."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How to reach one account: an account folder (the sandbox) or a base URL.

    `folder` is None for the built-in account. `deadline_s` covers a whole exchange. If `production` is None,
    the address decides. `test_contacts` are the values and `@domains` that may be triggered; None allows
    everybody. A retention of 0 keeps everything. `team` is the URI of the team's database; a live account requires it
    unless `team_required` says otherwise.
    """

    name: str
    base_url: str | None = None
    folder: Path | None = None
    auth: Auth = "none"
    user: str = ""
    client_id: str = ""
    token_url: str = TOKEN_URL
    # A proxy's address and a command line may hold a password.
    secret_command: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    deadline_s: float = 30.0
    production: bool | None = None
    test_contacts: tuple[str, ...] | None = None
    refresh_contacts: str = "none"
    second_send_s: int = SECOND_SEND_S
    retention_days: int = 0
    retention_rows: int = 0
    team: str | None = None
    team_account: str | None = None
    team_share: Literal["outcome", "all"] = "outcome"
    team_required: bool | None = None
    approve: bool = False

    @property
    def user_word(self) -> str:
        return "client id" if self.auth == "oauth" else "user"

    @property
    def is_sandbox(self) -> bool:
        """Whether the account is served in this process: nothing leaves this machine."""
        return self.base_url is None

    @property
    def is_loopback(self) -> bool:
        """Whether the account is on this machine: the sandbox, or served on a loopback address."""
        return self.base_url is None or is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def fetches_contacts(self) -> bool:
        return self.is_sandbox or self.refresh_contacts != "none"

    @property
    def is_production(self) -> bool:
        """Whether the account is live: any account beyond this machine, unless the profile says otherwise."""
        if self.is_sandbox:
            return False
        return not self.is_loopback if self.production is None else self.production

    @property
    def requires_team(self) -> bool:
        return self.is_production if self.team_required is None else self.team_required

    @property
    def account_key(self) -> str:
        """The name of the account on this machine: its folder below `accounts/` in the home."""
        if self.folder is None:
            return self.name
        return sha256(str(self.folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def notice(self, today: date) -> Notice | None:
        """That Emarsys ends the way this profile signs in; None if it stays."""
        if self.auth != "wsse":
            return None
        ends = "ends" if today <= WSSE_ENDS else "ended"
        return Notice(
            f"WSSE {ends} {WSSE_ENDS}",
            f"Emarsys {ends} X-WSSE on {WSSE_ENDS}. "
            f"`triggerdesk profile move {self.name} --client-id ID` moves this profile to OAuth 2.",
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the files are, which profile is live, theme, keys by full ids, and the user's name in a team."""

    home: Path
    profile: Profile
    theme: str | None = None
    keymap: Mapping[str, str] = field(default_factory=dict)
    member: str | None = None

    @property
    def account_home(self) -> Path:
        return self.home / "accounts" / self.profile.account_key

    @property
    def demo(self) -> Path:
        """The account folder that replaces the built-in account while it exists."""
        return self.account_home / "demo"

    @property
    def config(self) -> Path:
        return self.home / CONFIG

    @property
    def history(self) -> Path:
        return self.home / "history.db"

    @property
    def cache(self) -> Path:
        return self.account_home / "cache.db"

    @property
    def sandbox_database(self) -> Path:
        return self.account_home / "sandbox.db"

    @property
    def team_history(self) -> Path:
        return self.account_home / "team.db"

    @property
    def team_key(self) -> Path:
        return self.home / "team.key"


def is_loopback(host: str) -> bool:
    """Whether this is `localhost` or an IP address of this machine alone; IPv4 in IPv6 form counts."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False
