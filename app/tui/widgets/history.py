"""The history pane: a search field, one attempt a row, and details and keys of the current attempt."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.suggester import Suggester
from textual.widgets import Input

from app.domain.diagnosis import field_label
from app.domain.history_query import (
    Clock,
    HistoryQuery,
    Order,
    QueryFaultError,
    completion,
    parse_query,
    proposal,
)
from app.domain.model import LABEL, RESOLVED, Attempt, FieldNames, Outcome
from app.domain.text import clock, count, elapsed, short_id
from app.service.attempts import offers_same_trigger
from app.service.history import AttemptRow, RowIds, may_show_evidence
from app.service.masking import masked_attempt_row
from app.tui.privacy import PrivacyMode
from app.tui.text import label, lines, outcome_label, sanitize
from app.tui.widgets.inputs import SafeInput
from app.tui.widgets.table import Column, VirtualTable
from app.tui.widgets.text_block import TextBlock

PLACEHOLDER = "Search, e.g. outcome:rejected on:today thor"
EMPTY = "No attempts yet. What you send appears here, with its reply."
NO_MATCH = "No matching attempts. Esc clears the filter."

MARK = "●"
MAX_MARKS = 2
"""The number of attempts that can be compared."""

HINTS = {
    "history.evidence": "find mail",
    "history.arrived": "arrived",
    "history.did_not": "not arrived",
    "history.filter": "search",
    "history.choose_a_filter": "filter",
    "history.compare": "compare",
    "history.export": "export",
    "history.new_trigger": "send as new",
}
"""The keys named below the rows, most important first, by the ids of their bindings; `?` shows the others."""

MAX_HINTS = 5
RESOLVING = ("history.evidence", "history.arrived", "history.did_not")


# What can follow an attempt: the same keys on its screen and in its row


def _is_unknown(attempt: Attempt) -> bool:
    return attempt.outcome is Outcome.UNKNOWN


ONLY_UNKNOWN = "Only an unknown outcome can be marked."
NOT_THE_SAME = "Only an unresolved unknown outcome with a trigger id can be resent. Send it as new."
NO_MAIL = "It triggered nothing, or is still being sent: there is no mail to look for."


class Choice(Enum):
    """What can follow: its key, title and tooltip, which attempts it is possible for, and why not for the others."""

    # fmt: off
    EVIDENCE = ("l", "Find the mail", "Ask the account whether a mail of the event was launched since",
                may_show_evidence, NO_MAIL)
    ARRIVED = ("a", "Mark arrived", "Resolve an unknown outcome: the event arrived",
               _is_unknown, ONLY_UNKNOWN)
    DID_NOT = ("d", "Mark not arrived", "Resolve an unknown outcome: the event did not arrive",
               _is_unknown, ONLY_UNKNOWN)
    SAME_TRIGGER = ("s", "Resend", "Resend with the same trigger id, after an unknown outcome",
                    offers_same_trigger, NOT_THE_SAME)
    NEW_TRIGGER = ("n", "Send as new", "Send the same request with a new trigger id",
                   lambda one: one.outcome is not Outcome.SENDING, "It is still being sent.")
    IN_THE_FORM = ("o", "Edit in form", "Open it in the form to change it before sending",
                   lambda _: True, "")
    # fmt: on

    def __init__(
        self, key: str, title: str, tooltip: str, is_possible: Callable[[Attempt], bool], why_not: str
    ) -> None:
        self.key, self.title, self.tooltip = key, title, tooltip
        self._is_possible, self._why_not = is_possible, why_not

    def fits(self, attempt: Attempt) -> bool:
        return not self._is_the_senders(attempt) and self._is_possible(attempt)

    def unfit(self, attempt: Attempt) -> str:
        """Why it is not possible."""
        return "Only the member who sent it can do this." if self._is_the_senders(attempt) else self._why_not

    def _is_the_senders(self, attempt: Attempt) -> bool:
        """Whether another member sent the attempt, and only that member can do this."""
        return bool(attempt.member) and self not in (Choice.ARRIVED, Choice.DID_NOT)


def follow_up_bindings(where: str, action: str, *, show: bool = True) -> list[BindingType]:
    """The keys; `where` begins their ids in the keymap, and the action gets the name of the choice."""
    return [
        Binding(
            one.key, f"{action}('{one.name}')", one.title, tooltip=one.tooltip, show=show,
            id=f"{where}.{one.name.lower()}",
        )
        for one in Choice
    ]  # fmt: skip


NEEDS_ROW = ("compare", "export", "mark", "statistics", *(choice.name for choice in Choice))


# The pane


class QueryLine(Vertical):
    """The search field of the history, with the fault of the query below it.

    The part of the query before the fault stays in effect.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear the filter", show=False, tooltip="Show every attempt", id="query.clear"),
        Binding("down", "app.focus('history-table')", "To the rows", show=False, tooltip="From the search to the attempts", id="query.leave"),
    ]  # fmt: skip

    class Asked(Message):
        """The query has changed."""

    def __init__(self) -> None:
        super().__init__(id="history-query")
        self.asked = ""
        """The typed text up to its first fault."""
        self.is_faulty = False
        """Whether that fault is a mistake, not only an unfinished term: then nothing matches."""
        self._proposal: str | None = None
        self._line = SafeInput(placeholder=PLACEHOLDER, id="history-filter")
        self._line.suggester = _Completion(use_cache=False, case_sensitive=True)
        self._line.select_on_focus = False

    def compose(self) -> ComposeResult:
        yield self._line
        yield TextBlock(id="history-fault")

    @property
    def text(self) -> str:
        return self._line.value

    def write(self, text: str) -> None:
        self._line.value = text
        self._line.cursor_position = len(text)

    def begin(self) -> None:
        self._line.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.text) if action == "clear" else super().check_action(action, parameters)

    def action_clear(self) -> None:
        self.write("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        line = self.asked = event.value
        self.is_faulty, self._proposal = False, None
        try:
            parse_query(line, Clock(datetime.now(UTC)))
        except QueryFaultError as fault:
            self._proposal = proposal(line, fault)
            self.asked = line[: line.rfind(" ", 0, fault.position) + 1]
            self.is_faulty = fault.position <= len(line) and not (self._proposal or "").startswith(line)
            self._explain(fault)
        else:
            self.query_one("#history-fault").remove_class("-shown")
        self.post_message(self.Asked())

    def _explain(self, fault: QueryFaultError) -> None:
        is_covered = self._line.password
        # The reason quotes the typed text, which privacy mode covers.
        reason = "Not understood." if is_covered else sanitize(fault.reason[:1].upper() + fault.reason[1:])
        said = Content.styled(reason, "$quiet")
        if self.is_faulty:
            said = Content.styled(f"✗ at {fault.position}: {reason}", "$outcome-rejected")
        if self._proposal is not None and not is_covered:
            meant = (sanitize(self._proposal, 60), "bold")
            said = Content.assemble(("→ ", "bold $accent"), meant, ("  Enter accepts   ", "$quiet"), said)
        shown = self.query_one("#history-fault", TextBlock)
        shown.show(said)
        shown.add_class("-shown")

    @on(Input.Submitted)
    @on(events.Click, "#history-fault")
    def _accept(self, event: Message) -> None:
        """Writes the proposal; without one, Enter leads to the rows."""
        event.stop()
        if self._proposal is not None:
            self.write(self._proposal)
        elif isinstance(event, Input.Submitted):
            self.screen.query_one("#history-table").focus()


class _Completion(Suggester):
    async def get_suggestion(self, value: str) -> str | None:
        return completion(value)


def _binding(key: str, action: str, name: str, tooltip: str, binding_id: str = "") -> Binding:
    return Binding(key, action, name, tooltip=tooltip, show=False, id=f"history.{binding_id or name.lower()}")


class HistoryPane(Vertical):
    BINDINGS: ClassVar[list[BindingType]] = [
        _binding("slash", "filter", "Search", "Type a query, such as outcome:rejected on:today thor", "filter"),
        _binding("f", "screen.history('filters')", "Choose a filter", "Filter by outcome or by a value of this row", "choose_a_filter"),
        _binding("t", "screen.history('times')", "Choose a time", "Filter by time: today, yesterday, from … to", "choose_a_time"),
        _binding("r", "screen.history('orders')", "Sort", "Sort by a column; the same one again reverses the order"),
        _binding("m", "mark", "Mark", "Mark this attempt to compare it; two at most"),
        _binding(
            "c", "screen.history('compare')", "Compare",
            "Compare the marked attempts, or this one with the marked or the last accepted one of its event",
        ),
        _binding("x", "screen.history('export')", "Export", "Export these attempts, or this one: CSV, JSON, Markdown, a ticket; to a file or the clipboard"),
        _binding("p", "screen.history('statistics')", "Statistics", "These attempts over time, by code and by event, and their duration"),
        _binding("e", "screen.history('team')", "Mine or team", "Show the attempts of the whole team, or yours only", "team"),
        _binding("u", "screen.unresolved", "Unresolved", "Unresolved outcomes only, all of this account", "unresolved"),
        _binding("question_mark", "app.help", "More keys", "Explain the history and all its keys", "keys"),
        _binding("z", "screen.history('whole')", "Full screen", "Show the history on the full screen, or leave it", "full_screen"),
        Binding("escape", "screen.history('back')", "Back", tooltip="Leave the full screen", show=False),
        *follow_up_bindings("history", "screen.follow_up", show=False),
    ]  # fmt: skip

    whole: reactive[bool] = reactive(False)
    """Whether the pane is on the full screen."""

    is_team: reactive[bool] = reactive(False, init=False)
    """Whether the attempts are those of the whole team."""

    def __init__(self, fields: FieldNames, privacy: PrivacyMode, *, has_team: bool = False) -> None:
        super().__init__(id="history", classes="pane")
        self.border_title = "History"
        self.rows: RowIds[AttemptRow] | None = None
        """The attempts that are shown; None before the first search has ended."""
        self.marked: list[str] = []
        """The ids of the marked attempts."""
        self.line = QueryLine()
        # Kept rather than queried: a search may end while Textual removes the pane.
        self.table = VirtualTable[AttemptRow](self._columns(fields, is_team=False), id="history-table")
        self._fields = fields
        self._privacy = privacy
        self._has_team = has_team
        self._order = Order()
        self._counts = Content("")
        self._total: int | None = None
        self._seen: int | None = None
        self._hidden = 0
        self._hints: list[tuple[Binding, str]] = []

    def compose(self) -> ComposeResult:
        yield self.line
        yield self.table
        yield TextBlock(id="history-detail")
        yield TextBlock(id="history-keys")

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._show_hints)

    # Rows and counts

    def show(self, rows: RowIds[AttemptRow], query: HistoryQuery, *, keep_cursor: bool = True) -> None:
        """Shows these attempts; with `keep_cursor` the cursor stays on its row."""
        self.table.empty_text = EMPTY if query.is_everything else NO_MATCH
        self.table.show_sort(query.order.column, descending=query.order.descending)
        self.rows, self._order = rows, query.order
        if not keep_cursor:
            self._total = self._seen = None
        self.table.show(rows, keep_cursor=keep_cursor)

    def go_to(self, row: AttemptRow) -> None:
        """Moves the cursor to this attempt, if it matches the filter."""
        if self.rows is not None and (position := self.rows.position(row)) is not None:
            self.table.move_cursor(position)

    def show_counts(self, counts: Content, total: int | None = None, hidden: int = 0) -> None:
        """Shows counts and shares in the title, and how many new attempts the filter hides.

        If `total` is known, attempts that arrived since the cursor left the top count as new.
        """
        self._counts, self._total, self._hidden = counts, total, hidden
        self._show_title()

    def show_counting(self) -> None:
        """Clears the counts of another query."""
        if self._total is None and self._counts:
            self.show_counts(Content("counting…"))

    def _show_title(self) -> None:
        if self._seen is None or not self.table.cursor:
            self._seen = self._total
        parts = [Content("Team's history" if self.is_team else "History"), self._counts]
        if (number := (self._total or 0) - (self._seen or 0)) > 0:
            above = "↑ " if self._order == Order() else ""
            parts.append(Content.styled(f"{above}{number:,} new", "bold $accent"))
        if self._hidden:
            verb = "is" if self._hidden == 1 else "are"
            said = f"{count(self._hidden, 'new attempt')} {verb} hidden by this filter"
            parts.append(Content.styled(said, "bold $accent"))
        self.border_title = Content("  ").join(filter(None, parts)).markup

    def veil_changed(self) -> None:
        self.table.refresh()
        self._show_detail(self.table.row)

    @on(VirtualTable.Highlighted)
    def _highlighted(self, message: VirtualTable.Highlighted[AttemptRow]) -> None:
        message.stop()
        self._show_detail(message.row)
        self._show_hints()
        if not self.table.cursor and self._seen is not None:
            self._show_title()

    def _show_detail(self, row: AttemptRow | None) -> None:
        detail = Content("")
        if row is not None:
            shown = masked_attempt_row(self._privacy.mask, row)
            how = "" if row.arrived is None else f"{RESOLVED[row.arrived]} · "
            detail = lines([_summary(shown), label(f"{how}{shown.description}", "$quiet")])
        self.query_one("#history-detail", TextBlock).show(detail)

    # Keys

    def _show_hints(self, _: object = None) -> None:
        """Shows the keys that work now; while the user types, the last ones stay for the mouse."""
        if self._hints and not self.table.has_focus:
            return
        bound = {one.id: one for one in self.BINDINGS if isinstance(one, Binding)}
        if self.table.has_focus:
            active = self.screen.active_bindings.values()
            bound = {one.binding.id: one.binding for one in active if one.node is self}
        row = self.table.row
        is_open = row is not None and row.outcome is Outcome.UNKNOWN and row.arrived is None
        named = [name for name in HINTS if name in bound and (is_open or name not in RESOLVING)]
        hints = [(bound[name], HINTS[name]) for name in named[:MAX_HINTS]]
        if "history.keys" in bound:
            hints.append((bound["history.keys"], "more keys"))
        if hints != self._hints:
            self._hints = hints
            shown = Content(" ").join(self._hint(*hint) for hint in hints)
            self.query_one("#history-keys", TextBlock).show(shown)

    def _hint(self, binding: Binding, word: str) -> Content:
        key = (self.app.get_key_display(binding), "bold $accent")
        hint = Content.assemble(key, (f" {word}", "$quiet"))
        return hint.stylize(Style.from_meta({"hint": binding.action}))

    @on(events.Click, "#history-keys")
    async def _hint_clicked(self, event: events.Click) -> None:
        if action := event.style.meta.get("hint"):
            await self.run_action(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.allows(action) if action == "mark" else super().check_action(action, parameters)

    def allows(self, what: object) -> bool:
        """Whether this can be done now: some things need a row, one a team; Esc leaves the full screen."""
        if what in ("team", "back"):
            return self._has_team if what == "team" else self.whole
        return what not in NEEDS_ROW or not self.is_mounted or self.table.row is not None

    def action_filter(self) -> None:
        self.line.begin()

    def action_mark(self) -> None:
        """Marks the current attempt, or takes its mark off; only the last two marks stay."""
        if (row := self.table.row) is not None:
            is_marked = row.attempt_id in self.marked
            others = [one for one in self.marked if one != row.attempt_id]
            self.mark(others if is_marked else [*others, row.attempt_id][-MAX_MARKS:])

    def mark(self, attempt_ids: Sequence[str]) -> None:
        self.marked = list(attempt_ids)
        self.table.refresh()

    # Columns

    def watch_is_team(self, is_team: bool) -> None:
        self.table.show_columns(self._columns(self._fields, is_team=is_team))

    def _columns(self, fields: FieldNames, *, is_team: bool) -> list[Column[AttemptRow]]:
        """The columns, by the keys that a query sorts by."""

        def masked(text: Callable[[AttemptRow], str | Content]) -> Callable[[AttemptRow], str | Content]:
            return lambda row: text(masked_attempt_row(self._privacy.mask, row))

        member = Column[AttemptRow](
            "member", "Member", lambda row: sanitize(row.member), 11, 24, min_width=8, flex=2, is_sorted=False
        )
        return [
            Column("time", "Time", lambda row: clock(row.started_at, datetime.now(UTC)), 12),
            Column("outcome", "Outcome", self._outcome, 12),
            *([member] if is_team else []),
            Column("event", "Event", _event, 14, max_width=34, min_width=8, flex=3),
            Column("key", "Key field", lambda row: field_label(row.key_id, fields), 11, max_width=18, rank=4),
            Column("contact", "External id", masked(lambda row: row.external_id), 18, max_width=34, flex=1),
            Column("name", "Contact", masked(lambda row: row.contact_name), 12, 24, flex=1, rank=1, is_sorted=False),
            Column("status", "HTTP", lambda row: _number(row.http_status), 4, rank=2, justify="right"),
            Column("code", "Code", lambda row: _number(row.reply_code), 4, justify="right"),
            Column("description", "Description", masked(_description), 24, 64, min_width=12, flex=6, is_sorted=False),
            Column("text", "Reply text", masked(lambda row: row.reply_text or ""), 14, flex=1, rank=5),
            Column("took", "Duration", lambda row: elapsed(row.elapsed_ms), 8, rank=3, justify="right"),
        ]  # fmt: skip

    def _outcome(self, row: AttemptRow) -> Content:
        shown = outcome_label(row.outcome)
        if row.arrived is not None:
            shown = Content.styled(
                f"{LABEL[row.outcome][0]} resolved", "bold $primary"
            )  # Description says how
        return Content.assemble((f"{MARK} ", "bold $accent") if row.attempt_id in self.marked else "", shown)


def _summary(row: AttemptRow) -> Content:
    """The short id, status, code, reply text and duration, in full."""
    status = f"HTTP {row.http_status}" if row.http_status is not None else "no reply"
    reply = f"{_number(row.reply_code)} {sanitize(row.reply_text or '')}".strip()
    rest = "".join(f"  {one}" for one in (reply, elapsed(row.elapsed_ms)) if one)
    who = f"{sanitize(row.contact_name, 60)}  " if row.contact_name else ""
    return Content.assemble(f"{sanitize(short_id(row.attempt_id))}  {who}", (status, "$quiet"), rest)


def _event(row: AttemptRow) -> Content:
    return Content.assemble((sanitize(row.event_id), "$quiet"), " ", sanitize(row.event_name or ""))


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _description(row: AttemptRow) -> Content:
    how = "" if row.arrived is None else f"{RESOLVED[row.arrived].partition(': ')[2]} · "
    return label(f"{how}{row.description}", "$quiet")
