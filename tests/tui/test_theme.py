"""Our themes can be read: words stand out from every ground they stand on, marks from what is around them."""

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from app.settings.config import THEMES
from app.tui.app import TriggerDeskApp
from app.tui.theme import HIGH_CONTRAST, OWN, own_tokens
from tests.profiles import Opening

WORDS = (
    "foreground", "primary", "accent", "quiet", "text-warning", "text-error",
    "outcome-sending", "outcome-accepted", "outcome-partial", "outcome-rejected", "outcome-not-sent",
    "outcome-unknown", "account-sandbox", "account-local", "account-real",
)  # fmt: skip
GROUNDS = ("background", "surface", "panel")
READABLE, SEEN = 4.5, 3.0
"""The contrasts that WCAG 2 asks of text and of marks."""

HUES = ("outcome-accepted", "outcome-rejected", "outcome-unknown", "outcome-partial")
ours = pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)


def tokens_of(theme: Theme) -> dict[str, str]:
    colors = theme.to_color_system().generate()
    return {**colors, **own_tokens(colors), **theme.variables}


@ours
def test_words_and_marks_stand_out_from_their_ground(theme: Theme) -> None:
    tokens = tokens_of(theme)
    pairs = {(word, ground): READABLE for word in WORDS for ground in GROUNDS}
    pairs |= {("button-text", "button"): READABLE, ("background", "accent"): READABLE}
    pairs |= {(mark, "surface"): SEEN for mark in ("border", "button", "primary", "accent")}
    faint = {
        f"{one} on {other}": round(_contrast(tokens[one], tokens[other]), 2)
        for (one, other), least in pairs.items()
        if _contrast(tokens[one], tokens[other]) < least
    }
    assert not faint


def test_the_hues_of_high_contrast_stay_apart_in_sixteen_colours() -> None:
    tokens = tokens_of(HIGH_CONTRAST)
    numbers = [RichColor.parse(tokens[hue]).downgrade(ColorSystem.STANDARD).number for hue in HUES]
    assert numbers == [10, 9, 11, 14]  # bright green, red, yellow and cyan


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
