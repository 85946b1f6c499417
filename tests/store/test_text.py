"""Text in SQLite: half characters are replaced."""

import pytest

from app.store.text import stored


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
