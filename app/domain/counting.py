"""Numbers of things, and shares of them, in words."""


def count(number: int, word: str) -> str:
    """`1 event`, `1,000 events`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def percent(number: float, total: float) -> str:
    """A share in whole percent; `<1 %` and `>99 %` where it would otherwise seem to be none, or all."""
    share = 100 * number / total
    if 0 < share < 1:
        return "<1 %"
    return ">99 %" if 99 < share < 100 else f"{share:.0f} %"
