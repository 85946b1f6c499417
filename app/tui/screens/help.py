"""Help: the straight line, the keys, the symbols, and how each reply can be produced."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from app.domain.descriptions import describe
from app.domain.model import Outcome
from app.tui.text import label, lines, meaning, outcome_label

STEPS = (
    "Type in Events until the event is on top, then Enter.",
    "Type in Contacts until the contact is on top, then Enter. The external id is filled in.",
    "Before sending tells what will be answered. Event data opens with the event's example.",
    "Enter on Send, or its key. The reply is shown at once, and stays in the history.",
)

REPLIES = (
    (0, "event 100, E-Mail (3), thor@example.com"),
    (2004, "key field: other key id …, then email"),
    (2005, "leave the external id empty"),
    (2008, "nobody@example.com"),
    (2010, "twin@example.com, which two contacts share"),
    (5001, "event 999"),
    (2012, "key field contact id (id), external id 999999"),
)


class HelpScreen(ModalScreen[None]):
    """What one needs to know, on one page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter", "dismiss", "Back", tooltip="Back to the desk", id="help.back"),
    ]

    def __init__(self, keys: Sequence[tuple[str, str, str]]) -> None:
        """`keys` are key, name and what it does, as the dashboard binds them."""
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as pane:
            pane.border_title = "Help"
            for heading, text in (
                ("To trigger an event", _steps()),
                ("Keys", self._key_lines()),
                ("Outcomes", _outcomes()),
                ("To produce each reply on the built-in account", _replies()),
            ):
                yield Static(heading, classes="heading")
                yield Static(text, markup=False, classes="part")
        yield Footer(show_command_palette=False)

    def _key_lines(self) -> Content:
        own = [_row(key, 9, f"{name}: {what}") for key, name, what in self._keys]
        return lines([*own, *(_row(key, 9, what) for key, what in _EVERYWHERE)])


_EVERYWHERE = (
    ("tab", "To the next field; shift+tab to the one before"),
    ("↑ ↓", "In a filter: another row of its list"),
    ("enter", "Choose, and go on to what is to be decided next"),
    ("esc", "Clear a filter; while sending: stop waiting"),
)


def _row(left: str, width: int, right: str) -> Content:
    return Content.assemble((f"{left:<{width}}", "bold $accent"), right)


def _steps() -> Content:
    return lines(_row(f"{number}", 3, step) for number, step in enumerate(STEPS, 1))


def _outcomes() -> Content:
    return lines(
        Content.assemble(
            outcome_label(outcome).pad_right(14 - outcome_label(outcome).cell_length), meaning(outcome)
        )
        for outcome in Outcome
    )


def _replies() -> Content:
    return lines(
        Content.assemble(
            (f"{code:<6}", "bold $accent"), recipe, "\n      ", label(describe(code) or "", "$text-muted")
        )
        for code, recipe in REPLIES
    )
