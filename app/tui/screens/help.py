"""Help: the keys of the part that has the focus, then its page of the manual."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer

from app.resources import help_pages
from app.tui.bindings import DESK, NOT_IN_PALETTE, active_in_order
from app.tui.screens import Overlay

if TYPE_CHECKING:
    from textual.widgets import Markdown

PAGES = {
    "attempt": "history",
    "bulk-runs": "bulk",
    "bulk-run": "bulk",
    "charts": "history",
    "compare": "history",
    "export": "history",
    "history": "history",
    "history-filter": "queries",
    "profiles": "profiles",
    "unlock": "profiles",
}
"""The page of a part by its id; all others are on the page of the form."""


class HelpScreen(Overlay[None]):
    """One page of the manual; its links lead to the others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Back", tooltip="Close the help", id="help.back"),
        Binding("s", "page('symbols')", "Symbols", tooltip="What the symbols and outcomes mean", id="help.symbols"),
        Binding("r", "page('replies')", "Each reply", tooltip="How to get each reply", id="help.replies"),
    ]  # fmt: skip
    AUTO_FOCUS = "#help"

    def __init__(self, screen: Screen[Any]) -> None:
        """Help for the part of this screen that has the focus."""
        super().__init__()
        self._pages = {path.stem: path for path in help_pages()}
        part = screen.focused or screen
        self._page = next((PAGES[node.id] for node in part.ancestors_with_self if node.id in PAGES), "form")
        self._keys = "\n".join(self._key_table(screen))

    def _key_table(self, screen: Screen[Any]) -> Iterator[str]:
        """The keys that work now; those of the part come before those that work everywhere."""
        named = [one for one in active_in_order(screen) if one.tooltip and one.binding.id]
        yield "| key | what it does here |"
        yield "|---|---|"
        for active in sorted(named, key=_place):
            key = self.app.get_key_display(active.binding).replace("|", "\\|")
            yield f"| {key} | {active.binding.description}: {active.tooltip} |"

    def compose(self) -> ComposeResult:
        from textual.widgets import Markdown  # noqa: PLC0415 - its parser is heavy

        self._manual = Markdown(open_links=False)
        with VerticalScroll(id="help") as pane:
            pane.border_title = "Help"
            yield self._manual
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        # The pane gets the focus first: that styles again all it holds.
        self.call_after_refresh(self._manual.update, f"{self._keys}\n\n{self._text(self._page)}")

    def _text(self, page: str) -> str:
        return self._pages[page].read_text(encoding="utf-8")

    async def action_page(self, page: str) -> None:
        if page in self._pages:
            await self._manual.update(self._text(page))
            self.query_one(VerticalScroll).scroll_home(animate=False)

    async def on_markdown_link_clicked(self, event: "Markdown.LinkClicked") -> None:
        await self.action_page(Path(event.href).stem)


def _place(active: ActiveBinding) -> int:
    """Keys of the part come first, then those that move in it, then those that work everywhere."""
    action_id = active.binding.id or ""
    return 2 if action_id.startswith(DESK) else action_id.partition(".")[0] in NOT_IN_PALETTE
