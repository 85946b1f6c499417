"""The warning of a second send, in the same words on the screen and on the command line."""

from datetime import datetime

from app.domain.formatting import duration
from app.domain.model import Outcome
from app.domain.outcome import LABEL
from app.domain.short_id import short_id
from app.store.attempts import AttemptRow


def second_send_words(earlier: AttemptRow, now: datetime) -> str:
    """That the same was sent before: how long ago, with which outcome, and the reference by which to find it."""
    seconds = int((now - earlier.started_at).total_seconds())
    return sent_before(earlier, f"{duration(seconds)} ago" if seconds > 0 else "just now")


def sent_before(earlier: AttemptRow, when: str) -> str:
    """The same, with words of one's own for the time."""
    said = f"The same event and data went to this contact {when} (attempt {short_id(earlier.attempt_id)})"
    match earlier.outcome:
        case Outcome.UNKNOWN if earlier.arrived:
            return f"{said}; its outcome was unknown, and it was settled that it arrived."
        case Outcome.UNKNOWN:
            return f"{said}, and its outcome is unknown: it may have been received."
        case Outcome.SENDING:
            return f"{said}, and it is still under way."
        case outcome:
            return f"{said}, and it was {LABEL[outcome][1]}."
