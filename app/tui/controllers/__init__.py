"""What the keys of the dashboard do: one class each for sending, the history, the cache and the form."""

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

from textual.screen import Screen

from app.domain.model import Attempt
from app.tui.widgets.answers import ReplyPanel

Result = TypeVar("Result")
Severity = Literal["information", "warning"]


class View(Protocol):
    """The dashboard as its controllers see it."""

    @property
    def screen(self) -> Screen[Any]: ...

    @property
    def last_attempt(self) -> Attempt | None:
        """The attempt that the reply pane shows."""

    def say(
        self, title: str, sentence: str, severity: Severity = "warning", *, unasked: bool = False
    ) -> None:
        """Shows a message; an `unasked` one, which answers no key, stays longer."""

    def show_reply(self, draw: Callable[[ReplyPanel], None]) -> None:
        """Draws the reply pane, now and whenever personal data is hidden or shown."""

    def show_attempt(self, attempt: Attempt, fault: str | None = None) -> None:
        """Shows a finished attempt in the reply pane; in a message too if that pane is out of view."""

    def show_nothing_sent(self) -> None:
        """Says in the reply pane that nothing was sent, and shows the last attempt of the profile."""

    def start_over(self) -> None:
        """Clears every filter and shows what the first start shows."""

    def show_fault(self, fault: str) -> None:
        """Shows a fault in the reply pane; in a message too if that pane is out of view."""

    def show_problem(self, title: str, sentence: str) -> None:
        """Shows in a message what failed other than sending; in the reply pane too if that is empty."""

    def go(self, pane: str) -> None:
        """Shows a pane and moves the focus into it."""

    def show_history(self) -> None:
        """Shows the attempts as they are now."""

    def show_history_alone(self, alone: bool) -> None:
        """Shows the history on the full screen, or leaves the full screen."""

    def push(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """Opens a screen above the dashboard; calls `then` with its result."""

    def ask(self, question: str, yes: str, then: Callable[[], object]) -> None:
        """Asks a question above the dashboard; calls `then` if the user agrees."""

    async def connect(self) -> None:
        """Opens the client, once. Raises SettingsError if there is no secret."""
