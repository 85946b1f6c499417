"""The saved form, and event data saved under a name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts of the form as typed. `contact_id` is the chosen contact, '' for none."""

    event_id: str = ""
    key_id: str = ""
    external_id: str = ""
    data_text: str = ""
    contact_id: str = ""


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft and when it was saved."""

    draft: Draft
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """Event data as typed, with its placeholders, under a name; `event_id` is the event it was typed for."""

    name: str
    event_id: str
    data_text: str


@dataclass(frozen=True, slots=True)
class DataChoice:
    """Event data to insert into the form; `name` describes it, such as `last used`."""

    kind: Literal["example", "last", "template"]
    name: str
    data_text: str
