"""The line in which the history is filtered: it completes what is begun, and says what is wrong and how it may be meant."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from app.domain.history_query import QueryFaultError, completion, proposal
from app.tui.text import sanitize
from app.tui.widgets.safe_input import SafeInput

PLACEHOLDER = "filter: outcome:rejected code:2008 event:12 since:1d hammer"


class QueryLine(Vertical):
    """A line, and below it what is wrong with it; what stands before a fault holds meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape",
            "clear",
            "Clear the filter",
            show=False,
            tooltip="Show every attempt again",
            id="query.clear",
        ),
        Binding(
            "down",
            "leave",
            "To the rows",
            show=False,
            tooltip="From the filter to the attempts",
            id="query.leave",
        ),
    ]

    class Asked(Message):
        """Another query holds now."""

    class Left(Message):
        """On to the rows."""

    def __init__(self, ask: Callable[[str], None]) -> None:
        """`ask` takes the line as the query from now on. Raises QueryFaultError where it means none."""
        super().__init__(id="history-query")
        self._ask = ask
        self._proposal: str | None = None

    def compose(self) -> ComposeResult:
        line = SafeInput(placeholder=PLACEHOLDER, id="history-filter")
        line.suggester = _Completing(use_cache=False, case_sensitive=True)
        line.select_on_focus = False
        yield line
        yield Static(markup=False, id="history-fault")

    @property
    def text(self) -> str:
        """What stands in the line."""
        return self._line.value

    def write(self, text: str) -> None:
        """Another line in place of what was typed."""
        self._line.value = text
        self._line.cursor_position = len(text)

    def begin(self) -> None:
        """The focus on the line."""
        self._line.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc clears the filter only where there is one."""
        return bool(self.text) if action == "clear" else super().check_action(action, parameters)

    def action_clear(self) -> None:
        self.write("")

    def action_leave(self) -> None:
        self.post_message(self.Left())

    @property
    def _line(self) -> SafeInput:
        return self.query_one(SafeInput)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            self._ask(event.value)
        except QueryFaultError as fault:
            self._explain(event.value, fault)
            with contextlib.suppress(QueryFaultError):
                self._ask(event.value[: event.value.rfind(" ", 0, fault.position) + 1])
        else:
            self._proposal = None
            self.query_one("#history-fault").remove_class("-shown")
        self.post_message(self.Asked())

    def _explain(self, line: str, fault: QueryFaultError) -> None:
        self._proposal = proposal(line, fault)
        # A reason names what was typed, which the mask covers.
        covered = self._line.password
        reason = "Not understood." if covered else fault.reason[:1].upper() + fault.reason[1:]
        said = Content.styled(f"✗ at {fault.position}: {sanitize(reason)}", "$outcome-rejected")
        if self._proposal is not None and self._proposal.startswith(line):
            said = Content.styled(sanitize(reason), "$quiet")  # not wrong, only not done
        if self._proposal is not None and not covered:
            said = Content.assemble(
                ("→ ", "bold $accent"),
                (sanitize(self._proposal, 60), "bold"),
                ("  enter takes it   ", "$quiet"),
                said,
            )
        shown = self.query_one("#history-fault", Static)
        shown.update(said)
        shown.add_class("-shown")

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        if self._proposal is not None:
            self.write(self._proposal)
        else:
            self.post_message(self.Left())

    @on(events.Click, "#history-fault")
    def _take_proposal(self) -> None:
        if self._proposal is not None:
            self.write(self._proposal)


class _Completing(Suggester):
    async def get_suggestion(self, value: str) -> str | None:
        return completion(value)
