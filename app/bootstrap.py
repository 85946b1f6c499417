"""The composition root: turns settings into a Session. No other module knows both client and sandbox.

Heavy imports are late: a list from the cache needs neither httpx nor Starlette.
"""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from app.domain.errors import FileFaultError
from app.domain.model import JsonObject
from app.resources import sample_data
from app.sandbox.accounts.account import SandboxAccount, ensure_built
from app.sandbox.accounts.folder import examples, unknown_keys
from app.service.live import LiveAccount
from app.service.profile_check import Finding, check_account
from app.service.scenarios import Scenarios
from app.service.session import WAIT_S, Session
from app.settings import SANDBOX, Profile, Settings, SettingsError
from app.settings.config import read_config
from app.settings.secrets import Secret, find_secret
from app.store.attempts import History
from app.store.catalog import Cache
from app.store.database import BusyError, StoppedError, StoreError, UnwritableError

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.sandbox.app import Sandbox
    from app.sandbox.options import SandboxOptions
    from app.sandbox.serve import Watch
    from app.service.team import Team


def open_service(
    settings: Settings, wait_s: float = WAIT_S, terminal: Callable[[str], None] | None = None
) -> Session:
    """Returns a session with the account of the live profile. Raises StoreError and FileFaultError.

    Waits up to `wait_s` for files that another program has locked, here and at every send. `terminal` prints
    a line while the keyring takes its time; None in the dashboard.
    """
    give_up = time.monotonic() + wait_s
    while True:
        try:
            return _opened(settings, wait_s, terminal)
        except BusyError:
            if time.monotonic() >= give_up:
                raise


def _opened(settings: Settings, wait_s: float, terminal: Callable[[str], None] | None) -> Session:
    # The history opens first: an attempt that cannot be recorded must not be sent.
    history = History(settings.history)
    try:
        _recover(history)
        live, scenarios = (
            _sandboxed(settings, history, terminal)
            if settings.profile.is_sandbox
            else _remote(settings, history, terminal)
        )
        team = None if settings.profile.team is None else _team(settings, live, terminal)
        return Session(live, scenarios, wait_s, team)
    except BaseException:  # ctrl+c too; it is raised again
        history.close()
        raise


def _recover(history: History) -> None:
    try:
        history.recover()
    except BusyError:
        raise
    except UnwritableError:
        pass  # it can still be read; nothing is sent, since `begin` raises the same


def _team(settings: Settings, live: LiveAccount, terminal: Callable[[str], None] | None) -> "Team":
    """Raises SettingsError without the extra or the team's key."""
    try:
        from app.service.team import open_team
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The profile {settings.profile.name!r} has a team, which needs the extra `team`:"
            " pip install 'triggerdesk[team]'."
        ) from error
    return open_team(settings, live, terminal)


class Profiles(NamedTuple):
    """The profiles of the home."""

    settings: Settings
    in_browser: bool = False

    def known(self) -> tuple[Profile, ...]:
        """The profiles that `config.toml` has now, the built-in one first. Raises SettingsError."""
        live = self.settings.profile
        known = {**read_config(self.settings.config).profiles, live.name: live}
        return tuple(sorted(known.values(), key=lambda profile: (profile.name != SANDBOX, profile.name)))

    def open(self, name: str | None = None) -> Session:
        """Returns a session with the account of this profile, by default the live one.

        Raises SettingsError, also for a live account in a browser, StoreError and FileFaultError.
        """
        settings = self.settings
        if name is not None:
            profile = next((profile for profile in self.known() if profile.name == name), None)
            if profile is None:
                raise SettingsError(f"The profile {name!r} no longer exists.")
            settings = replace(settings, profile=profile)
        self.check(settings.profile)
        return open_service(settings)

    def check(self, profile: Profile) -> None:
        """Raises SettingsError for a live account in a browser."""
        if self.in_browser and profile.is_production:
            raise SettingsError(
                f"The profile {profile.name!r} reaches real customers, so it is not opened in a browser. "
                "Use a terminal, or a test profile."
            )


def _remote(
    settings: Settings, history: History, terminal: Callable[[str], None] | None
) -> tuple[LiveAccount, None]:
    profile = settings.profile

    @cache  # a keyring or a command may ask the user
    def secret() -> Secret:
        return find_secret(profile, os.environ, terminal)

    @asynccontextmanager
    async def open_source(_: Event) -> AsyncIterator["tuple[ApiClient, None]"]:
        client = _over_http(profile, secret)
        try:
            yield client, None
        finally:
            await client.aclose()

    live = LiveAccount(
        profile,
        Cache(settings.cache),
        history,
        lambda: _over_http(profile, secret),
        open_source,
        samples=lambda: _examples(sample_data()).values(),
    )
    return live, None


