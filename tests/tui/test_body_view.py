"""A body for reading loses nothing: its parts put together are the whole, its bytes read back are the bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.tui.widgets.text_block import PART, RAW_LINES, breaks, json_parts, raw_parts, split


@given(st.text(alphabet="ab\n\ud800é", max_size=300), st.integers(1, 40))
def test_the_parts_of_a_text_are_the_text(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)


def test_a_long_text_is_cut_at_the_end_of_a_line() -> None:
    first, *_ = split("\n".join(["x" * 99] * 2000))
    assert PART - 2000 < len(first) <= PART
    assert first.endswith("\n")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 16 * RAW_LINES, 16 * RAW_LINES + 1])
def test_raw_lines_read_back_are_the_bytes(size: int) -> None:
    body = bytes(number % 256 for number in range(size))
    lines = [line for part in raw_parts(body) for line in part.split("\n")]
    assert bytes.fromhex("".join(line[6:53] for line in lines)) == body
    assert [int(line[:5], 16) for line in lines] == list(range(0, size, 16))
    assert all(line.isascii() and line.isprintable() for line in lines)


def pieces(line: str, width: int) -> list[str]:
    return [line[start:end] for start, end in pairwise([0, *breaks(line, width), len(line)])]


@given(st.text(alphabet='ab, "注:', max_size=80), st.integers(4, 20))
def test_a_long_line_is_wrapped_without_losing_a_character(line: str, width: int) -> None:
    assert "".join(pieces(line, width)) == line
    assert all(cell_len(piece) <= width for piece in pieces(line, width))


def test_a_long_line_is_broken_behind_commas_and_blanks() -> None:
    assert pieces('  {"a":1,"bcd":2, "e f":3}', 12) == ['  {"a":1,', '"bcd":2, ', '"e f":3}']
    assert pieces("  abcdefghij", 8) == ["  abcdef", "ghij"]


def test_the_parts_of_json_have_colours() -> None:
    line = '  "a": [1.5, true, "b: \\" c'
    assert [(token, line[start:end]) for token, start, end in json_parts(line)] == [
        ("primary", '"a"'),
        ("accent", "1.5"),
        ("accent", "true"),
        ("outcome-accepted", '"b: \\" c'),
    ]
