"""One attempt: its request, its reply, what they mean, and what can follow."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Static

from app.domain.errors import AppError
from app.domain.model import Attempt, NoReply, Reply
from app.domain.text import short_id
from app.domain.wire import trigger_body, trigger_path
from app.service.checks import keep_as_case
from app.service.files import typed_path
from app.service.history import AttemptRow, RowIds, neighbours
from app.service.session import Session
from app.tui.bindings import key_of
from app.tui.privacy import PrivacyMode
from app.tui.screens import Overlay, open_screen
from app.tui.screens.compare import CompareScreen
from app.tui.screens.confirm import Ask
from app.tui.screens.export import offer_export
from app.tui.text import chain_lines, fact_lines, lines, reply_lines, sanitize
from app.tui.widgets.history import Choice, follow_up_bindings
from app.tui.widgets.text_block import BodyView

CHECKS = "checks.toml"
KEEP = "Keep as check. Add it to the cases in this file, which is made if there is none:"
NOT_TOLD = "Only the member who sent it has this."
NOT_KEPT = "A check holds the contact's value. Show personal data first."


class KeyRows(Footer):
    """A footer in rows: an attempt has more keys than one line takes."""

    def compose(self) -> ComposeResult:
        yield from super().compose()
        self.styles.grid_size_columns = 5 if self.screen.has_class("-narrow") else 7


class AttemptScreen(Overlay[tuple[AttemptRow, Choice | None]]):
    """Returns the attempt that was open last, and what to do about it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (120, "-wide")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "leave", "Back", tooltip="Back to the dashboard", id="attempt.back"),
        *follow_up_bindings("attempt", "choose"),
        Binding("r", "request", "Preview request", tooltip="The exact request as cURL, Python or JSON", id="attempt.request"),
        Binding("x", "export", "Export", tooltip="Save or copy this attempt", id="attempt.export"),
        Binding("c", "compare", "Compare", tooltip="Compare with the last accepted attempt of its event", id="attempt.compare"),
        Binding("t", "keep_as_check", "Keep as check", tooltip="Add this attempt to a file of checks", id="attempt.keep_as_check"),
        Binding("e", "note", "Note", tooltip="Write or change a note", id="attempt.note"),
        Binding("left,k", "beside(-1)", "Up", tooltip="The attempt above", key_display="←", id="attempt.previous"),
        Binding("right,j", "beside(1)", "Down", tooltip="The attempt below", key_display="→", id="attempt.next"),
        Binding("tab", "go_on", "Next section", tooltip="To the request, to the reply, to the top", show=False, id="attempt.to_the_reply"),
        Binding("b", "raw", "Raw", tooltip="Show the bodies raw or formatted", id="attempt.bytes"),
        Binding("v", "more('reply')", "More", tooltip="The next part of a long reply", id="attempt.more"),
        Binding("V", "more('request')", "More of the request", tooltip="The next part of a long request", show=False, id="attempt.more_request"),
    ]  # fmt: skip

    def __init__(
        self,
        session: Session,
        privacy: PrivacyMode,
        rows: RowIds[AttemptRow],
        opened: tuple[AttemptRow, Attempt],
        preview: Callable[[Attempt], object],
    ) -> None:
        """`rows` are the attempts above and below; `preview` shows the request of an attempt."""
        super().__init__()
        self._preview = preview
        self._session = session
        self._privacy = privacy
        self._rows = rows
        self._row, self._attempt = opened
        self._raw = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="attempt"):
            yield Static(markup=False, id="attempt-outcome")
            yield Static("Request", classes="heading")
            yield Static(markup=False, id="attempt-facts")
            yield Static("Resends", classes="heading chain")
            yield Static(markup=False, id="attempt-chain", classes="chain")
            with Container(id="attempt-bodies"):
                yield BodyView("attempt.more_request", id="attempt-request")
                yield BodyView("attempt.more", id="attempt-reply")
        yield KeyRows(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._show(self._row, self._attempt)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "choose":
                return Choice[str(parameters[0])].fits(self._attempt)
            case "request" | "keep_as_check":
                return not self._attempt.member
            case "more" if self.is_mounted:
                return self._body(str(parameters[0])).is_long
            case _:
                return super().check_action(action, parameters)

    def action_leave(self) -> None:
        self.dismiss((self._row, None))

    def action_choose(self, name: str) -> None:
        self.dismiss((self._row, Choice[name]))

    def action_beside(self, step: int) -> None:
        try:
            row = neighbours(self._rows, self._row)[step > 0]
            attempt = None if row is None else self._session.history.attempt(row.attempt_id)
            if row is None or attempt is None:
                self._warn("This is the last attempt." if step > 0 else "This is the first attempt.")
            else:
                self._show(row, attempt)
        except AppError as error:
            self._warn(str(error))

    def action_raw(self) -> None:
        self._raw = not self._raw
        self.set_class(self._raw, "-raw")
        for body in self.query(BodyView):
            body.show_raw(self._raw)
        self.refresh_bindings()

    def action_more(self, name: str) -> None:
        body = self._body(name)
        body.show_next_part()
        self._pane.scroll_to_widget(body, top=True, animate=False)

    def action_go_on(self) -> None:
        pane = self._pane
        below = [body for body in self.query(BodyView) if body.region.y > pane.content_region.y]
        if below and not pane.is_vertical_scroll_end:
            pane.scroll_to_widget(below[0], top=True, animate=False)
        else:
            pane.scroll_home(animate=False)

    def action_compare(self) -> None:
        self.app.push_screen(CompareScreen(self._session, self._privacy, self._attempt))

    def action_request(self) -> None:
        self._preview(self._attempt)

    def action_export(self) -> None:
        offer_export(self.app, self._session, self._row, masked=self._privacy.is_on)

    def action_keep_as_check(self) -> None:
        if self._privacy.is_on:
            self._warn(NOT_KEPT, "Not kept")
        else:
            open_screen(self.app, Ask(KEEP, value=str(Path.cwd() / CHECKS), yes="Add"), self._keep)

    def _keep(self, typed: str) -> None:
        path = typed_path(typed.strip() or CHECKS)
        try:
            name = keep_as_case(path, self._attempt)
        except AppError as error:
            self._warn(str(error), "Not kept")
        else:
            self.notify(sanitize(f"{name}, in {path}", 500), title="Kept as check", markup=False)

    def action_note(self) -> None:
        note = self._attempt.note or ""
        question = "Note for this attempt. Leave it empty to remove the note."
        open_screen(self.app, Ask(question, value=note, covered=self._privacy.is_on), self._note)

    def _note(self, text: str) -> None:
        try:
            self._show(self._row, self._session.history.note(self._row.attempt_id, text))
        except AppError as error:
            self._warn(str(error))

    @property
    def _pane(self) -> VerticalScroll:
        return self.query_one("#attempt", VerticalScroll)

    def _body(self, name: str) -> BodyView:
        return self.query_one(f"#attempt-{name}", BodyView)

    def _warn(self, sentence: str, title: str = "") -> None:
        self.notify(sanitize(sentence, 500), title=title, severity="warning", markup=False)

    def _show(self, row: AttemptRow, attempt: Attempt) -> None:
        history = self._session.history
        chain = history.chain(attempt.attempt_id)
        body: bytes | None = history.request_body(attempt.attempt_id)
        self._row, self._attempt = row, attempt
        if self._privacy.is_on:
            attempt = self._privacy.mask.attempt(attempt)
            body = trigger_body(attempt.request)
        note = Content.assemble(("note ", "bold $primary"), sanitize(attempt.note or "", 10_000))
        pane = self._pane
        pane.border_title = f"Attempt {sanitize(short_id(attempt.attempt_id))}"
        pane.border_subtitle = f"{key_of(self, 'attempt.to_the_reply')}: next section"
        shown = {
            "outcome": lines([*reply_lines(attempt), note if attempt.note else None]),
            "facts": fact_lines(attempt, self._session.contacts),
            "chain": chain_lines(chain, attempt.attempt_id),
        }
        for name, content in shown.items():
            self.query_one(f"#attempt-{name}", Static).update(content)
        self.query(".chain").set(display=len(chain) > 1)
        heading = f"Request body of POST {sanitize(trigger_path(attempt.request.event_id))}"
        self._body("request").show(heading, body or None if attempt.member else body, NOT_TOLD)
        self._body("reply").show(*_reply_body(attempt, masked=self._privacy.is_on))
        pane.scroll_home(animate=False)
        self.refresh_bindings()


def _reply_body(attempt: Attempt, *, masked: bool) -> tuple[str, bytes | None, str]:
    """The heading of the reply's bytes, the bytes, and what to say without them."""
    title = "Reply body"
    match attempt.answer:
        case Reply(body=body, body_length=length):
            if length > len(body) > 0:
                title += f", the first {len(body):,} of {length:,} bytes"
            if attempt.member and not body:
                return title, None, NOT_TOLD
            return title, None if masked else body, "Not shown while personal data is hidden."
        case NoReply(detail=detail):
            return title, None, sanitize(detail, 2000)
        case None:
            return title, None, "No reply was recorded."
