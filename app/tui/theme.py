"""The dark and the light theme, and the colour tokens of this program.

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
        "border": "#7fa7d9",
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
        "border": "#2c5f9e",
        "border-blurred": "#c9c4b6",
        "footer-background": "#f4f2ec",
        "quiet": "#5c636d",
        "outcome-accepted": "#1f6b37",
        "outcome-rejected": "#a3262f",
        "outcome-unknown": "#7d5100",
        "account-sandbox": "#1f6b37",
        "account-real": "#a3262f",
    },
)


def own_tokens(colors: dict[str, str]) -> dict[str, str]:
    """The tokens of this program, derived from the colours of any theme; a theme may override each."""
    foreground, surface = Color.parse(colors["foreground"]), Color.parse(colors["surface"])
    return {
        "quiet": foreground.blend(surface, 0.4).hex,
        "faint": foreground.blend(surface, 0.8).hex,
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
