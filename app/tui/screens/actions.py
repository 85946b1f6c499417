"""What a key does, as a value: keys, footer and palette ask the same one whether it works, and why not."""

from collections.abc import Callable
from typing import NamedTuple


class Action(NamedTuple):
    """What can be done; `why_off` says why it cannot be just now, '' where it can.

    What is off is dimmed, or, where it `is_hidden` then, not shown.
    """

    do: Callable[[], object]
    why_off: Callable[[], str] = lambda: ""
    is_hidden: bool = False

    @property
    def works(self) -> bool | None:
        """As Textual wants to know it: None is shown dimmed, False not at all."""
        if not self.why_off():
            return True
        return False if self.is_hidden else None
