"""Numbers of things, shares of them, and spans of time, in words."""


def count(number: int, word: str) -> str:
    """`1 event`, `1,000 events`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def percent(number: float, total: float) -> str:
    """A share in whole percent; `<1%` and `>99%` where it would otherwise seem to be none, or all."""
    share = 100 * number / total
    if 0 < share < 1:
        return "<1%"
    return ">99%" if 99 < share < 100 else f"{share:.0f}%"


def span(seconds: int) -> str:
    """A span of time in its largest unit: `1 minute`, `12 hours`, `28 days`."""
    size, unit = next(
        (size, unit) for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")) if seconds >= size
    )
    return count(seconds // size, unit)
