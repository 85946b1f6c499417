"""Event ids as people give them: with spaces and thousands marks, or the event's name where its id belongs.

Separate from the rules because those judge what is sent; here it is found out what was meant, and said.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.domain.model import ExternalEvent

# Blanks that `strip` knows, and the invisible characters that come along with copied text.
_AROUND = re.compile(r"^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$")
# Groups of three after one and the same mark: comma, full stop, apostrophes, underscore, blanks of every width.
_GROUPED = re.compile(
    r"[0-9]{1,3}(?P<mark>[,.'\u2019\u02bc_ \u00a0\u2000-\u200a\u202f\u205f])[0-9]{3}(?:(?P=mark)[0-9]{3})*"
)
_BETWEEN_WORDS = re.compile(r"[\s_\-./]+")

SHOWN_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Resolved:
    """The event id that was meant; `said` is the sentence that says so, None where it stood there plainly."""

    event_id: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """No event id can be told; `sentence` says why and names the candidates, which are `events`, a few at most."""

    sentence: str
    events: tuple[ExternalEvent, ...] = ()


def bare(text: str) -> str:
    """The text without the blanks and invisible characters around it."""
    return _AROUND.sub("", text)


def said_around(text: str) -> str:
    """How many blanks and invisible characters are around the text, and where; '' where there are none."""
    trimmed = bare(text)
    if trimmed == text:
        return ""
    if not trimmed:
        return f"nothing but {_counted(text)}"
    start = text.index(trimmed)
    before, after = text[:start], text[start + len(trimmed) :]
    parts = [(before, "before it"), (after, "after it")]
    return " and ".join(f"{_counted(found)} {where}" for found, where in parts if found)


def _counted(found: str) -> str:
    what = "space" if set(found) == {" "} else "invisible character"
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"


def plain_id(text: str) -> str | None:
    """The digits of an id that was written with blanks around it or thousands marks in it; None for anything else."""
    trimmed = bare(text)
    if trimmed.isascii() and trimmed.isdecimal():
        return trimmed
    found = _GROUPED.fullmatch(trimmed)
    return trimmed.replace(found["mark"], "") if found else None


def resolve_event(text: str, events: Callable[[], Iterable[ExternalEvent]]) -> Resolved | Unresolved:
    """The event that `text` means, by its id or its name.

    A name counts when it is exact, else when it is the only one that is the same but for case and the marks between
    words, else the only one that begins so, else the only one that contains it. `events` is asked only for a name.
    """
    digits = plain_id(text)
    if digits is not None:
        return Resolved(
            digits, None if digits == text.strip() else f"{text!r} was taken for the event id {digits}."
        )
    if not bare(text):
        return Unresolved("The event id is missing.")
    known = list(events())
    found = _meant(bare(text), known)
    if len(found) == 1:
        return Resolved(found[0].id, f"{text!r} was taken for event {_label(found[0])}.")
    return _unresolved(text, found, known)


def _meant(text: str, known: Sequence[ExternalEvent]) -> list[ExternalEvent]:
    exact = [event for event in known if event.name == text]
    if exact:
        return exact
    wanted = _words(text)
    if not wanted:
        return []
    names = [(_words(event.name), event) for event in known]
    tests: tuple[Callable[[str], bool], ...] = (
        lambda name: name == wanted,
        lambda name: name.startswith(wanted),
        lambda name: wanted in name,
    )
    return next(filter(None, ([event for name, event in names if fits(name)] for fits in tests)), [])


def _unresolved(text: str, found: Sequence[ExternalEvent], known: Sequence[ExternalEvent]) -> Unresolved:
    if found:
        shown = tuple(found[:SHOWN_CANDIDATES])
        more = " and more" if len(found) > SHOWN_CANDIDATES else ""
        return Unresolved(f"{text!r} may be any of {_labels(shown)}{more}: give the id of one.", shown)
    if not known:
        return Unresolved(
            f"The event id must be digits, not {text!r}: the cache holds no events by whose names it could be found."
        )
    near = tuple(_similar(text, known))
    hint = f" Is it {_labels(near)}?" if near else ""
    return Unresolved(
        f"The event id must be digits, or the name of an event; {text!r} is neither.{hint}", near
    )


def _similar(text: str, known: Sequence[ExternalEvent]) -> list[ExternalEvent]:
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelt name is worth its weight

    by_name = {_words(event.name): event for event in known}
    return [by_name[name] for name in get_close_matches(_words(text), by_name, SHOWN_CANDIDATES, 0.6)]


def _words(name: str) -> str:
    return _BETWEEN_WORDS.sub(" ", name.casefold()).strip()


def _label(event: ExternalEvent) -> str:
    return f"{event.id} ({event.name})"


def _labels(events: Iterable[ExternalEvent]) -> str:
    *others, last = [_label(event) for event in events]
    return f"{', '.join(others)} or {last}" if others else last
