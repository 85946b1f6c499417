"""One line above the keys while something is fetched from the account: what, how far it has come, how to stop it."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from app.domain.formatting import percent
from app.service.refresh import RefreshStep
from app.tui.text import sanitize

LONGEST = 24
STOPS = "   esc stops"
STOPPING = "stopping; the lists stay as they were"


class FetchBar(Widget):
    """Shown while there is something to say; it lies over what is below it, so that nothing moves."""

    said: reactive[str] = reactive("")
    share: reactive[float | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__(id="fetching")
        self.display = False

    def begin(self, words: str) -> None:
        """Something is being fetched."""
        self.said, self.share, self.display = words, None, True

    def step(self, step: RefreshStep) -> None:
        """A refresh has come so far."""
        self.said = f"refreshing: {step.words}"
        self.share = step.share

    def stopping(self) -> None:
        """It was told to stop, and puts its things in order first."""
        self.said, self.share = STOPPING, None

    def end(self) -> None:
        """Nothing is fetched any more."""
        self.display = False

    def render(self) -> Content:
        return fetch_label(self.said, self.share, self.content_size.width)


def fetch_label(said: str, share: float | None, width: int) -> Content:
    """The words, as long a bar as fits, and the key that stops it, in `width` cells."""
    words = Content.assemble(("⟳ ", "bold $primary"), sanitize(said))
    ends = Content.styled("" if said == STOPPING else STOPS, "$quiet")
    room = min(LONGEST, width - words.cell_length - ends.cell_length - len("    100%"))
    if share is None or room < 4:
        return (words + ends).truncate(width, ellipsis=True)
    full = round(share * room)
    return Content.assemble(
        words,
        "   ",
        ("━" * full, "bold $primary"),
        ("─" * (room - full), "$faint"),
        f" {percent(share, 1):>4}",
        ends,
    )
