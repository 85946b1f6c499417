"""A queue that lets keys take effect in the order in which they were pressed.

What a key causes travels as messages from widget to widget. Without the queue, a line that arrives in one piece, as
over a slow connection, would be typed into the wrong field, and Send could overtake the choice made just before it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump

ROUNDS = 5
"""How often one message may cause another: key, action, submitted, chosen, changed."""

TIMEOUT_S = 0.5

LINE_FEED = "ctrl+j"
"""What a terminal makes of an Enter that is typed before the program has started."""


class KeyQueue:
    """Hands on each key, click and paste once everybody has handled what the one before caused."""

    def __init__(
        self,
        app: App[Any],
        handle: Callable[[events.Event], Awaitable[None]],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        """`handle` makes an event take effect; `ready` returns once the next one may."""
        self._app = app
        self._handle = handle
        self._ready = ready
        self._waiting: deque[events.Event] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether every event has taken effect."""
        return self._task is None or self._task.done()

    def takes(self, event: events.Event) -> bool:
        """Whether the event must wait for its turn."""
        if not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            return False
        return not (isinstance(event, events.MouseMove) and not self._waiting and self.is_idle)

    def put(self, event: events.Event) -> None:
        """Appends an event."""
        if isinstance(event, events.Key) and event.key == LINE_FEED:
            event = events.Key("enter", "\r")
        self._waiting.append(event)
        if self.is_idle:
            self._task = asyncio.create_task(self._run())
            # An exception ends the program as any other does: it is raised again where Textual handles it.
            self._task.add_done_callback(lambda task: self._app.call_later(task.result))

    async def _run(self) -> None:
        while self._waiting:
            await self._ready()
            event = self._waiting.popleft()
            focused = self._app.screen.focused or self._app.screen
            await self._handle(event)
            if not isinstance(event, events.MouseMove):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TIMEOUT_S):
                        await _handled_around(focused)


async def _handled_around(focused: DOMNode) -> None:
    for _ in range(ROUNDS):
        for node in focused.ancestors_with_self:
            await _handled(node)


async def _handled(node: MessagePump) -> None:
    """Returns once a node has handled every message it had."""
    if node.is_running:
        done = asyncio.Event()
        if node.call_later(done.set):
            await done.wait()
