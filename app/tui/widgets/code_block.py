"""Read-only text in numbered lines, JSON in colours, long lines wrapped behind commas and blanks."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

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
        """The lines, and the cells for each beside its number."""
        lines = self.text.split("\n")
        digits = self._digits(len(lines))
        return lines, max(1, width - digits - bool(digits))

    def _digits(self, lines: int) -> int:
        return len(str(self.first_line + lines - 1)) if self.is_numbered else 0
