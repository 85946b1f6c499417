"""The composition root: turns settings into a Session. No other module knows both client and sandbox.

Heavy imports are late: a list from the cache needs neither httpx nor Starlette.
"""

import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from functools import cache, partial
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from app.domain.model import JsonObject
from app.resources import sample_data
from app.service.live import LiveAccount
from app.service.scenarios import Scenarios
from app.service.session import WAIT_S, Session
from app.settings import SANDBOX, Profile, Settings, SettingsError
from app.settings.config import read_config
from app.settings.secrets import Secret, find_secret
from app.store.attempts import History
from app.store.catalog import Cache
from app.store.database import BusyError, UnwritableError

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.service.team import Team


_NO_SECRET = partial(Secret, "")
"""A sandbox in this process asks for none."""


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
    with ExitStack() as opened:
        # The history opens first: an attempt that cannot be recorded must not be sent.
        history = History(settings.history)
        opened.callback(history.close)
        _recover(history)
        live, scenarios = (
            _sandboxed(settings, history, terminal)
            if settings.profile.is_sandbox
            else _remote(settings, history, terminal)
        )
        opened.callback(live.cache.close)
        team = None if settings.profile.team is None else _team(settings, live, terminal)
        opened.pop_all()
        return Session(live, scenarios, wait_s, team)


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
        async with aclosing(open_client(profile, secret)) as client:
            yield client, None

    live = LiveAccount(
        profile,
        Cache(settings.cache),
        history,
        lambda: open_client(profile, secret),
        open_source,
        samples=_samples,
    )
    return live, None


def _samples() -> list[JsonObject]:
    events = json.loads((sample_data() / "events.json").read_bytes())
    return [event["example_data"] for event in events if "example_data" in event]


def _sandboxed(
    settings: Settings, history: History, terminal: Callable[[str], None] | None
) -> tuple[LiveAccount, Scenarios | None]:
    from app.sandbox.in_process import InProcess

    profile = settings.profile
    inside = InProcess(settings, terminal or (lambda _: None))

    @asynccontextmanager
    async def open_source(stop: Event) -> AsyncIterator["tuple[ApiClient, str]"]:
        with inside.rebuilt(stop) as (sandbox, fingerprint):
            async with aclosing(open_client(profile, _NO_SECRET, sandbox)) as client:
                yield client, fingerprint

    live = LiveAccount(
        profile,
        inside.cache,
        history,
        lambda: open_client(profile, _NO_SECRET, inside.answer, inside.sandbox.faults.refuses),
        open_source,
        examples=inside.examples,
        source=inside.source,
        forget_in_account=lambda person: inside.sandbox.forget(person.mentions),
        on_close=inside.close,
    )
    if profile.folder is not None:
        return live, None
    return live, Scenarios(lambda: inside.sandbox, history, profile.account_key)


def open_client(
    profile: Profile,
    secret: Callable[[], Secret],
    sandbox: Callable[..., Awaitable[None]] | None = None,
    refuses: Callable[[], bool] = lambda: False,
) -> "ApiClient":
    """The client of a profile, which may not be in the configuration yet."""
    from app.client import api

    return api.open_client(profile, secret, sandbox, refuses)
