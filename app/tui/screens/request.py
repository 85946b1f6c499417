"""The exact request, seen before it goes: as cURL, as Python or as JSON, and copied."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static, Tab, Tabs

from app.domain.request_code import as_curl, as_httpx, as_json
from app.tui.text import sanitize_block

MAX_SHOWN = 65_536

FORMS: Mapping[str, tuple[str, Callable[[Mapping[str, object]], str]]] = {
    "curl": ("cURL", as_curl),
    "python": ("Python", as_httpx),
    "json": ("JSON", as_json),
}


class RequestScreen(ModalScreen[None]):
    """One request in three forms, one at a time; `copy` takes the text of the one that is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", tooltip="Copy what is shown, whole", id="request.copy"),
        Binding("right,tab", "turn(1)", "Other form", tooltip="cURL, Python, JSON", id="request.next"),
        Binding("left,shift+tab", "turn(-1)", "The form before", show=False, id="request.previous"),
        Binding("escape,ctrl+r,enter", "dismiss(None)", "Back", tooltip="Back, nothing is sent", id="request.back"),
    ]  # fmt: skip
    AUTO_FOCUS = "#request-pane"

    def __init__(self, described: Mapping[str, object], said: str, copy: Callable[[str], None]) -> None:
        """`described` is what `service.describe` answers; `said` what there is to know about it."""
        super().__init__()
        self._described = described
        self._said = said
        self._copy = copy

    def compose(self) -> ComposeResult:
        with Vertical(id="request") as pane:
            pane.border_title = "The request"
            yield Tabs(*(Tab(title, id=name) for name, (title, _) in FORMS.items()), id="request-forms")
            with VerticalScroll(id="request-pane"):
                yield Static(markup=False, id="request-text")
            yield Static(Content.styled(self._said, "$quiet"), markup=False, id="request-said")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Tabs).can_focus = False

    @property
    def _text(self) -> str:
        return FORMS[self.query_one(Tabs).active][1](self._described)

    @on(Tabs.TabActivated)
    def _show(self) -> None:
        self.query_one("#request-text", Static).update(Content(sanitize_block(self._text, MAX_SHOWN)))
        self.query_one("#request-pane", VerticalScroll).scroll_home(animate=False)

    def action_turn(self, step: int) -> None:
        names, tabs = list(FORMS), self.query_one(Tabs)
        tabs.active = names[(names.index(tabs.active) + step) % len(names)]

    def action_copy(self) -> None:
        self._copy(self._text)
