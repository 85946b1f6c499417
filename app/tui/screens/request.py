"""The exact request before it is sent, as cURL, Python or JSON, to copy."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Static, Tab, Tabs

from app.domain.attempt_export import as_curl, as_httpx, as_json
from app.domain.text import sanitize_block
from app.tui.screens import Overlay
from app.tui.widgets.text_block import CodeBlock

MAX_SHOWN = 65_536

FORMATS: Mapping[str, tuple[str, Callable[[Mapping[str, object]], str]]] = {
    "curl": ("cURL", as_curl),
    "python": ("Python", as_httpx),
    "json": ("JSON", as_json),
}


class RequestScreen(Overlay[None]):
    """One request in one of three formats; `copy` takes the text of that format."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", tooltip="Copy the whole text", id="request.copy"),
        Binding("right,tab", "turn(1)", "Next format", tooltip="cURL, Python, JSON", id="request.next"),
        Binding("left,shift+tab", "turn(-1)", "Previous format", show=False, id="request.previous"),
        Binding("escape,ctrl+r,enter", "dismiss(None)", "Back", tooltip="Back, nothing is sent", id="request.back"),
    ]  # fmt: skip
    AUTO_FOCUS = "#request-pane"

    def __init__(self, described: Mapping[str, object], said: str, copy: Callable[[str], None]) -> None:
        """`described` comes from `service.describe`; `said` is a note below the request."""
        super().__init__()
        self._described = described
        self._note = said
        self._copy = copy

    def compose(self) -> ComposeResult:
        with Vertical(id="request") as pane:
            pane.border_title = "Preview request"
            yield Tabs(*(Tab(title, id=name) for name, (title, _) in FORMATS.items()), id="request-forms")
            with VerticalScroll(id="request-pane"):
                yield CodeBlock(id="request-text")
            yield Static(Content.styled(self._note, "$quiet"), markup=False, id="request-said")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Tabs).can_focus = False

    @property
    def _text(self) -> str:
        return FORMATS[self.query_one(Tabs).active][1](self._described)

    @on(Tabs.TabActivated)
    def _show(self) -> None:
        block = self.query_one(CodeBlock)
        block.is_json = self.query_one(Tabs).active == "json"
        block.text = sanitize_block(self._text, MAX_SHOWN)
        self.query_one("#request-pane", VerticalScroll).scroll_home(animate=False)

    def action_turn(self, step: int) -> None:
        names, tabs = list(FORMATS), self.query_one(Tabs)
        tabs.active = names[(names.index(tabs.active) + step) % len(names)]

    def action_copy(self) -> None:
        self._copy(self._text)
