"""Keys take effect in the order in which they were pressed.

Textual hands every key on at once, and what a key causes travels as messages from widget to widget. A line that
arrives in one piece, as over a slow connection, would so be typed into the wrong field, and Send could overtake
the choice made just before it. Here a key waits until the one before has told everybody.
"""

import asyncio
import contextlib
from collections import deque
from typing import TypeVar

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump

Result = TypeVar("Result")

ROUNDS = 5
"""How often a message may be turned into another one on its way: key, action, submitted, chosen, told."""

PATIENCE_S = 0.5

LINE_FEED = "ctrl+j"
"""What a terminal makes of an Enter that is typed before the program has taken it over."""


class KeysInOrder(App[Result]):
    """An application that takes one key at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._pressed: deque[events.Event] = deque()
        self._taking: asyncio.Task[None] | None = None
        self._shown = asyncio.Event()

    async def on_event(self, event: events.Event) -> None:
        """Queues what a person does; everything else passes."""
        done = isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded
        if not done or (not self._pressed and self.is_idle and isinstance(event, events.MouseMove)):
            await super().on_event(event)
            return
        if isinstance(event, events.Key) and event.key == LINE_FEED:
            event = events.Key("enter", "\r")
        self._pressed.append(event)
        if self.is_idle:
            self._taking = asyncio.create_task(self._take())
            # A fault in what a key does ends the program as any other: raised again where Textual looks for it.
            self._taking.add_done_callback(lambda taken: self.call_later(taken.result))

    @property
    def is_idle(self) -> bool:
        """Whether every key that was pressed has taken effect."""
        return self._taking is None or self._taking.done()

    def on_ready(self) -> None:
        """What was typed ahead of the first frame has waited for it."""
        self._shown.set()

    async def shown(self) -> None:
        """Returns once the first frame is there."""
        await self._shown.wait()

    async def standing(self) -> None:
        """Returns once everything is there that a key may lead to."""

    def before(self, event: events.Event) -> None:
        """Called before what a person does takes effect."""

    async def _take(self) -> None:
        await self.shown()
        while self._pressed:
            await self.standing()
            event = self._pressed.popleft()
            self.before(event)
            focused = self.screen.focused or self.screen
            await super().on_event(event)
            if not isinstance(event, events.MouseMove):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE_S):
                        await self._told(focused)

    async def _told(self, focused: DOMNode) -> None:
        for _ in range(ROUNDS):
            for node in focused.ancestors_with_self:
                await _drained(node)


async def _drained(node: MessagePump) -> None:
    """Waits until a node has handled every message that was there for it; the application is the last ancestor."""
    if node.is_running:
        handled = asyncio.Event()
        if node.call_later(handled.set):
            await handled.wait()
