"""The themes, and the colour tokens of this program.

Style sheets use tokens only. Every state has a word or a symbol beside its colour.
"""

from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="triggerdesk-dark",
    primary="#7fa7d9",
    secondary="#5d7ea8",
    accent="#e3b872",
    success="#86c794",
    warning="#e6b566",
    error="#ea8585",
    foreground="#d6dce6",
    background="#10141a",
    surface="#151a22",
    panel="#1e2530",
    dark=True,
    variables={
        "border-blurred": "#2f3947",
        "footer-background": "#10141a",
        "outcome-accepted": "#8fd09d",
        "outcome-rejected": "#ef8f8f",
        "outcome-unknown": "#ecbd70",
        "account-sandbox": "#8fd09d",
        "account-real": "#ff8a8a",
    },
)

LIGHT = Theme(
    name="triggerdesk-light",
    primary="#2c5f9e",
    secondary="#55779f",
    accent="#8a5a00",
    success="#23703b",
    warning="#8a5a00",
    error="#ad2f3b",
    foreground="#262c35",
    background="#f4f2ec",
    surface="#fbfaf6",
    panel="#e8e5dc",
    dark=False,
    variables={
        "border-blurred": "#c9c4b6",
        "footer-background": "#f4f2ec",
        "button": "#6b8fbd",
        "button-text": "#000000",
        "quiet": "#5c636d",
        "outcome-accepted": "#1f6b37",
        "outcome-rejected": "#a3262f",
        "outcome-unknown": "#7d5100",
        "account-sandbox": "#1f6b37",
        "account-real": "#a3262f",
    },
)

HIGH_CONTRAST = Theme(
    name="triggerdesk-high-contrast",
    primary="#66d9ff",
    secondary="#55ffff",
    accent="#ffff55",
    success="#55ff55",
    warning="#ffff55",
    error="#ff8080",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#333333",
    dark=True,
    variables={
        "border": "#55ffff",
        "border-blurred": "#aaaaaa",
        "footer-background": "#000000",
        "button": "#66d9ff",
        "button-text": "#000000",
        "quiet": "#c8c8c8",
        "outcome-partial": "#55ffff",
        "outcome-rejected": "#ff8080",
    },
)
"""Each of its colours is near one of the sixteen of a terminal that has no more."""

OKABE_ITO = Theme(
    name="triggerdesk-okabe-ito",
    primary="#56b4e9",
    secondary="#0072b2",
    accent="#f0e442",
    success="#56b4e9",
    warning="#f0e442",
    error="#e69f00",
    foreground="#e6e6e6",
    background="#121212",
    surface="#181818",
    panel="#232323",
    dark=True,
    variables={
        "border-blurred": "#3a3a3a",
        "footer-background": "#121212",
        "outcome-accepted": "#56b4e9",
        "outcome-partial": "#1fb98b",
        "outcome-rejected": "#e69f00",
        "outcome-unknown": "#f0e442",
        "outcome-not-sent": "#d68fb7",
        "account-local": "#1fb98b",
    },
)
"""The colours of Okabe and Ito, which people who see fewer hues can tell apart."""

OWN = (DARK, LIGHT, HIGH_CONTRAST, OKABE_ITO)


def own_tokens(colors: dict[str, str]) -> dict[str, str]:
    """The tokens of this program, derived from the colours of any theme; a theme may override each."""
    foreground, surface = Color.parse(colors["foreground"]), Color.parse(colors["surface"])
    button = surface.blend(Color.parse(colors["primary"]), 0.6)
    return {
        "quiet": foreground.blend(surface, 0.4).hex,
        "faint": foreground.blend(surface, 0.8).hex,
        "button": button.hex,
        "button-text": button.get_contrast_text(1).hex,
        "outcome-sending": colors["text-primary"],
        "outcome-accepted": colors["text-success"],
        "outcome-partial": colors["text-warning"],
        "outcome-rejected": colors["text-error"],
        "outcome-not-sent": colors["text-primary"],
        "outcome-unknown": colors["text-warning"],
        "account-sandbox": colors["text-success"],
        "account-local": colors["text-primary"],
        "account-real": colors["text-error"],
    }
