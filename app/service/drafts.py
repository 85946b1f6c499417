"""Drafts, templates and examples of event data, and their placeholders."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from app.domain.event_data import EventDataError, Filled, fill_placeholders, parse_event_data, placeholders_in
from app.domain.json_text import written
from app.domain.model import (
    NO_EXTRAS,
    Attempt,
    DataChoice,
    Draft,
    Extras,
    JsonObject,
    Template,
    TriggerRequest,
)
from app.service.live import LiveAccount


class Drafts:
    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache
        self._notes = account.notes
        self.drop_template = account.notes.drop_template
        self.last_data = partial(account.history.recent.data, account.key)
        self.last_key = partial(account.history.recent.key, account.key)
        self.draft = partial(account.notes.draft, account.profile.name)
        self.drop_draft = partial(account.notes.drop_draft, account.profile.name)

    def fill(self, request: TriggerRequest) -> Filled:
        """The event data of a request with its placeholders filled from the contact that the key finds."""
        if not placeholders_in(request.data):
            return Filled(request.data)
        found = self._cache.contacts.find(request.key_id, request.external_id, 2)
        why = "several contacts share the value" if found else "this contact is not in the local list"
        return fill_placeholders(
            request.data,
            found[0] if len(found) == 1 else None,
            self._cache.event_name(request.event_id),
            self._cache,
            why,
        )

    def example(self, event_id: str) -> JsonObject | None:
        return self._live.examples().get(event_id)

    def data_choices(self, event_id: str) -> tuple[DataChoice, ...]:
        """Its example, the last data sent, then the templates: those for this event, for any event, for others."""
        found = []
        if (example := self.example(event_id)) is not None:
            found.append(DataChoice("example", "example", written(example)))
        if (last := self.last_data(event_id)) is not None:
            found.append(DataChoice("last", "last used", self._typed_for(event_id, last) or written(last)))
        templates = sorted(
            self._notes.templates(), key=lambda one: (one.event_id != event_id, one.event_id != "")
        )
        found += [DataChoice("template", one.name, one.data_text, one.extras) for one in templates]
        return tuple(found)

    def keep_typed(self, attempt: Attempt, data_text: str) -> None:
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

    def save_template(
        self, name: str, data_text: str, event_id: str = "", extras: Extras = NO_EXTRAS
    ) -> None:
        self._notes.save_template(Template(name, event_id, data_text, extras))

    def save_draft(self, draft: Draft) -> None:
        self._notes.save_draft(self._live.profile.name, draft, datetime.now(UTC))
