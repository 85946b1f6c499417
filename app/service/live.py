"""What every verb of the product works on: the live profile, its cache, the history, the way to the endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from threading import Lock
from typing import TYPE_CHECKING

from app.domain.model import JsonObject
from app.settings import Profile
from app.settings.secrets import in_daemon_thread
from app.store.cache import Cache
from app.store.history import History
from app.store.notes import Notes

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.service.filling import Watch
    from app.store.past import Past


class LiveAccount:
    """One profile's account. `source` is the mark of the files of a sandbox, `examples` the event data it gives.

    `samples` are the examples of other accounts, which are for nobody of this one.

    `fill_apart` fills the cache without this account's own way to the endpoint: from the files as they are by then,
    and in a process of its own where the account may be so large that it pays.
    """

    def __init__(
        self,
        profile: Profile,
        cache: Cache,
        history: History,
        open_client: Callable[[], ApiClient],
        *,
        examples: Callable[[], Mapping[str, JsonObject]] = dict,
        samples: Callable[[], Iterable[JsonObject]] = tuple,
        source: str | None = None,
        fill_apart: Callable[[Watch], Awaitable[None]] | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.profile = profile
        self.cache = cache
        self.history = history
        self.notes = Notes(cache.path.with_name("desk.db"))
        self.examples = examples
        self.samples = samples
        self.source = source
        self.fill_apart = fill_apart
        self._open_client = open_client
        self._on_close = on_close
        self._client: ApiClient | None = None
        self._opening = Lock()
        self._past: Past | None = None

    @property
    def key(self) -> str:
        """What attempts on this account are recorded under, whatever the profile is called."""
        return self.profile.account_key

    @property
    def client(self) -> ApiClient:
        """The way to the endpoint, opened when it is first needed, in any thread.

        Raises SettingsError where the profile's secret cannot be had.
        """
        with self._opening:
            if self._client is None:
                self._client = self._open_client()
            return self._client

    async def open_client(self) -> None:
        """Opens the way to the endpoint in a thread that quitting does not wait for: a keyring may hang.

        Raises SettingsError where the profile's secret cannot be had.
        """
        await asyncio.wrap_future(in_daemon_thread(lambda: self.client))

    @property
    def past(self) -> Past:
        """The index of the history, opened when it is first needed."""
        from app.store.past import Past

        if self._past is None:
            self._past = Past(self.history.path)
        return self._past

    def reopen_history(self) -> None:
        """Opens the history that is at its path now, in place of one that was removed or replaced. Raises StoreError."""
        if self._past is not None:
            self._past.close()
            self._past = None
        self.notes.close()
        self.history.reopen()

    async def close(self) -> None:
        """Closes the connections and the databases, each of them even where another cannot be closed."""
        async with AsyncExitStack() as closing:
            closing.callback(self.history.close)
            closing.callback(self.cache.close)
            closing.callback(self._on_close)
            if self._client is not None:
                closing.push_async_callback(self._client.aclose)
            if self._past is not None:
                closing.callback(self._past.close)
            closing.callback(self.notes.close)
