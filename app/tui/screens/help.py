"""Help: the straight line, the keys, the symbols, and how each reply can be produced."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from app.domain.model import Outcome
from app.tui.text import meaning, outcome_label

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


EVERYWHERE = (
    ("tab", "To the next field; shift+tab to the one before"),
    ("↑ ↓", "In a filter: another row of its list"),
    ("enter", "Choose, and go on to what is to be decided next"),
    ("esc", "Clear a filter; while sending or refreshing: stop that"),
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
            for heading, pairs in (
                ("To trigger an event", [(str(number), step) for number, step in enumerate(STEPS, 1)]),
                ("Keys", [*((key, f"{name}: {what}") for key, name, what in self._keys), *EVERYWHERE]),
                ("Outcomes", [(outcome_label(outcome), meaning(outcome)) for outcome in Outcome]),
                (
                    "To produce each reply on the built-in account",
                    [(str(code), how) for code, how in REPLIES],
                ),
            ):
                yield Static(heading, classes="heading")
                with Vertical(classes="part"):
                    yield from _pairs(pairs)
        yield Footer(show_command_palette=False)


def _pairs(pairs: Iterable[tuple[str | Content, str]]) -> Iterator[Horizontal]:
    for sign, said in pairs:
        yield Horizontal(
            Static(sign, markup=False, classes="sign"),
            Static(said, markup=False, classes="said"),
            classes="pair",
        )
