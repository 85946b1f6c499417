"""A request or reply body: a heading and one part of the body, formatted or raw."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from app.domain.attempt_export import readable_body
from app.tui.bindings import key_of
from app.tui.text import sanitize_block
from app.tui.widgets.code_block import CodeBlock

PART = 65_536
"""Characters of a formatted part, at most."""

RAW_PART = 4_096
"""Bytes of a raw part: 256 lines of it."""

_LINE = 16
_NEAREST = 2_000


class BodyView(Vertical):
    """Shows a body; a long one in parts."""

    def __init__(self, more: str, *, id: str) -> None:  # noqa: A002 - the name that every Textual widget gives it
        """`more` is the id of the binding for the next part."""
        super().__init__(id=id)
        self._more = more
        self._title = ""
        self._body: bytes | None = None
        self._instead = ""
        self._parts: Sequence[str] = ()
        self._part = 0
        self._raw = False

    def compose(self) -> ComposeResult:
        yield Static(markup=False, classes="heading")
        yield CodeBlock(classes="body")

    def show(self, title: str, body: bytes | None, instead: str = "") -> None:
        """Shows a body from its beginning, or the sentence `instead` if it is None."""
        self._title, self._body, self._part = title, body, 0
        self._instead = instead
        self._parts = () if body is None else split(readable_body(body))
        self._draw()

    @property
    def is_long(self) -> bool:
        return self._count > 1

    def show_raw(self, raw: bool) -> None:
        """Shows the body raw or formatted, from its beginning."""
        if raw != self._raw:
            self._raw, self._part = raw, 0
            self._draw()

    def show_next_part(self) -> None:
        self._part = (self._part + 1) % self._count
        self._draw()

    @property
    def _count(self) -> int:
        if self._body is None:
            return 1
        return raw_parts(self._body) if self._raw else len(self._parts)

    def _draw(self) -> None:
        self.query_one(Static).update(Content.assemble(self._title, (self._where(), "$quiet")))
        body = self.query_one(CodeBlock)
        is_text = bool(self._body) and not self._raw
        before = self._parts[: self._part] if is_text else ()
        body.is_numbered, body.is_json = is_text, is_text
        body.first_line = 1 + sum(part.count("\n") for part in before)
        body.text = self._shown()

    def _where(self) -> str:
        raw = "  raw" if self._raw and self._body else ""
        if not self.is_long:
            return raw
        return f"{raw}  part {self._part + 1} of {self._count}, {key_of(self, self._more)} for the next"

    def _shown(self) -> str:
        if self._body is None:
            return self._instead
        if not self._body:
            return "empty"
        if self._raw:
            return "\n".join(raw_lines(self._body, self._part))
        return sanitize_block(self._parts[self._part], PART)


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


def raw_parts(body: bytes) -> int:
    """In how many parts the bytes of a body are read; one also for an empty one."""
    return max(1, -(-len(body) // RAW_PART))


def raw_lines(body: bytes, part: int) -> Iterator[str]:
    """The lines of one raw part, from 0: offset, sixteen bytes in hexadecimal, and the same as ASCII where it is."""
    start = part * RAW_PART
    for at in range(start, min(len(body), start + RAW_PART), _LINE):
        line = body[at : at + _LINE]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in line)
        yield f"{at:05x} {line.hex(' '):<47} {shown}"
