"""Help: the part one is in, the straight line, the keys, the symbols, and how each reply can be produced."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Static

from app.domain.model import Outcome
from app.tui.bindings import DESK, active_in_order
from app.tui.screens.help_texts import EVERYWHERE, HERE, PARTS, QUERIES, REPLIES, SIGNS, STEPS, Part
from app.tui.text import meaning, outcome_label

Pairs = Sequence[tuple[str | Content, str]]


class HelpScreen(ModalScreen[None]):
    """What one needs to know where one is, then the rest, on one page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Back", tooltip="Back to where you were", id="help.back"),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        """Help on this screen, the part that has the focus first."""
        super().__init__()
        self._part = _part(screen)
        named = [one for one in active_in_order(screen) if one.tooltip and one.binding.id]
        self._keys = [self._key(one) for one in named if _is_everywhere(one)]
        self._keys_here = [self._key(one) for one in named if not _is_everywhere(one)]

    def _key(self, active: ActiveBinding) -> tuple[str, str]:
        binding = active.binding
        return self.app.get_key_display(binding), f"{binding.description}: {active.tooltip}"

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as pane:
            pane.border_title, pane.border_subtitle = "Help", "↑ ↓ more"
            yield Static(self._part.title, classes="heading")
            yield Static(self._part.what_for, id="help-part")
            if self._keys_here:
                yield from _pairs(self._keys_here)
            for heading, pairs in self._sections():
                yield Static(heading, classes="heading")
                yield from _pairs(pairs)
        yield Footer(show_command_palette=False)

    def _sections(self) -> Iterator[tuple[str, Pairs]]:
        yield "To trigger an event", [(str(number), step) for number, step in enumerate(STEPS, 1)]
        yield "Keys", [*self._keys, *EVERYWHERE]
        yield "To filter the history", QUERIES
        yield "Symbols", [*((outcome_label(outcome), meaning(outcome)) for outcome in Outcome), *SIGNS]
        yield (
            "To produce each reply on the built-in account",
            [(str(code), how) for code, how in REPLIES],
        )


def _is_everywhere(active: ActiveBinding) -> bool:
    return (active.binding.id or "").startswith(DESK)


def _part(screen: Screen[Any]) -> Part:
    """The innermost part that has the focus and words of its own; where there is none, the screen."""
    inner = screen.focused or screen
    ids = (node.id or "" for node in inner.ancestors_with_self)
    return next((PARTS[name] for name in ids if name in PARTS), HERE)


def _pairs(pairs: Iterable[tuple[str | Content, str]]) -> Iterator[Vertical]:
    rows = (
        Horizontal(
            Static(sign, markup=False, classes="sign"),
            Static(said, markup=False, classes="said"),
            classes="pair",
        )
        for sign, said in pairs
    )
    yield Vertical(*rows, classes="part")
