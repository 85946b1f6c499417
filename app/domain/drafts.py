"""What somebody typed and wants to find again: the form as it was left, and event data kept under a name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as it was left: every text as it was typed. `contact_id` is the contact that was chosen, '' for none."""

    event_id: str = ""
    key_id: str = ""
    external_id: str = ""
    data_text: str = ""
    contact_id: str = ""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft with the moment at which it was saved."""

    draft: Draft
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """Event data under a name, as they were typed, placeholders and all; `event_id` is what they were made for."""

    name: str
    event_id: str
    data_text: str


@dataclass(frozen=True, slots=True)
class DataChoice:
    """Event data that the form can be filled with; `name` says which, such as `last used`."""

    kind: Literal["example", "last", "template"]
    name: str
    data_text: str
