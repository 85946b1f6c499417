"""Text for the screen: never markup, never a control character."""

import pytest

from app.domain import text as rule
from app.tui import text
from app.tui.text import label, sanitize_content


def test_the_screen_and_the_command_line_share_one_rule() -> None:
    for said in ("a\x00b\u202e", "x" * 400, "👩‍👦"):
        assert text.sanitize(said) == rule.sanitize(said)


@pytest.mark.parametrize("data", ["[/]", "[@click=app.quit]x", "[bold]x[/bold]", "[$error]x"])
def test_a_label_is_never_markup(data: str) -> None:
    assert (label(data).plain, label(data).spans) == (data, [])


def test_a_label_is_harmless_and_short() -> None:
    assert label("a\x00b\x1b").plain == "a␀b␛"
    assert label("x" * 1000, limit=10).plain == "xxxxxxxxx…"


def test_a_label_is_styled_as_a_whole() -> None:
    assert [(span.start, span.end, span.style) for span in label("✓ accepted", "bold").spans] == [
        (0, 10, "bold")
    ]


def test_content_that_is_harmless_stays_itself() -> None:
    content = label("✓ accepted", "bold")
    assert sanitize_content(content) is content
