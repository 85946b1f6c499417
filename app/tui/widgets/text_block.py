"""Text to read: a few lines that change while one works, code in numbered lines, a request or reply body."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from app.domain.attempt_export import readable_body
from app.domain.text import sanitize_block
from app.tui.bindings import key_of

MAX_COLOURED = 32_768
"""Characters of a text with colours; a longer one takes too long to draw."""

JSON_TOKENS: Mapping[str, str] = {
    "name": "primary",
    "text": "outcome-accepted",
    "number": "accent",
    "word": "accent",
}
"""The colour token of each part of JSON."""

_PARTS = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*"?)'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>\b(?:true|false|null)\b)"
)
_INDENT = 2

PART = 65_536
"""Characters of a formatted part, at most."""

RAW_LINES = 256
"""Lines of a raw part, at most."""

_LINE = 16
_NEAREST = 2_000


class TextBlock(Static):
    """Text that is never markup; another text of the same height costs no layout of the screen."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(markup=False, id=id)
        self._shown = Content("")

    def show(self, text: Content | str) -> None:
        new = Content(text) if isinstance(text, str) else text
        if new.is_same(self._shown):
            return
        self._shown = new
        before = self._height
        self.update(new, layout=self.styles.is_auto_width)
        if self.styles.is_auto_height and self._height != before:
            self.refresh(layout=True)

    @property
    def _height(self) -> int:
        """The lines that the text takes at its present width."""
        return self.get_content_height(Size(), Size(), self.content_size.width)


# Code


def json_parts(line: str) -> Iterator[tuple[str, int, int]]:
    """The colour token, start and end of each name, text, number and word in a line of JSON, complete or not."""
    for part in _PARTS.finditer(line):
        yield JSON_TOKENS[part.lastgroup or ""], part.start(), part.end()


def breaks(line: str, width: int) -> Iterator[int]:
    """Where to break a line so that each piece fits: behind a comma or a blank; inside a word only if it is too long."""
    start = behind = cells = 0
    room = width
    for at, character in enumerate(line):
        cells += cell_len(character)
        if cells > room and at > start:
            start = behind if behind > start else at
            yield start
            cells, room = cell_len(line[start : at + 1]), max(1, width - _INDENT)
        if character in ", " and line[start:at].strip():
            behind = at + 1


class CodeBlock(Widget):
    """Shows a text that is already sanitized; never markup."""

    DEFAULT_CSS = "CodeBlock { height: auto; }"

    text: reactive[str] = reactive("", layout=True)
    is_json: reactive[bool] = reactive(False)
    is_numbered: reactive[bool] = reactive(True, layout=True)
    first_line: reactive[int] = reactive(1)
    """The number of the first line."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as Textual calls it
        lines, room = self._layout(width)
        return sum(1 + sum(1 for _ in breaks(line, room)) for line in lines)

    def render(self) -> Content:
        lines, room = self._layout(self.content_size.width)
        digits = self._digits(len(lines))
        coloured = self.is_json and len(self.text) <= MAX_COLOURED
        drawn: list[Content] = []
        for number, line in enumerate(lines, self.first_line):
            content = Content(line)
            for token, start, end in json_parts(line) if coloured else ():
                content = content.stylize(f"${token}", start, end)
            places = [0, *breaks(line, room), len(line)]
            for piece, (start, end) in enumerate(pairwise(places)):
                gutter = f"{'' if piece else number:>{digits}} " if digits else ""
                indent = " " * (_INDENT if piece else 0)
                drawn.append(Content.assemble((gutter, "$quiet"), indent, content[start:end]))
        return Content("\n").join(drawn)

    def _layout(self, width: int) -> tuple[list[str], int]:
        lines = self.text.split("\n")
        digits = self._digits(len(lines))
        return lines, max(1, width - digits - bool(digits))

    def _digits(self, lines: int) -> int:
        return len(str(self.first_line + lines - 1)) if self.is_numbered else 0


# Bodies


class BodyView(Vertical):
    """Shows a body; a long one in parts."""

    def __init__(self, more: str, *, id: str) -> None:  # noqa: A002 - the name that every Textual widget gives it
        """`more` is the id of the binding for the next part."""
        super().__init__(id=id)
        self._more = more
        self._title = self._instead = ""
        self._body: bytes | None = None
        self._is_raw = False
        self._parts: Sequence[str] = ()
        self._part = 0

    def compose(self) -> ComposeResult:
        yield Static(markup=False, classes="heading")
        yield CodeBlock(classes="body")

    def show(self, title: str, body: bytes | None, instead: str = "") -> None:
        """Shows a body from its beginning, or the sentence `instead` if it is None."""
        self._title, self._body, self._instead = title, body, instead
        self._begin()

    @property
    def is_long(self) -> bool:
        return len(self._parts) > 1

    def show_raw(self, raw: bool) -> None:
        self._is_raw = raw
        self._begin()

    def show_next_part(self) -> None:
        self._part = (self._part + 1) % len(self._parts)
        self._draw()

    def _begin(self) -> None:
        if not self._body:
            self._parts = [self._instead if self._body is None else "empty"]
        else:
            self._parts = raw_parts(self._body) if self._is_raw else split(readable_body(self._body))
        self._part = 0
        self._draw()

    def _draw(self) -> None:
        where = "  raw" if self._is_raw and self._body else ""
        if self.is_long:
            where += f"  part {self._part + 1} of {len(self._parts)}, {key_of(self, self._more)} for the next"
        self.query_one(Static).update(Content.assemble(self._title, (where, "$quiet")))
        body = self.query_one(CodeBlock)
        body.is_numbered = body.is_json = bool(self._body) and not self._is_raw
        body.first_line = 1 + sum(part.count("\n") for part in self._parts[: self._part])
        body.text = sanitize_block(self._parts[self._part], PART)


def split(text: str, limit: int = PART) -> Sequence[str]:
    """The text in parts of at most `limit` characters, cut at the end of a line where one is near; '' is one part."""
    parts = []
    start = 0
    while len(text) - start > limit:
        line_end = text.rfind("\n", start + max(1, limit - _NEAREST), start + limit)
        end = start + limit if line_end < 0 else line_end + 1
        parts.append(text[start:end])
        start = end
    return (*parts, text[start:])


def raw_parts(body: bytes) -> Sequence[str]:
    """The bytes as lines: offset, sixteen bytes in hexadecimal, and the same as ASCII where it is; 256 lines a part."""
    lines = []
    for at in range(0, len(body), _LINE):
        line = body[at : at + _LINE]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in line)
        lines.append(f"{at:05x} {line.hex(' '):<47} {shown}")
    return ["\n".join(lines[at : at + RAW_LINES]) for at in range(0, len(lines), RAW_LINES)]
