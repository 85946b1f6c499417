"""Refresh: loads the account's events, fields and contacts into the cache and swaps them in at once.

It runs in a thread with an event loop and a client of its own, so that the screen never waits. If it fails or
is stopped, the old cache stays whole.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from threading import Event
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.domain.model import Contact, Field
from app.domain.recipient import EMAIL
from app.service.live import LiveAccount, in_thread
from app.settings import Profile
from app.store.catalog import CacheState, StagedRefresh, replacing
from app.store.database import RefreshingError

if TYPE_CHECKING:
    from app.client.api import ApiClient

Stage = Literal["events", "fields", "contacts", "storing"]

OTHER_REFRESH_POLL_S = 0.05
LOOK_S = 0.05


class RefreshStep(NamedTuple):
    """The contacts `done` of at most `total`, and the seconds until the rate limit allows the next call."""

    stage: Stage
    done: int = 0
    total: int | None = None
    wait_s: int = 0

    @property
    def share(self) -> float | None:
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def words(self) -> str:
        if self.wait_s:
            return f"the account's rate limit is used up, waiting {self.wait_s} s"
        match self.stage:
            case "contacts":
                return f"{self.done:,} contacts" + (f" of {self.total:,}" if self.total else "")
            case "storing":
                return f"storing {self.done:,} contacts" if self.done else "storing"
            case stage:
                return stage


OnProgress = Callable[[RefreshStep], None]


class Refresh:
    def __init__(self, account: LiveAccount) -> None:
        self._live = account

    def state(self) -> CacheState:
        return self._live.cache.state()

    def is_needed(self) -> bool:
        """Whether a sandbox's cache is empty or from other account files; never for a real account."""
        return self._live.profile.is_sandbox and self.state().source != self._live.source

    async def run(self, on_progress: OnProgress = lambda _: None) -> CacheState:
        """Fetches events, fields, and the contacts that the profile names. Cancelled, it waits for its thread."""
        live, loop = self._live, asyncio.get_running_loop()

        def show(step: RefreshStep) -> None:
            loop.call_soon_threadsafe(on_progress, step)

        async def work(stop: Event) -> None:
            async with live.open_source(stop) as (client, source):
                with replacing(live.cache.path, live.profile.is_sandbox, source, stop) as staged:
                    await _fetch(client, live.profile, staged, show)

        await in_thread(lambda stop: asyncio.run(_until(stop, work(stop))))
        state = self.state()
        live.source = state.source
        return state

    async def run_if_needed(self, on_progress: OnProgress = lambda _: None) -> CacheState:
        """Refreshes if `is_needed`, after waiting for another refresh of the same cache. Raises AppError."""
        while self.is_needed():
            try:
                return await self.run(on_progress)
            except RefreshingError:
                await asyncio.sleep(OTHER_REFRESH_POLL_S)
        return self.state()


async def _fetch(
    client: "ApiClient", profile: Profile, staged: StagedRefresh, on_progress: OnProgress
) -> None:
    step = RefreshStep("events")
    # A wait for the rate limit is shown as part of the step.
    with client.pace.keeping(lambda seconds: on_progress(step._replace(wait_s=seconds))):
        on_progress(step)
        staged.events(await client.external_events())
        on_progress(step := RefreshStep("fields"))
        fields = await client.fields()
        staged.fields(fields)
        async for total, page in _contacts(client, profile, fields):
            staged.contacts(page)
            done = step.done + len(page)
            on_progress(step := RefreshStep("contacts", done, total))
    on_progress(step._replace(stage="storing"))


async def _contacts(
    client: "ApiClient", profile: Profile, fields: Sequence[Field]
) -> AsyncIterator[tuple[int | None, Sequence[Contact]]]:
    """The contacts that the profile names, in pages, with the number there will be at most."""
    kind, _, number = ("query:0" if profile.is_sandbox else profile.refresh_contacts).partition(":")
    if kind == "list":
        async for listed in client.list_contacts(number):
            yield listed
    elif kind == "query":
        # The query must name a field to return, and most accounts have the e-mail address.
        ids = [field.id for field in fields] or [EMAIL]
        async for page in client.contacts(EMAIL if EMAIL in ids else ids[0], int(number)):
            yield int(number) or None, page


async def _until(stop: Event, work: Coroutine[None, None, None]) -> None:
    """Runs `work`, and cancels it once any thread sets `stop`."""
    task = asyncio.ensure_future(work)
    while not (task.done() or stop.is_set()):
        await asyncio.wait([task], timeout=LOOK_S)
    if stop.is_set():
        task.cancel()
    await task