def _sandboxed(
    settings: Settings, history: History, terminal: Callable[[str], None] | None
) -> tuple[LiveAccount, Scenarios | None]:
    profile = settings.profile
    fingerprint = _built(settings, terminal or (lambda _: None))
    cache = Cache(settings.cache)
    inside = _InProcess(_database(settings), cache)
    live = LiveAccount(
        profile,
        cache,
        history,
        lambda: inside.client(profile.deadline_s),
        partial(_rebuilt, settings),
        examples=lambda: _examples(_account_folder(settings)),
        source=fingerprint,
        on_close=inside.close,
    )
    if profile.folder is not None:
        return live, None
    return live, Scenarios(lambda: inside.sandbox, history, profile.account_key)


def _examples(folder: Path) -> Mapping[str, JsonObject]:
    """The example event data of the folder; empty if the folder is faulty, which a refresh reports."""
    try:
        return examples(folder)
    except FileFaultError:
        return {}


def _account_folder(settings: Settings) -> Path:
    """The folder that the sandbox reads: the profile's, the demo account's, or the sample."""
    if settings.profile.folder is not None:
        return settings.profile.folder
    return settings.demo if settings.demo.is_dir() else sample_data()


def _database(settings: Settings) -> Path:
    return settings.account_home / "sandbox.db"


def _built(settings: Settings, warn: Callable[[str], None]) -> str:
    """Builds the sandbox's database if needed; returns the fingerprint of the account's files.

    Calls `warn` with a sentence for each unknown key in files that are new or have changed.
    """
    folder = _account_folder(settings)
    fingerprint, is_new = ensure_built(folder, _database(settings))
    for warning in unknown_keys(folder) if is_new else ():
        warn(warning)
    return fingerprint


class _InProcess:
    """The sandbox in this process, created on first use.

    It replies from the files that the cache was filled from, also after a refresh in another window.
    """

    def __init__(self, database: Path, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._making = Lock()
        self._made: tuple[SandboxAccount, Sandbox] | None = None

    @property
    def sandbox(self) -> "Sandbox":
        return self._pair[1]

    @property
    def _pair(self) -> "tuple[SandboxAccount, Sandbox]":
        with self._making:
            if self._made is None:
                account = SandboxAccount(None, self._database)
                self._made = account, _sandbox_of(account)
            return self._made

    def client(self, deadline_s: float) -> "ApiClient":
        account, sandbox = self._pair

        async def answer(*call: Any) -> None:
            with suppress(StoreError):  # without a readable cache the sandbox keeps its content
                account.follow(self._cache.state().source or "")
            await sandbox(*call)

        return _in_process(answer, deadline_s, sandbox.faults.refuses)

    def close(self) -> None:
        if self._made is not None:
            account, sandbox = self._made
            sandbox.close()
            account.close()


async def check_profile(profile: Profile, secret: Secret) -> tuple[Finding, ...]:
    """Checks a profile that may not be in the configuration yet, with this secret."""
    client = _over_http(profile, lambda: secret)
    try:
        return await check_account(profile, client)
    finally:
        await client.aclose()


def serve_sandbox(
    settings: Settings, options: "SandboxOptions", address: tuple[str, int], keep: Path | None, watch: "Watch"
) -> None:
    """Serves the profile's account folder on an address until ctrl+c; port 0 picks a free one.

    Accepted trigger ids are kept in `keep`; without it they end with the sandbox. Raises FileFaultError,
    AccountDatabaseError and AppError.
    """
    from app.sandbox.serve import serve_account

    serve_account(_account_folder(settings), _database(settings), options, address, keep=keep, watch=watch)


@asynccontextmanager
async def _rebuilt(settings: Settings, stop: Event) -> AsyncIterator["tuple[ApiClient, str]"]:
    """Opens a sandbox of the files as they are now; the live one follows once the cache is refreshed."""

    def check(*_: int) -> None:
        if stop.is_set():
            raise StoppedError

    with (
        closing(SandboxAccount(_account_folder(settings), _database(settings), check)) as account,
        closing(_sandbox_of(account)) as sandbox,
    ):
        client = _in_process(sandbox, settings.profile.deadline_s)
        try:
            yield client, account.fingerprint
        finally:
            await client.aclose()


def _sandbox_of(account: SandboxAccount) -> "Sandbox":
    from app.sandbox.app import create_sandbox

    return create_sandbox(account)


def _in_process(
    sandbox: Callable[..., Awaitable[None]],
    deadline_s: float,
    refuses: Callable[[], bool] = lambda: False,
) -> "ApiClient":
    from app.client.api import in_process

    return in_process(sandbox, deadline_s, refuses)


def _over_http(profile: Profile, secret: Callable[[], Secret]) -> "ApiClient":
    from app.client.api import over_http

    return over_http(profile, secret)
