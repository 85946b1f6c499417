"""The sentences about an earlier send of the same request, for the screen and the command line."""

from datetime import datetime

from app.domain.formatting import duration
from app.domain.model import Outcome
from app.domain.outcome import LABEL
from app.domain.sanitize import sanitize
from app.domain.short_id import short_id
from app.store.attempts import AttemptRow


def second_send_words(earlier: AttemptRow, now: datetime) -> str:
    """`You sent this 5 seconds ago (accepted, K7M-2QXT).` A colleague's name stands for You, and triggered for sent."""
    who = f"{sanitize(earlier.member)} triggered" if earlier.member else "You sent"
    return f"{who} this {_ago(earlier, now)} {_how_it_went(earlier)}"


def other_data_words(earlier: AttemptRow, now: datetime) -> str:
    """The line about a colleague's send of the same event with other data."""
    who, ago = sanitize(earlier.member), _ago(earlier, now)
    return f"{who} triggered this event for this contact {ago} with other data {_how_it_went(earlier)}"


def already_sent_words(earlier: AttemptRow, at: str) -> str:
    """`Already sent to this contact at 23:10 with the same data (accepted, K7M-2QXT).`"""
    return f"Already sent to this contact {at} with the same data {_how_it_went(earlier)}"


def _ago(earlier: AttemptRow, now: datetime) -> str:
    seconds = int((now - earlier.started_at).total_seconds())
    return f"{duration(seconds)} ago" if seconds > 0 else "just now"


def _how_it_went(earlier: AttemptRow) -> str:
    reference = short_id(earlier.attempt_id)
    match earlier.outcome:
        case Outcome.UNKNOWN if earlier.arrived:
            return f"(unknown, marked arrived, {reference})."
        case Outcome.UNKNOWN:
            return f"(unknown, {reference}). It may have arrived."
        case Outcome.SENDING:
            return f"(still being sent, {reference})."
        case outcome:
            return f"({LABEL[outcome][1]}, {reference})."
