"""A body on the screen: its heading, and one part of it, formatted or byte for byte."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from app.domain.body_text import PART, formatted, raw_lines, raw_parts, split
from app.tui.bindings import key_of
from app.tui.text import sanitize_block


class BodyView(Vertical):
    """Shows one body after another; a long one a part at a time."""

    def __init__(self, more: str, *, id: str) -> None:  # noqa: A002 - the name that every Textual widget gives it
        """`more` is the id of the binding that shows the next part."""
        super().__init__(id=id)
        self._more = more
        self._title = ""
        self._body: bytes | None = None
        self._instead = Content("")
        self._parts: Sequence[str] = ()
        self._part = 0
        self._raw = False

    def compose(self) -> ComposeResult:
        yield Static(markup=False, classes="heading")
        yield Static(markup=False, classes="body")

    def show(self, title: str, body: bytes | None, instead: Content | None = None) -> None:
        """This body from its beginning; where it is None, the sentence `instead`."""
        self._title, self._body, self._part = title, body, 0
        self._instead = instead or Content("")
        self._parts = () if body is None else split(formatted(body))
        self._draw()

    @property
    def is_long(self) -> bool:
        """Whether there is more of it than one part shows."""
        return self._count > 1

    def show_raw(self, raw: bool) -> None:
        """Byte for byte, or formatted; from the beginning."""
        if raw != self._raw:
            self._raw, self._part = raw, 0
            self._draw()

    def show_next_part(self) -> None:
        """The next part; after the last one the first."""
        self._part = (self._part + 1) % self._count
        self._draw()

    @property
    def _count(self) -> int:
        if self._body is None:
            return 1
        return raw_parts(self._body) if self._raw else len(self._parts)

    def _draw(self) -> None:
        heading, body = self.query(Static)
        heading.update(Content.assemble(self._title, (self._where(), "$quiet")))
        body.update(self._shown())

    def _where(self) -> str:
        said = "  byte for byte" if self._raw and self._body else ""
        if not self.is_long:
            return said
        return f"{said}  part {self._part + 1} of {self._count}, {key_of(self, self._more)} shows the next"

    def _shown(self) -> Content:
        if self._body is None:
            return self._instead
        if not self._body:
            return Content("empty")
        if self._raw:
            return Content("\n".join(raw_lines(self._body, self._part)))
        return Content(sanitize_block(self._parts[self._part], PART))
