"""Checks before sending: the predicted reply, the cause of a rejection, earlier sends. Nothing here sends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Event
from typing import NamedTuple

from app.domain.diagnosis import (
    LOOK_UP,
    REFRESH,
    Clues,
    Diagnosis,
    FieldMatch,
    FormPatch,
    QuickFix,
    diagnose,
    diagnose_before,
    nearly_right,
)
from app.domain.model import Answer, Attempt, Contact, ExternalEvent, Outcome, Reply, TriggerRequest
from app.domain.recipient import (
    COUNTED,
    DataUse,
    Recipient,
    canonical_json,
    contact_fingerprint,
    data_use_after,
    request_fingerprint,
)
from app.domain.rules import RULES, Verdict, broken_rules, predict
from app.service.live import LiveAccount
from app.store.attempts import AttemptRow, RecentAttempts, SameSend
from app.store.cache_file import opened
from app.store.catalog import Cache
from app.store.contacts import ContactTable

SHOWN_CONTACTS = 6

_OUT_OF_DATE = "The reply is not the predicted one: the local list is out of date. Refresh it."
_NOBODY = (2008, 2012)
_REACHED_NOBODY = (Outcome.REJECTED, Outcome.NOT_SENT)
_BUT_REJECTED = tuple(one for one in Outcome if one is not Outcome.REJECTED)


class Preflight(NamedTuple):
    """The result of the checks.

    `prediction` is None if the cache cannot tell. `broken` lists every rule known to be broken. `recipient`
    holds the contacts that the key finds. `advice` is about the prediction, or how to get one. `last` is the
    last attempt to this contact, by any key. `second_send` is an earlier attempt with the same event and data
    that was, or may have been, received. `data_use` says for which contact the event data is, `same_data` for
    which other contact it was used. `example_data` says whether it is an example, outside the sandbox. `colleague`
    is an attempt of another member of the team to ask about, which the checks do not find themselves.
    """

    prediction: Verdict | None
    broken: tuple[Verdict, ...]
    recipient: Recipient = Recipient()
    advice: Diagnosis | None = None
    last: AttemptRow | None = None
    second_send: AttemptRow | None = None
    data_use: DataUse | None = None
    same_data: DataUse | None = None
    example_data: bool = False
    colleague: AttemptRow | None = None

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return self.recipient.contacts

    @property
    def remedy(self) -> str | None:
        return self.advice.words if self.advice else None

    @property
    def is_unexplained(self) -> bool:
        is_unknown = self.prediction is None or self.prediction.code in _NOBODY
        fixes = self.advice.remedies if self.advice else None
        return is_unknown and not self.contacts and fixes in ((), (LOOK_UP,))


class AccountClues(Clues):
    def __init__(self, cache: Cache, recent: RecentAttempts, user: str) -> None:
        self.user = user
        self._cache = cache
        self._recent = recent

    def holders(self, value: str) -> Sequence[FieldMatch]:
        return self._cache.contacts.holders(value, self._cache.fields())

    def variants(self, key_id: str, value: str) -> Sequence[str]:
        return self._cache.contacts.variants(key_id, value)

    def fields_called(self, name: str) -> Sequence[str]:
        wanted = name.strip().casefold()
        return [
            field.id
            for field in self._cache.fields()
            if wanted and wanted in (field.name.casefold(), field.string_id.casefold())
        ]

    def events_called(self, name: str) -> Sequence[ExternalEvent]:
        wanted = name.strip().casefold()
        return [
            event for event in self._cache.list_events(name.strip(), 0) if event.name.casefold() == wanted
        ]

    def name_elsewhere(self, event_id: str) -> str | None:
        return self._recent.name_elsewhere(event_id)


class PreflightChecks:
    """Checks requests against the cache and the history of the live account. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._live = account
        self._cache = account.cache
        self._recent = account.history.recent
        self._clues = AccountClues(account.cache, account.history.recent, account.profile.user_word)

    def recipient(self, request: TriggerRequest) -> Recipient:
        key = request.key_id, request.external_id
        contacts = self._cache.contacts.find(*key, SHOWN_CONTACTS)
        is_all = len(contacts) < SHOWN_CONTACTS
        total = len(contacts) if is_all else self._cache.contacts.count(*key, COUNTED)
        return Recipient(contacts, total, self._cache.matches(*key).complete)

    def key_for(self, contact: Contact, key_id: str) -> str:
        """A key field that finds only this contact: `key_id`, or `id` if others share its value."""
        found = self._cache.contacts.find(key_id, contact.value(key_id), 2)
        return key_id if all(one.id == contact.id for one in found) else "id"

    def check(self, request: TriggerRequest, chosen: str = "", used: DataUse | None = None) -> Preflight:
        """Predicts the reply from the cache, and finds earlier sends. Nothing leaves this machine.

        `chosen` is the id of the contact that the user picked; `used` is the `data_use` of the last check.
        """
        prediction = predict(request, self._cache)
        found = self.recipient(request)
        data = canonical_json(request.data)
        external_id = request.external_id if found.reachable else ""
        # An attachment for one customer must reach another as little as event data.
        carried = data + "".join(f"{one.filename}\n{one.size}" for one in request.extras.attachments)
        now = DataUse(carried, request.key_id, external_id, found.only, datetime.now(UTC))
        used = data_use_after(used, now, chosen)
        is_example = bool(data) and data in self._examples
        return Preflight(
            prediction,
            broken_rules(request, self._cache),
            found,
            self._for(request, diagnose_before(prediction, request, self._cache, self._clues), chosen),
            self._last_to(request, found.contacts),
            self._recent.sent(self.same_send(request, contacts=found.contacts)),
            used,
            None if is_example else self._same_data(request, data, carried, found, used),
            is_example and not self._live.profile.is_sandbox,
        )

    def _for(self, request: TriggerRequest, advice: Diagnosis | None, chosen: str) -> Diagnosis | None:
        """The advice with the contact that each fix leads to; a fix for the picked contact comes first."""
        if advice is None:
            return None
        remedies = list(advice.remedies)
        contact = self._cache.contacts.get(chosen) if chosen else None
        if contact is not None and self._goes_by_id(request, contact):
            own = FormPatch(key_id="id", external_id=contact.id)
            remedies = [one for one in remedies if one.change != own]
            remedies.insert(0, QuickFix(f"use contact id {contact.id}", own))
        return advice._replace(remedies=tuple(self._with_contact(request, one) for one in remedies))

    def _goes_by_id(self, request: TriggerRequest, contact: Contact) -> bool:
        """Whether the request is for this contact, who has no value of the key field or shares it."""
        value = contact.value(request.key_id)
        if not value:
            return not request.external_id
        sharing = self._cache.contacts.find(request.key_id, request.external_id, 2)
        return len(sharing) > 1 and self._cache.contacts.find(request.key_id, value, 2) == sharing

    def _with_contact(self, request: TriggerRequest, remedy: QuickFix) -> QuickFix:
        change = remedy.change
        if not isinstance(change, FormPatch) or (change.key_id is None and change.external_id is None):
            return remedy
        return remedy._replace(contact=self.recipient(change.applied(request)).only)

    def nearly_right(self, request: TriggerRequest, stop: Event | None = None) -> Contact | None:
        """The one contact with nearly this value, for workers. Raises StoppedError once `stop` is set."""
        with opened(self._cache.path, stop) as file:
            return ContactTable(file).nearly(request.key_id, request.external_id)

    def explained(self, request: TriggerRequest, known: Preflight, contact: Contact | None) -> Preflight:
        if contact is None or known.advice is None:
            return known
        advice = nearly_right(request, contact, self._cache)
        return known._replace(advice=advice._replace(remedies=advice.remedies + known.advice.remedies))

    def check_thoroughly(self, request: TriggerRequest) -> Preflight:
        """The checks, with a search for nearly the same value, which may take a second."""
        known = self.check(request)
        return self.explained(request, known, self.nearly_right(request)) if known.is_unexplained else known

    def doubt(self, request: TriggerRequest) -> str | None:
        """What the account's reply will not say about the external id; None if nothing is doubtful."""
        known = self.check(request)
        is_new = known.prediction is None
        if known.is_unexplained and not is_new:
            contact = self.nearly_right(request)
            known, is_new = self.explained(request, known, contact), contact is not None
        fixes = known.advice.remedies if known.advice and is_new else ()
        return known.remedy if any(isinstance(one.change, FormPatch) for one in fixes) else None

    def advice(self, attempt: Attempt, chosen: str = "") -> Diagnosis | None:
        """The advice on a finished attempt, as of now; None if there is nothing to do."""
        if attempt.answer is None:
            return None
        request = attempt.request
        found = self._for(request, self.diagnose(attempt.answer, request), chosen)
        if not _is_stale(attempt):
            return found
        if found is None:
            return Diagnosis(_OUT_OF_DATE, (REFRESH,))
        return found._replace(remedies=(*(one for one in found.remedies if one != REFRESH), REFRESH))

    def diagnose(self, answer: Answer, request: TriggerRequest) -> Diagnosis | None:
        return diagnose(answer, request, self._cache, datetime.now(UTC), self._clues)

    # Earlier sends

    def second_send(self, request: TriggerRequest) -> AttemptRow | None:
        return self._recent.sent(self.same_send(request))

    def same_send(
        self,
        request: TriggerRequest,
        asked_about: str | None = None,
        contacts: tuple[Contact, ...] | None = None,
    ) -> SameSend:
        """The search for an earlier attempt; `contacts` are those that the key finds, if they are known already."""
        if contacts is None:
            contacts = self._cache.contacts.find(request.key_id, request.external_id, 2)
        account, data = self._live.key, canonical_json(request.data)
        keys = _keys(request, contacts)
        requests = [replace(request, key_id=key_id, external_id=value) for key_id, value in keys]
        return SameSend(
            [contact_fingerprint(account, *key) for key in keys],
            [request_fingerprint(account, one, data) for one in requests],
            datetime.now(UTC) - timedelta(seconds=self._live.profile.second_send_s),
            asked_about,
        )

    def _last_to(self, request: TriggerRequest, contacts: tuple[Contact, ...]) -> AttemptRow | None:
        if not request.external_id:
            return None  # the request names no contact
        account, recent = self._live.key, self._recent
        own, *others = [contact_fingerprint(account, *key) for key in _keys(request, contacts)]
        found = (recent.with_contact([own], Outcome), recent.with_contact(others, _BUT_REJECTED))
        return max(filter(None, found), key=lambda row: row.started_at, default=None)

    def _same_data(
        self, request: TriggerRequest, data: str, carried: str, found: Recipient, used: DataUse | None
    ) -> DataUse | None:
        """The last use of this data, or of `carried`, for another contact; None if there is none, or no data."""
        if not carried or not request.external_id or not found.reachable:
            return None
        uses = [used] if used is not None and used.data == carried and used.external_id else []
        for row in self._recent.with_data(self._live.key, request.event_id, data) if data else ():
            contacts = self._cache.contacts.find(row.key_id, row.external_id, 2)
            only = contacts[0] if len(contacts) == 1 else None
            if only is not None or row.outcome not in _REACHED_NOBODY:
                uses.append(DataUse(data, row.key_id, row.external_id, only, row.started_at))
        others = [use for use in uses if not use.is_for(request, found.only)]
        return max(others, key=lambda use: use.at, default=None)

    @cached_property
    def _examples(self) -> frozenset[str]:
        return frozenset(map(canonical_json, (*self._live.examples().values(), *self._live.samples())))


def _keys(request: TriggerRequest, contacts: tuple[Contact, ...]) -> list[tuple[str, str]]:
    """The request's own key first, then every other key of the same contact."""
    keys = {(request.key_id, request.external_id): None}
    if len(contacts) == 1:
        contact = contacts[0]
        keys |= dict.fromkeys([("id", contact.id), ("uid", contact.uid), *contact.fields.items()])
    return [key for key in keys if key[1]] or [(request.key_id, request.external_id)]


def _is_stale(attempt: Attempt) -> bool:
    """Whether a rule's result differs from the prediction; other codes say nothing about the cache."""
    match attempt.answer:
        case Reply(reply_code=code) if code == 0 or any(rule.code == code for rule in RULES):
            return attempt.predicted_code not in (None, code)
        case _:
            return False
