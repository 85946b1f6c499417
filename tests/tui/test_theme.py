"""Both themes can be read: every colour that words are written in stands out from every ground they stand on."""

import pytest
from textual.color import Color
from textual.theme import Theme

from app.settings.config import THEMES
from app.tui.app import TriggerDeskApp
from app.tui.theme import DARK, LIGHT, own_tokens
from tests.profiles import Opening

WORDS = (
    "foreground", "primary", "accent", "quiet", "text-warning", "text-error",
    "outcome-sending", "outcome-accepted", "outcome-partial", "outcome-rejected", "outcome-not-sent",
    "outcome-unknown", "account-sandbox", "account-local", "account-real",
)  # fmt: skip
GROUNDS = ("background", "surface", "panel")
READABLE = 4.5
"""The contrast that WCAG 2 asks of text."""


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_words_stand_out_from_their_ground(theme: Theme) -> None:
    colors = theme.to_color_system().generate()
    tokens = {**colors, **own_tokens(colors), **theme.variables}
    faint = {
        f"{word} on {ground}": round(_contrast(tokens[word], tokens[ground]), 2)
        for word in WORDS
        for ground in GROUNDS
        if _contrast(tokens[word], tokens[ground]) < READABLE
    }
    assert not faint


def test_the_themes_of_the_configuration_are_those_of_the_dashboard() -> None:
    app = TriggerDeskApp(Opening(lambda: pytest.fail("opened")))
    assert set(THEMES) == set(app.available_themes)


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in Color.parse(color).normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
