"""A request or reply body: a heading and one part of the body, formatted or raw."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from app.domain.body_text import PART, formatted, raw_lines, raw_parts, split
from app.tui.bindings import key_of
from app.tui.text import sanitize_block


class BodyView(Vertical):
    """Shows a body; a long one in parts."""

    def __init__(self, more: str, *, id: str) -> None:  # noqa: A002 - the name that every Textual widget gives it
        """`more` is the id of the binding for the next part."""
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
        """Shows a body from its beginning, or the sentence `instead` if it is None."""
        self._title, self._body, self._part = title, body, 0
        self._instead = instead or Content("")
        self._parts = () if body is None else split(formatted(body))
        self._draw()

    @property
    def is_long(self) -> bool:
        """Whether the body has more than one part."""
        return self._count > 1

    def show_raw(self, raw: bool) -> None:
        """Shows the body raw or formatted, from its beginning."""
        if raw != self._raw:
            self._raw, self._part = raw, 0
            self._draw()

    def show_next_part(self) -> None:
        """Shows the next part; after the last one the first."""
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
        raw = "  raw" if self._raw and self._body else ""
        if not self.is_long:
            return raw
        return f"{raw}  part {self._part + 1} of {self._count}, {key_of(self, self._more)} for the next"

    def _shown(self) -> Content:
        if self._body is None:
            return self._instead
        if not self._body:
            return Content("empty")
        if self._raw:
            return Content("\n".join(raw_lines(self._body, self._part)))
        return Content(sanitize_block(self._parts[self._part], PART))
