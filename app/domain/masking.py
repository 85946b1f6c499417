"""Masks for personal data, the same mask for the same value, for presentations and for exports.

Ids and names of events and fields, codes, outcomes and times stay readable; everything that may belong to one person
is masked.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace

from app.domain.model import Answer, Attempt, Contact, JsonObject, KeptContact, NoReply, Reply, TriggerRequest

HIDDEN_CONTENT = "***"

_DIGITS = 6
_SHORTEST_WITH_INITIAL = 4
_LONGEST_PLAIN_NUMBER = 4
# Matches only from the beginning of a word: trying every letter of a long word would take quadratic time.
ADDRESS = r"(?<![^\s@<>()\[\]\"',;:])[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+"
_CONTACT_IDS = r"(?i)(?:(?<=\bcontact )|(?<=\bcontacts )|(?<=\bcontact id ))[0-9]+(?:, [0-9]+)*"
_WRITTEN = r"(?<= is written )('[^']*'|\"[^\"]*\")(?: or (?:'[^']*'|\"[^\"]*\"))*"


class Mask:
    """Masks values with one secret key; without a key it returns everything unchanged."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def value(self, text: str) -> str:
        """The mask of one value of a person, such as `t…-3f2a9c@masked.example`; '' stays ''. Ignores ASCII case."""
        if self._key is None or not text:
            return text
        name, at, _ = text.rpartition("@")
        name = name if at else text
        lowered = text.lower() if text.isascii() else text
        digits = hmac.new(self._key, lowered.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:_DIGITS]
        # The first letter of a short text, or the first digit of a number, would reveal too much.
        initial = name[:1].lower() if len(name) >= _SHORTEST_WITH_INITIAL and name[:1].isalpha() else ""
        return f"{initial}…-{digits}{'@masked.example' if at else ''}"

    def text(self, text: str, *values: str) -> str:
        """A text with all e-mail addresses and these values masked."""
        if self._key is None:
            return text
        for value in sorted({value for value in values if value.strip()}, key=len, reverse=True):
            parts = re.split(rf"(?<!\w){re.escape(value)}(?!\w)", text)
            text = self.value(value).join(parts)
        return re.sub(ADDRESS, self._address, text)

    def contact(self, contact: Contact) -> Contact:
        if self._key is None:
            return contact
        fields = {field_id: self.value(value) for field_id, value in contact.fields.items()}
        return Contact(self.value(contact.id), self.value(contact.uid), fields)

    def request(self, request: TriggerRequest) -> TriggerRequest:
        if self._key is None:
            return request
        attached = (
            replace(one, filename=self.value(one.filename), data=HIDDEN_CONTENT)
            for one in request.extras.attachments
        )
        return replace(
            request,
            external_id=self.value(request.external_id),
            data=None if request.data is None else self._data(request.data),
            trigger_id=request.trigger_id and self.text(request.trigger_id, request.external_id),
            extras=request.extras._replace(attachments=tuple(attached)),
        )

    def attempt(self, attempt: Attempt) -> Attempt:
        if self._key is None:
            return attempt
        value, kept, settled = attempt.request.external_id, attempt.contact, attempt.settlement
        return replace(
            attempt,
            request=self.request(attempt.request),
            answer=attempt.answer and self._answer(attempt.answer, value),
            remedy=attempt.remedy and self.words(attempt.remedy, value),
            note=attempt.note and self.text(attempt.note, value),
            settlement=settled and settled._replace(note=self.text(settled.note, value)),
            contact=kept and KeptContact(self.value(kept.id), self.value(kept.name)),
        )

    def words(self, text: str, external_id: str) -> str:
        """A sentence of this program with the external id, contact ids and values in it masked."""
        listed = re.sub(_CONTACT_IDS, lambda found: ", ".join(map(self.value, found[0].split(", "))), text)
        return self.text(re.sub(_WRITTEN, lambda found: self.value(found[0]), listed), external_id)

    def _answer(self, answer: Answer, external_id: str) -> Answer:
        match answer:
            case Reply(reply_text=text):
                errors = {
                    self.value(who): {code: self.text(told, who, external_id) for code, told in codes.items()}
                    for who, codes in answer.errors.items()
                }
                masked = text and self.text(text, external_id, *answer.errors)
                return replace(answer, reply_text=masked, errors=errors, body=b"", location=None)
            case NoReply():
                return answer._replace(detail=self.text(answer.detail, external_id))

    def _data(self, data: JsonObject) -> JsonObject:
        return {self.text(name): self._json(value) for name, value in data.items()}

    def _json(self, value: object) -> object:
        match value:
            case str():
                return self.value(value)
            case bool():
                return value
            # A long number may be a phone or customer number.
            case int() if len(str(abs(value))) > _LONGEST_PLAIN_NUMBER:
                return self.value(str(value))
            case Mapping():
                return self._data(value)
            case list():
                return [self._json(entry) for entry in value]
            case _:
                return value

    def _address(self, found: re.Match[str]) -> str:
        address = found[0].rstrip(".")
        masked = address if address.endswith("@masked.example") else self.value(address)
        return masked + found[0][len(address) :]


NO_MASK = Mask(None)
