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
from app.tui.keymap import DESK, active_in_order
from app.tui.screens.help_texts import EVERYWHERE, PARTS, REPLIES, SIGNS, STEPS, Part
from app.tui.text import meaning, outcome_label

Pairs = Sequence[tuple[str | Content, str]]


class HelpScreen(ModalScreen[None]):
    """What one needs to know where one is, then the rest, on one page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter", "dismiss", "Back", tooltip="Back to the desk", id="help.back"),
    ]

    def __init__(self, desk: Screen[Any]) -> None:
        """Help on this screen, the part that has the focus first."""
        super().__init__()
        self._part = _part(desk)
        active = active_in_order(desk)
        self._keys = [self._key(one) for one in active if (one.binding.id or "").startswith(DESK)]
        self._keys_here = [
            self._key(one) for one in active if one.node not in (desk, self.app) and one.tooltip
        ]

    def _key(self, active: ActiveBinding) -> tuple[str, str]:
        binding = active.binding
        return self.app.get_key_display(binding), f"{binding.description}: {active.tooltip}"

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as pane:
            pane.border_title, pane.border_subtitle = "Help", "↑ ↓ more"
            if self._part is not None:
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
        yield "Symbols", [*((outcome_label(outcome), meaning(outcome)) for outcome in Outcome), *SIGNS]
        yield (
            "To produce each reply on the built-in account",
            [(str(code), how) for code, how in REPLIES],
        )


def _part(screen: Screen[Any]) -> Part | None:
    focused = screen.focused
    ids = (node.id or "" for node in focused.ancestors_with_self) if focused is not None else ()
    return next((PARTS[name] for name in ids if name in PARTS), None)


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
