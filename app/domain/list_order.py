"""In which order a list of events or contacts is wanted."""

from typing import NamedTuple


class ListOrder(NamedTuple):
    """By which column, and which way; what has no value in it stands last either way.

    Ids in numeric order, texts with ASCII case ignored; equal ones by id, the same way.
    """

    column: str
    descending: bool = False
