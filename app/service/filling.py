"""A refresh: the account's events, fields and contacts over the wire into the cache, swapped in at once.

Storing runs in a thread of its own, beside the fetching of the next page. Stopping at any moment leaves the old
cache whole, and does not wait for what takes long.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from app.domain.model import Contact, Field
from app.settings import Profile
from app.store.cache import Cache
from app.store.cache_load import CacheLoad

if TYPE_CHECKING:
    from app.client.api import ApiClient

Stage = Literal["events", "fields", "contacts", "storing"]

_EMAIL = "3"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FillStep:
    """How far a refresh has come.

    `done` is the number of contacts so far, of at most `total` where that is known; `wait_s` is the number of
    seconds until the account's rate limit lets it go on.
    """

    stage: Stage
    done: int = 0
    total: int | None = None
    wait_s: int = 0

    @property
    def share(self) -> float | None:
        """How much of the whole is there, 0 to 1; None where that is not known."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def words(self) -> str:
        """The step in words, on the screen and on the command line the same."""
        if self.wait_s:
            return f"the account's rate limit is used up, waiting {self.wait_s} s"
        match self.stage:
            case "contacts":
                return f"{self.done:,} contacts" + (f" of {self.total:,}" if self.total else "")
            case "storing":
                return f"storing {self.done:,} contacts" if self.done else "storing"
            case stage:
                return stage


Watch = Callable[[FillStep], None]
Run = Callable[..., Awaitable[Any]]


async def fill(cache: Cache, client: "ApiClient", profile: Profile, source: str | None, watch: Watch) -> None:
    """Fills the cache of a profile's account. Raises ClientError and StoreError, the old cache being whole."""
    steps = _Steps(watch)
    with client.pace.keeping(steps.waiting):
        steps.show(FillStep("events"))
        events = await client.external_events()
        steps.show(FillStep("fields"))
        fields = await client.fields()
        stop = Event()
        filling = cache.replacing(complete=profile.is_sandbox, source=source, stop=stop)
        async with _beside(filling, stop) as (load, run):
            await run(load.events, events)
            await run(load.fields, fields)
            await _store(_contacts(client, profile, fields), load, run, steps)
            steps.show(replace(steps.last, stage="storing", wait_s=0))


class _Steps:
    """The last step that was shown, so that waiting can be told as part of it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.last = FillStep("events")

    def show(self, step: FillStep) -> None:
        self.last = step
        self._watch(step)

    def waiting(self, seconds: int) -> None:
        self._watch(replace(self.last, wait_s=seconds))


async def _store(
    pages: AsyncIterator[tuple[int | None, Sequence[Contact]]], load: CacheLoad, run: Run, steps: _Steps
) -> None:
    storing: Awaitable[None] | None = None
    done = 0
    async for total, page in pages:
        if storing is not None:
            await storing
        storing = run(load.contacts, page)
        done += len(page)
        steps.show(FillStep("contacts", done, total))
    if storing is not None:
        await storing


async def _contacts(
    client: "ApiClient", profile: Profile, fields: Sequence[Field]
) -> AsyncIterator[tuple[int | None, Sequence[Contact]]]:
    """The contacts that the profile asks for, in pages, with the number there will be at most."""
    kind, _, number = ("query:0" if profile.is_sandbox else profile.refresh_contacts).partition(":")
    if kind == "list":
        async for listed in client.list_contacts(number):
            yield listed
    elif kind == "query":
        async for page in client.contacts(_any_field(fields), int(number)):
            yield int(number) or None, page


def _any_field(fields: Sequence[Field]) -> str:
    """A field for the query to return: it must name one, and the e-mail address is everywhere."""
    ids = [field.id for field in fields]
    return _EMAIL if _EMAIL in ids or not ids else ids[0]


@asynccontextmanager
async def _beside(filling: AbstractContextManager[T], stop: Event) -> AsyncIterator[tuple[T, Run]]:
    """Runs a filling, and what is passed to the second value, one after another in one thread.

    `stop` is set where the block does not end well: what the thread is at then ends too.
    """
    loop = asyncio.get_running_loop()
    stack = ExitStack()
    with ThreadPoolExecutor(1, "filling") as executor:

        def run(step: Callable[..., Any], *arguments: object) -> asyncio.Future[Any]:
            return loop.run_in_executor(executor, step, *arguments)

        try:
            yield await run(stack.enter_context, filling), run
            await run(stack.close)
        except BaseException as error:
            stop.set()
            # Waits behind what the thread still does, so that nothing is stored after the end.
            await to_its_end(run(stack.__exit__, type(error), error, error.__traceback__))
            raise


async def to_its_end(work: Awaitable[Any]) -> None:
    """Waits for it, also when cancelled meanwhile; CancelledError comes once it has ended."""
    future = asyncio.ensure_future(work)
    try:
        await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
