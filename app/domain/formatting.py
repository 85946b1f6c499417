"""Numbers, shares and times as people write them."""

from datetime import datetime


def count(number: int, word: str) -> str:
    """`1 event`, `1,000 events`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def percent(number: float, total: float) -> str:
    """A share in whole percent; `<1%` and `>99%` instead of a rounded 0% or 100%."""
    share = 100 * number / total
    if 0 < share < 1:
        return "<1%"
    return ">99%" if 99 < share < 100 else f"{share:.0f}%"


def duration(seconds: float) -> str:
    """A rounded length of time, such as `45 seconds`, `1 minute`, `6 minutes` or `28 days`; ignores the sign."""
    length = abs(seconds)
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if length >= 2 * size or length == size:
            return count(round(length / size), unit)
    return count(round(length), "second")


def elapsed(milliseconds: float | None) -> str:
    """A duration as people write it; '' for None."""
    if milliseconds is None:
        return ""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def is_today(moment: datetime, now: datetime) -> bool:
    """Whether both moments are on the same local day."""
    return moment.astimezone().date() == now.astimezone().date()


def clock(moment: datetime, now: datetime) -> str:
    """Local time to the second if the moment is today, else day and time."""
    return f"{moment.astimezone():{'%H:%M:%S' if is_today(moment, now) else '%d %b %H:%M'}}"


def minute(moment: datetime, now: datetime) -> str:
    """Local time to the minute if the moment is today, else day and time."""
    return f"{moment.astimezone():{'%H:%M' if is_today(moment, now) else '%d %b %H:%M'}}"


def age(moment: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days ago"
