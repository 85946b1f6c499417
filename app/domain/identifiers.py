"""Event ids as people write them: with spaces and thousands separators, or as the name of the event."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from app.domain.model import ExternalEvent
from app.domain.sanitize import HIDDEN

_AROUND = re.compile(rf"^[\s{HIDDEN}]+|[\s{HIDDEN}]+$")
# Groups of three digits after the same separator: comma, full stop, apostrophe, underscore or space of any width.
_GROUPED = re.compile(
    r"[0-9]{1,3}(?P<mark>[,.'\u2019\u02bc_ \u00a0\u2000-\u200a\u202f\u205f])[0-9]{3}(?:(?P=mark)[0-9]{3})*"
)
_BETWEEN_WORDS = re.compile(r"[\s_\-./]+")

SHOWN_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Resolved:
    """The event id; `said` is a sentence about its interpretation, None for a plain id."""

    event_id: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """No event id; `sentence` says why and names the candidates, and `events` holds the first few of them."""

    sentence: str
    events: tuple[ExternalEvent, ...] = ()


def bare(text: str) -> str:
    """The text without spaces and invisible characters around it."""
    return _AROUND.sub("", text)


def plain_id(text: str) -> str | None:
    """The digits of an id, without surrounding spaces and thousands separators; None for other text."""
    trimmed = bare(text)
    if trimmed.isascii() and trimmed.isdecimal():
        return trimmed
    found = _GROUPED.fullmatch(trimmed)
    return trimmed.replace(found["mark"], "") if found else None


def resolve_event(text: str, events: Callable[[], Iterable[ExternalEvent]]) -> Resolved | Unresolved:
    """The event that `text` means, by its id or its name.

    A name matches exactly, else without regard to case and the characters between words, else by its beginning, else by
    any part, and only if it matches one event. Calls `events` only for a name.
    """
    digits = plain_id(text)
    if digits is not None:
        return Resolved(
            digits, None if digits == text.strip() else f"{text!r} was read as event id {digits}."
        )
    if not bare(text):
        return Unresolved("The event id is missing.")
    known = list(events())
    found = _meant(bare(text), known)
    if len(found) == 1:
        return Resolved(found[0].id, f"{text!r} was read as event {_label(found[0])}.")
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
        return Unresolved(f"{text!r} may be any of {_labels(shown)}{more}. Give the id of one.", shown)
    if not known:
        return Unresolved(
            f"The event id must be digits, not {text!r}: there are no events in the cache to search by name. Refresh."
        )
    near = tuple(_similar(text, known))
    hint = f" Is it {_labels(near)}?" if near else ""
    return Unresolved(
        f"The event id must be digits, or the name of an event; {text!r} is neither.{hint}", near
    )


def _similar(text: str, known: Sequence[ExternalEvent]) -> list[ExternalEvent]:
    by_name = {_words(event.name): event for event in known}
    return [by_name[name] for name in get_close_matches(_words(text), by_name, SHOWN_CANDIDATES, 0.6)]


def _words(name: str) -> str:
    return _BETWEEN_WORDS.sub(" ", name.casefold()).strip()


def _label(event: ExternalEvent) -> str:
    return f"{event.id} ({event.name})"


def _labels(events: Iterable[ExternalEvent]) -> str:
    *others, last = [_label(event) for event in events]
    return f"{', '.join(others)} or {last}" if others else last
