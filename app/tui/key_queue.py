"""A queue that makes keys take effect in the order in which they were pressed.

Textual passes the effects of a key as messages from widget to widget. Without the queue, a line that arrives
in one piece, as over a slow connection, would go into the wrong field, and Send could overtake the choice
made just before it.
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
"""The longest chain of messages: key, action, submitted, chosen, changed."""

TIMEOUT_S = 15.0
"""A busy machine takes long to move the focus, and the next letter must not reach the field before."""

LOOK_S = 0.05
"""How often to look whether a node that is waited for has been removed meanwhile."""

LINE_FEED = "ctrl+j"
"""The key that a terminal sends for an Enter typed before the program has started."""


class KeyQueue:
    """Passes on each key, click and paste once all widgets have handled the effects of the one before."""

    def __init__(
        self,
        app: App[Any],
        handle: Callable[[events.Event], Awaitable[None]],
        ready: Callable[[events.Event], Awaitable[None]],
    ) -> None:
        """`handle` applies an event; `ready` returns once it may be applied."""
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
        if isinstance(event, events.Key) and event.key == LINE_FEED:
            event = events.Key("enter", "\r")
        self._waiting.append(event)
        if self.is_idle:
            self._task = asyncio.create_task(self._run())
            # An exception is raised again inside Textual, which ends the program as usual.
            self._task.add_done_callback(lambda task: self._app.call_later(task.result))

    async def _run(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            await self._ready(event)
            focused = self._app.screen.focused or self._app.screen
            await self._handle(event)
            if not isinstance(event, events.MouseMove):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TIMEOUT_S):
                        await handled_around(focused)


async def handled_around(widget: DOMNode) -> None:
    """Returns once a widget and all around it have handled their messages, and the messages these led to."""
    for _ in range(ROUNDS):
        for node in widget.ancestors_with_self:
            await _handled(node)


async def _handled(node: MessagePump) -> None:
    """Returns once a node has handled all its messages, or is no more."""
    done = asyncio.Event()
    if not node.call_later(done.set):
        return
    while node.is_running and not done.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await done.wait()
