"""Text in SQLite: half characters are replaced, and what an earlier version kept as bytes is read."""

import pytest

from app.store.text import restored, stored


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("Þórr \U0001f600\x00", "Þórr \U0001f600\x00"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
    ],
)
def test_half_a_character_is_replaced(text: str, kept: str) -> None:
    assert stored(text) == kept
    assert restored(stored(text)) == kept


def test_text_that_an_earlier_version_kept_as_bytes_is_read() -> None:
    assert restored("Þórr \ud800".encode("utf-8", "surrogatepass")).startswith("Þórr \ufffd")
