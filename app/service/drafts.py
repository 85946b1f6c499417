"""What is typed: event data with their placeholders, templates and examples, and the draft that survives the process.

Separate from `form` because none of it is about what will be replied.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

from app.domain.drafts import DataChoice, Draft, SavedDraft, Template
from app.domain.event_data import EventDataError, parse_event_data
from app.domain.model import Attempt, JsonObject, TriggerRequest
from app.domain.placeholders import Filled, fill_placeholders, placeholders_in
from app.service.live import LiveAccount


class Drafts:
    """What was typed at the live account, and what can be typed there. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache
        self._notes = account.notes

    def last_data(self, event_id: str) -> JsonObject | None:
        """The event data that this event was last sent with; None where there were none."""
        return self._live.history.recent.data(self._live.key, event_id)

    def last_key(self, event_id: str) -> str | None:
        """The key field that this event was last sent with; None where it never was."""
        return self._live.history.recent.key(self._live.key, event_id)

    def fill(self, request: TriggerRequest) -> Filled:
        """The event data of a request, its placeholders filled from the contact that its key finds."""
        if not placeholders_in(request.data):
            return Filled(request.data)
        found = self._cache.contacts.find(request.key_id, request.external_id, 2)
        why = "several contacts share the value" if found else "no contact is known here by this value"
        return fill_placeholders(
            request.data,
            found[0] if len(found) == 1 else None,
            self._cache.event_name(request.event_id),
            self._cache,
            why,
        )

    def example(self, event_id: str) -> JsonObject | None:
        """The event data that the account folder gives as an example; None where it gives none."""
        return self._live.examples().get(event_id)

    def data_choices(self, event_id: str) -> tuple[DataChoice, ...]:
        """What the event data of an event can be filled with: its example, what was last sent, then the templates.

        What was last sent is given as it was typed, with its placeholders, where that is known.
        Templates that were made for this event come first, then those for any, then those for others.
        """
        found = []
        if (example := self.example(event_id)) is not None:
            found.append(DataChoice("example", "example", _text(example)))
        if (last := self.last_data(event_id)) is not None:
            found.append(DataChoice("last", "last used", self._typed_for(event_id, last) or _text(last)))
        templates = sorted(
            self._notes.templates(), key=lambda one: (one.event_id != event_id, one.event_id != "")
        )
        found += [DataChoice("template", one.name, one.data_text) for one in templates]
        return tuple(found)

    def keep_typed(self, attempt: Attempt, data_text: str) -> None:
        """Keeps event data as they were typed for an attempt, where it was sent with their placeholders filled."""

        request = attempt.request
        try:
            typed = parse_event_data(data_text)
        except EventDataError:
            return
        if placeholders_in(typed) and self.fill(replace(request, data=typed)).data == request.data:
            self._notes.save_typed(request.event_id, attempt.attempt_id, data_text)

    def _typed_for(self, event_id: str, sent: JsonObject) -> str | None:
        kept = self._notes.typed(event_id)
        attempt = kept and self._live.history.get(kept[0])
        return kept[1] if kept and attempt and attempt.request.data == sent else None

    def save_template(self, name: str, data_text: str, event_id: str = "") -> None:
        """Keeps event data as they were typed under a name, in place of what was kept under it."""
        self._notes.save_template(Template(name, event_id, data_text))

    def drop_template(self, name: str) -> bool:
        """Deletes a template; whether there was one."""
        return self._notes.drop_template(name)

    # The draft

    def save_draft(self, draft: Draft) -> None:
        """Keeps what is typed, so that it is there after the process has ended in whatever way. About 0.1 ms."""
        self._notes.save_draft(self._live.profile.name, draft, datetime.now(UTC))

    def draft(self) -> SavedDraft | None:
        """What was typed last with this profile; None where nothing was kept."""
        return self._notes.draft(self._live.profile.name)

    def drop_draft(self) -> None:
        """Forgets what was typed."""
        self._notes.drop_draft(self._live.profile.name)


def _text(data: JsonObject) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
