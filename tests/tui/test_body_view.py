"""A body for reading loses nothing: its parts put together are the whole, its bytes read back are the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tui.widgets.body_view import PART, RAW_PART, raw_lines, raw_parts, split


@given(st.text(alphabet="ab\n\ud800é", max_size=300), st.integers(1, 40))
def test_the_parts_of_a_text_are_the_text(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)


def test_a_long_text_is_cut_at_the_end_of_a_line() -> None:
    first, *_ = split("\n".join(["x" * 99] * 2000))
    assert PART - 2000 < len(first) <= PART
    assert first.endswith("\n")


@pytest.mark.parametrize("size", [0, 1, 15, 16, RAW_PART, RAW_PART + 1])
def test_raw_lines_read_back_are_the_bytes(size: int) -> None:
    body = bytes(number % 256 for number in range(size))
    lines = [line for part in range(raw_parts(body)) for line in raw_lines(body, part)]
    assert bytes.fromhex("".join(line[6:53] for line in lines)) == body
    assert [int(line[:5], 16) for line in lines] == list(range(0, size, 16))
    assert all(line.isascii() and line.isprintable() for line in lines)
