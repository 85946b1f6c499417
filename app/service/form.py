"""What the form knows before anything is sent: the reply to come, the cause of a refusal, what was sent before.

Separate from `desk`, which sends: everything here only reads.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from app.domain.model import (
    Answer,
    Attempt,
    Contact,
    Outcome,
    Reply,
    TriggerRequest,
)
from app.service.live import LiveAccount
from app.store.history import AttemptRow, SameSend

if TYPE_CHECKING:
    from app.domain.remedies import Advice
    from app.domain.rules import Verdict
    from app.service.clues import AccountClues

SHOWN_CONTACTS = 6

_OUT_OF_DATE = (
    "The reply is not the one that was predicted: what is known here of the account is out of date. Refresh."
)
_BUT_REJECTED = tuple(one for one in Outcome if one is not Outcome.REJECTED)


class Preflight(NamedTuple):
    """What is known before sending.

    `prediction` is None where the cache cannot know; `broken` lists every rule known to be broken; `contacts` are
    those the key finds, a few at most; `advice` is for the prediction, or says how to come by one. `last` is the last
    attempt to this contact, by whatever key; `second_send` an earlier one of the same event and data that was, or may
    have been, received.
    """

    prediction: Verdict | None
    broken: tuple[Verdict, ...]
    contacts: tuple[Contact, ...]
    advice: Advice | None = None
    last: AttemptRow | None = None
    second_send: AttemptRow | None = None

    @property
    def remedy(self) -> str | None:
        """The advice in words."""
        return self.advice.words if self.advice else None


class FormKnowledge:
    """What is known of the live account, and what was sent on it. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache
        self._recent = account.history.recent

    @cached_property
    def _clues(self) -> AccountClues:
        from app.service.clues import AccountClues

        return AccountClues(self._cache, self._recent)

    def check(self, request: TriggerRequest) -> Preflight:
        """What will be answered, and why, as far as the cache knows; what was sent before. Nothing leaves."""
        from app.domain.advice import advise_beforehand
        from app.domain.rules import broken_rules, predict

        prediction = predict(request, self._cache)
        contacts = self._cache.find(request.key_id, request.external_id, SHOWN_CONTACTS)
        return Preflight(
            prediction,
            broken_rules(request, self._cache),
            contacts,
            advise_beforehand(prediction, request, self._cache, self._clues),
            self._last_to(request, contacts),
            self._recent.sent(self._same_send(request, contacts)),
        )

    def advice(self, attempt: Attempt) -> Advice | None:
        """What to do about an attempt that is over, as it is known now; None where nothing needs doing."""
        if attempt.answer is None:
            return None
        from app.domain.remedies import REFRESH, Advice

        found = self.advise(attempt.answer, attempt.request)
        if not _is_stale(attempt):
            return found
        if found is None:
            return Advice(_OUT_OF_DATE, (REFRESH,))
        return replace(found, remedies=(*(one for one in found.remedies if one != REFRESH), REFRESH))

    def advise(self, answer: Answer, request: TriggerRequest) -> Advice | None:
        """What to do about an answer to a request; None where nothing needs doing."""
        from app.domain.advice import advise

        return advise(answer, request, self._cache, datetime.now(UTC), self._clues)

    # What was sent before

    def second_send(self, request: TriggerRequest) -> AttemptRow | None:
        """The attempt of which this request would be a second one; None where it would be the first.

        The same event, contact (by whatever key) and event data, in whatever order of keys: received within
        `second_send_s` of the profile or still under way; or of unknown outcome, whenever that was.
        """
        return self._recent.sent(self.same_send(request))

    def same_send(self, request: TriggerRequest, asked_about: str | None = None) -> SameSend:
        """What `second_send` asks the history for; `asked_about` is the attempt that it gave before."""
        return self._same_send(request, self._cache.find(request.key_id, request.external_id, 2), asked_about)

    def _last_to(self, request: TriggerRequest, contacts: tuple[Contact, ...]) -> AttemptRow | None:
        if not request.external_id:
            return None  # nobody is named
        account, recent = self._live.key, self._recent
        from app.domain.canonical import contact_mark

        own, *others = [contact_mark(account, *key) for key in _keys(request, contacts)]
        found = (recent.with_contact([own], Outcome), recent.with_contact(others, _BUT_REJECTED))
        return max(filter(None, found), key=lambda row: row.started_at, default=None)

    def _same_send(
        self, request: TriggerRequest, contacts: tuple[Contact, ...], asked_about: str | None = None
    ) -> SameSend:
        from app.domain.canonical import canonical_json, send_mark

        account, data = self._live.key, canonical_json(request.data)
        marks = [
            send_mark(account, replace(request, key_id=key_id, external_id=value), data)
            for key_id, value in _keys(request, contacts)
        ]
        since = datetime.now(UTC) - timedelta(seconds=self._live.profile.second_send_s)
        return SameSend(marks, since, asked_about)


def _keys(request: TriggerRequest, contacts: tuple[Contact, ...]) -> list[tuple[str, str]]:
    """The request's own key first, then every other that finds the same contact."""
    keys = {(request.key_id, request.external_id): None}
    if len(contacts) == 1:
        contact = contacts[0]
        keys |= dict.fromkeys([("id", contact.id), ("uid", contact.uid), *contact.fields.items()])
    return [key for key in keys if key[1]] or [(request.key_id, request.external_id)]


def _is_stale(attempt: Attempt) -> bool:
    """Whether the rules were found otherwise than the cache predicted; other codes say nothing about the cache."""
    from app.domain.rules import RULES

    match attempt.answer:
        case Reply(reply_code=code) if code == 0 or any(rule.code == code for rule in RULES):
            return attempt.predicted_code not in (None, code)
        case _:
            return False
