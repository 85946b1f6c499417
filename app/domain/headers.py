"""Clock skew and rate limit from the headers of a rejection; invalid headers count as absent."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.domain.model import Reply

MAX_WAIT_S = 3600
_NONSENSE_S = 86_400


def clock_skew_s(date_header: str | None, now: datetime) -> float | None:
    """Seconds that the clock of the service is ahead of `now` (negative: behind); None without a valid Date."""
    told = _http_date(date_header)
    return (told - now).total_seconds() if told else None


def retry_after_s(reply: Reply, now: datetime) -> int | None:
    """Seconds until the rate limit resets, 0 to 3600; None without valid headers.

    Retry-After (seconds or a date) takes precedence over X-RateLimit-Reset (Unix seconds). Times are compared with the
    Date of the reply, so that a wrong clock on this machine does no harm.
    """
    here = _http_date(reply.date) or now
    seconds = _whole(reply.retry_after)
    if seconds is None:
        until = _http_date(reply.retry_after) or _unix_time(reply.limit_reset)
        seconds = round((until - here).total_seconds()) if until else None
    if seconds is None or abs(seconds) > _NONSENSE_S:
        return None
    return max(0, min(seconds, MAX_WAIT_S))


def _http_date(text: str | None) -> datetime | None:
    try:
        told = parsedate_to_datetime(text or "")
        # The offset of a time zone can push a date beyond the calendar.
        return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unix_time(text: str | None) -> datetime | None:
    seconds = _whole(text)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _whole(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 16 else None
