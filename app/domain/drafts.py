"""The saved form, and event data saved under a name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.model import NO_EXTRAS, Extras


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts of the form as typed. `contact_id` is the chosen contact, '' for none."""

    event_id: str = ""
    key_id: str = ""
    external_id: str = ""
    data_text: str = ""
    contact_id: str = ""
    extras: Extras = NO_EXTRAS


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
    extras: Extras = NO_EXTRAS


@dataclass(frozen=True, slots=True)
class DataChoice:
    """What to insert into the form; `name` describes it, such as `last used`.

    Event data, with the extras of a template; or one of the extras, whose present value is `data_text`.
    """

    kind: Literal["example", "last", "template", "event time", "attachment", "no extras"]
    name: str
    data_text: str
    extras: Extras = NO_EXTRAS
