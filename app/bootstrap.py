"""The composition root: settings -> TriggerService; alone knows client AND sandbox.

What is heavy is imported where it is needed: a list from the cache needs neither httpx nor
Starlette.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from app.domain.model import JsonObject
from app.resources import sample_data
from app.service import LiveAccount, Rehearsal, TriggerService
from app.settings import SANDBOX, Profile, Settings, SettingsError
from app.settings.config import read_config
from app.store.cache import Cache
from app.store.history import History

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.client.auth import SignIn
    from app.sandbox.options import SandboxOptions
    from app.sandbox.server import Sandbox
    from app.service.filling import Watch as FillWatch


class Watch(Protocol):
    """Who is told how a served sandbox comes up."""

    def loading(self, done: int, total: int) -> None:
        """Of `total` bytes of contacts, `done` are loaded."""

    def answering(self, url: str) -> None:
        """It answers at `url`."""


SANDBOX_URL = "http://sandbox.localhost/api/v2"

LARGE = 1_000_000
"""Bytes of contacts up to which a cache is filled sooner than a process for it is made."""


def open_service(settings: Settings) -> TriggerService:
    """The service over the live profile's account. Raises StoreError and AccountFolderError.

    The history comes first: what cannot be recorded must not get any further.
    """
    history = History(settings.history)
    try:
        history.recover()
        return _sandboxed(settings, history) if settings.profile.is_sandbox else _remote(settings, history)
    except BaseException:  # ctrl+c too: it goes on, once this is put in order
        history.close()
        raise


class Profiles(NamedTuple):
    """The profiles of the home in which the program was started, the live one as it was asked for."""

    settings: Settings

    def known(self) -> tuple[Profile, ...]:
        """All of them, as `config.toml` has them now, the built-in one first. Raises SettingsError."""
        live = self.settings.profile
        known = {**read_config(self.settings.config).profiles, live.name: live}
        return tuple(sorted(known.values(), key=lambda profile: (profile.name != SANDBOX, profile.name)))

    def open(self, name: str | None = None) -> TriggerService:
        """The service over the account of one of them, the live one without a name.

        Raises SettingsError and what `open_service` raises.
        """
        if name is None:
            return open_service(self.settings)
        profile = next((profile for profile in self.known() if profile.name == name), None)
        if profile is None:
            raise SettingsError(f"There is no profile {name!r} any more.")
        return open_service(self.settings._replace(profile=profile))


def _remote(settings: Settings, history: History) -> TriggerService:
    from app.settings.secrets import find_secret

    profile = settings.profile
    # Asked for once: a keyring or a command may ask a person.
    secret = cache(lambda: find_secret(profile, os.environ))

    def fill_apart(watch: "FillWatch") -> Awaitable[None]:
        return _apart(settings, None, secret() if profile.auth != "none" else None, watch)

    return TriggerService(
        LiveAccount(
            profile,
            Cache(settings.cache),
            history,
            lambda: _over_http(profile, secret),
            fill_apart=fill_apart if profile.fetches_contacts else None,
        )
    )


def _sandboxed(settings: Settings, history: History) -> TriggerService:
    from app.sandbox.account_files import CONTACTS
    from app.sandbox.build import ensure_built

    profile = settings.profile
    folder, database = _account_folder(settings), settings.account_home / "sandbox.db"
    fingerprint, _ = ensure_built(folder, database)
    inside = _InProcess(folder, database)
    is_large = (folder / CONTACTS).stat().st_size > LARGE
    live = LiveAccount(
        profile,
        Cache(settings.cache),
        history,
        lambda: inside.client(profile.deadline_s),
        examples=lambda: _examples(folder),
        source=fingerprint,
        fill_apart=partial(_apart, settings, fingerprint, None) if is_large else None,
    )
    if profile.folder is not None:
        return TriggerService(live)
    return TriggerService(live, Rehearsal(lambda: inside.sandbox, history, profile.account_key))


def _examples(folder: Path) -> Mapping[str, JsonObject]:
    from app.sandbox.folder import examples

    return examples(folder)


def _account_folder(settings: Settings) -> Path:
    """Where the sandbox's account is read from: the profile's folder, the demo account, or the sample."""
    if settings.profile.folder is not None:
        return settings.profile.folder
    return settings.demo if settings.demo.is_dir() else sample_data()


class _InProcess:
    """The sandbox in this process, made when it is first needed, and the way to it."""

    def __init__(self, folder: Path, database: Path) -> None:
        self._folder = folder
        self._database = database
        self._making = Lock()
        self._made: Sandbox | None = None

    @property
    def sandbox(self) -> "Sandbox":
        """The one there is, whichever thread needs it first."""
        from app.sandbox.account import SandboxAccount
        from app.sandbox.server import create_sandbox

        with self._making:
            if self._made is None:
                self._made = create_sandbox(SandboxAccount(self._folder, self._database))
            return self._made

    def client(self, deadline_s: float) -> "ApiClient":
        from app.client.api import ApiClient
        from app.client.connection import open_in_process

        return ApiClient(SANDBOX_URL, open_in_process(self.sandbox), deadline_s)


def serve_sandbox(
    settings: Settings, options: "SandboxOptions", address: tuple[str, int], keep: Path | None, watch: Watch
) -> None:
    """Serves the profile's account folder on an address until ctrl+c; port 0 picks a free one.

    The trigger ids that were accepted are remembered in `keep`, without it until the end.
    Raises AccountFolderError, AccountDatabaseError, ServeError.
    """
    from tempfile import TemporaryDirectory

    from app.sandbox.account import SandboxAccount
    from app.sandbox.serve import serve
    from app.sandbox.server import create_sandbox

    folder = _account_folder(settings)
    account = SandboxAccount(folder, settings.account_home / "sandbox.db", watch.loading)
    with TemporaryDirectory() as forgotten:
        sandbox = create_sandbox(account, options, accepted=keep or Path(forgotten) / "accepted.db")
        try:
            serve(sandbox, *address, watch.answering)
        finally:
            sandbox.close()
            account.close()


def _apart(settings: Settings, source: str | None, secret: str | None, watch: "FillWatch") -> Awaitable[None]:
    from app.service.apart import run_apart

    # Only what can be changed can be pickled; a filling asks for no key.
    profile = settings.profile._replace(values=dict(settings.profile.values))
    plain = settings._replace(profile=profile, keymap={})
    return run_apart(partial(_fill, plain, source, secret), watch)


async def _fill(settings: Settings, source: str | None, secret: str | None, watch: "FillWatch") -> None:
    """Fills the cache, in a process that has nothing else to do. Raises what `refresh` does."""
    if secret is not None:
        from app.settings.secrets import secret_variable

        os.environ[secret_variable(settings.profile.name)] = secret
    service = open_service(settings)
    try:
        if service.source != source:
            raise SettingsError(
                "The files of the account have changed since it was opened. Start the program again to see them."
            )
        await service.keeping.refresh(watch)
    finally:
        await service.close()


def _over_http(profile: Profile, secret: Callable[[], str]) -> "ApiClient":
    from app.client.api import ApiClient
    from app.client.connection import open_http

    http = open_http(proxy=profile.proxy, auth=_sign_in(profile, secret))
    return ApiClient(profile.base_url or "", http, profile.deadline_s)


def _sign_in(profile: Profile, secret: Callable[[], str]) -> "SignIn | None":
    from app.client.auth import ClientCredentials, Wsse
    from app.client.connection import open_http

    match profile.auth:
        case "none":
            return None
        case "wsse":
            return Wsse(profile.user, secret())
        case "oauth":
            tokens = open_http(proxy=profile.proxy)
            return ClientCredentials(profile.token_url, profile.client_id, secret(), tokens)
