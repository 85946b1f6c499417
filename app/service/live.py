"""The live account: its profile, cache, history and client; and work beside the loop of its screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from threading import Event, Lock
from typing import TYPE_CHECKING, TypeVar

from app.domain.errors import AppError
from app.domain.model import JsonObject
from app.settings import Profile
from app.settings.secrets import in_daemon_thread
from app.store.attempts import History
from app.store.catalog import Cache
from app.store.notes import Notes

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.service.team import Team
    from app.store.erasure import Person

    OpenSource = Callable[[Event], AbstractAsyncContextManager[tuple[ApiClient, str | None]]]

Result = TypeVar("Result")


class LiveAccount:
    """One profile's account.

    `source` is the fingerprint of a sandbox's files; `examples` is the example event data of the account,
    `samples` that of other accounts. `open_source` opens a client of its own for a refresh, in the calling
    thread, with the fingerprint of a sandbox's files at that time; it raises StoppedError once the event is
    set. `forget_in_account` erases a person from what a sandbox accepted.
    """

    def __init__(
        self,
        profile: Profile,
        cache: Cache,
        history: History,
        open_client: Callable[[], ApiClient],
        open_source: OpenSource,
        *,
        examples: Callable[[], Mapping[str, JsonObject]] = dict,
        samples: Callable[[], Iterable[JsonObject]] = tuple,
        source: str | None = None,
        forget_in_account: Callable[[Person], None] = lambda _: None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.profile = profile
        self.cache = cache
        self.history = history
        self.notes = Notes(cache.path.with_name("desk.db"))
        self.examples = examples
        self.samples = samples
        self.source = source
        self.open_source = open_source
        self.forget_in_account = forget_in_account
        self._open_client = open_client
        self._on_close = on_close
        self.on_forget: Callable[[Sequence[tuple[str, str]]], None] | None = None
        """Called with the keys of a person who is forgotten; a team tells its desks."""
        self.team: Team | None = None
        self._client: ApiClient | None = None
        self._opening = Lock()

    @property
    def key(self) -> str:
        """The name under which attempts on this account are recorded, whatever the profile's name."""
        return self.profile.account_key

    @property
    def client(self) -> ApiClient:
        """The client of the account, opened on first use, in any thread. Raises SettingsError if there is no secret."""
        with self._opening:
            if self._client is None:
                self._client = self._open_client()
            return self._client

    async def open_client(self) -> None:
        """Opens the client in a thread that quitting does not wait for: a keyring may hang. Raises SettingsError."""
        await asyncio.wrap_future(in_daemon_thread(lambda: self.client))

    def reopen_history(self) -> None:
        """Opens the history at its path again after it was removed or replaced. Raises StoreError."""
        self.notes.close()
        self.history.reopen()

    async def close(self) -> None:
        async with AsyncExitStack() as closing:
            closing.callback(self.history.close)
            closing.callback(self.cache.close)
            closing.callback(self._on_close)
            if self._client is not None:
                closing.push_async_callback(self._client.aclose)
            closing.callback(self.notes.close)


async def in_thread(work: Callable[[Event], Result], stop: Event | None = None) -> Result:
    """Runs `work` in a thread and returns its result. Cancelled, it sets `stop` and waits for `work`."""
    stop = stop or Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        while not working.done():
            with contextlib.suppress(AppError, asyncio.CancelledError):
                await asyncio.shield(working)
        raise
