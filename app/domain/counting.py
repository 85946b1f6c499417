"""Numbers of things, in words."""


def count(number: int, word: str) -> str:
    """`1 event`, `1,000 events`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
