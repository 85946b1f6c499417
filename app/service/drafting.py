"""What is typed: event data with their placeholders, templates and examples, and the draft that survives the process.

Separate from `form` because none of it is about what will be replied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.model import JsonObject, TriggerRequest
from app.service.keeping import AccountKeeping, Forgetting
from app.settings import Profile
from app.store.cache import Cache
from app.store.history import History
from app.store.notes import Notes

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.domain.drafts import DataChoice, Draft, SavedDraft
    from app.domain.placeholders import Filled


class Drafting(AccountKeeping):
    """What was typed at one account, beside what the account has. Raises StoreError."""

    def __init__(
        self,
        profile: Profile,
        cache: Cache,
        history: History,
        open_client: Callable[[], ApiClient],
        *,
        source: str | None,
        examples: Callable[[], Mapping[str, JsonObject]],
    ) -> None:
        super().__init__(profile, cache, history, open_client, source)
        self._examples = examples
        self._notes = Notes(cache.path.with_name("desk.db"))

    async def close(self) -> None:
        """Closes the connections and the databases."""
        self._notes.close()
        await super().close()

    def forget(self, forgetting: Forgetting) -> int:
        """The same as before, and drafts and templates that name the person go too."""
        self._notes.forget(forgetting.named)
        return super().forget(forgetting)

    def last_data(self, event_id: str) -> JsonObject | None:
        """The event data that this event was last sent with; None where there were none."""
        return self._history.recent.data(self.profile.account_key, event_id)

    def fill(self, request: TriggerRequest) -> Filled:
        """The event data of a request, its placeholders filled from the contact that its key finds."""
        from app.domain.placeholders import Filled, fill_placeholders, placeholders_in

        if not placeholders_in(request.data):
            return Filled(request.data)
        found = self._cache.find(request.key_id, request.external_id, 2)
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
        return self._examples().get(event_id)

    def data_choices(self, event_id: str) -> tuple[DataChoice, ...]:
        """What the event data of an event can be filled with: its example, what was last sent, then the templates.

        Templates that were made for this event come first, then those for any, then those for others.
        """
        from app.domain.drafts import DataChoice

        found = []
        if (example := self.example(event_id)) is not None:
            found.append(DataChoice("example", "example", _text(example)))
        if (last := self.last_data(event_id)) is not None:
            found.append(DataChoice("last", "last used", _text(last)))
        templates = sorted(
            self._notes.templates(), key=lambda one: (one.event_id != event_id, one.event_id != "")
        )
        found += [DataChoice("template", one.name, one.data_text) for one in templates]
        return tuple(found)

    def save_template(self, name: str, data_text: str, event_id: str = "") -> None:
        """Keeps event data as they were typed under a name, in place of what was kept under it."""
        from app.domain.drafts import Template

        self._notes.save_template(Template(name, event_id, data_text))

    def drop_template(self, name: str) -> bool:
        """Deletes a template; whether there was one."""
        return self._notes.drop_template(name)

    # The draft

    def save_draft(self, draft: Draft) -> None:
        """Keeps what is typed, so that it is there after the process has ended in whatever way. About 0.1 ms."""
        self._notes.save_draft(self.profile.name, draft, datetime.now(UTC))

    def draft(self) -> SavedDraft | None:
        """What was typed last with this profile; None where nothing was kept."""
        return self._notes.draft(self.profile.name)

    def drop_draft(self) -> None:
        """Forgets what was typed."""
        self._notes.drop_draft(self.profile.name)


def _text(data: JsonObject) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
