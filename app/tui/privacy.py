"""What is shown of persons: everything, or a mask in the place of each value.

One object for the whole dashboard, so that nothing is masked in one pane and open in another. Only what is drawn
goes through it; what is sent, looked up and recorded never does.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.diagnosis import Diagnosis, QuickFix
from app.domain.masking import Mask
from app.domain.model import Attempt, Contact, TriggerRequest
from app.domain.wire import trigger_body
from app.service.stored import AttemptRow

if TYPE_CHECKING:
    from app.service.preflight import Preflight

COVER = "•"

_JSON = re.compile(
    r"""(?P<key>"(?:[^"\\@]|\\.)*"\s*:)|(?P<text>"(?:[^"\\]|\\.)*"?)"""
    r"""|(?P<plain>(?<![\w.])(?:true|false|null|-?\d{1,4})(?![\w.]))|(?P<other>\w+)"""
)


def covered(line: str) -> str:
    """A line of JSON, whole or not, with what may belong to a person covered; every character keeps its place.

    Names, true, false, null and short numbers stay readable, as they do under the mask.
    """
    return _JSON.sub(lambda found: found[0] if found["key"] or found["plain"] else _dots(found[0]), line)


def _dots(text: str) -> str:
    return re.sub(r"\w", COVER, text)


class PrivacyMode:
    """Off at first; `open_mask` gives the mask of the home when it is first put on, and may raise AppError."""

    def __init__(self, open_mask: "Callable[[], Mask] | None" = None) -> None:
        self._open_mask = open_mask
        self._opened: Mask | None = None
        self._mask: Mask | None = None

    @property
    def is_on(self) -> bool:
        """Whether persons are masked."""
        return self._mask is not None

    @property
    def can_be_on(self) -> bool:
        """Whether there is a mask to be put on."""
        return self._open_mask is not None

    def switch(self) -> None:
        """On where it was off, off where it was on. Raises MaskKeyError."""
        if self._opened is None and self._open_mask is not None:
            self._opened = self._open_mask()
        self._mask = None if self.is_on else self._opened

    def value(self, text: str) -> str:
        """One value of one person."""
        return text if self._mask is None else self._mask.value(text)

    def words(self, text: str, *values: str) -> str:
        """A text that may speak of persons, and holds these values of theirs."""
        return text if self._mask is None else self._mask.text(text, *values)

    def contact(self, contact: Contact) -> Contact:
        """A contact."""
        return contact if self._mask is None else self._mask.contact(contact)

    def row(self, row: AttemptRow) -> AttemptRow:
        """A row of the history."""
        if self._mask is None:
            return row
        from app.service.masking import masked_attempt_row  # noqa: PLC0415 - the first frame does without it

        return masked_attempt_row(self._mask, row)

    def request(self, request: TriggerRequest) -> TriggerRequest:
        """A request."""
        return request if self._mask is None else self._mask.request(request)

    def remedies(self, advice: "Diagnosis | None", request: TriggerRequest) -> "tuple[QuickFix, ...]":
        """What can be done about a request; what a remedy would change stays true."""
        if advice is None or self._mask is None:
            return advice.remedies if advice else ()
        from app.service.masking import masked_advice  # noqa: PLC0415 - the same

        return masked_advice(self._mask, advice, request.external_id).remedies

    def attempt(self, attempt: Attempt) -> Attempt:
        """An attempt; under the mask without the bytes of its reply."""
        if self._mask is None:
            return attempt
        masked, settlement = self._mask.attempt(attempt), attempt.settlement
        if settlement is None:
            return masked
        note = self._mask.text(settlement.note, attempt.request.external_id)
        return replace(masked, settlement=replace(settlement, note=note))

    def body(self, attempt: Attempt, body: bytes) -> bytes:
        """The body of an attempt's request; under the mask what it would have been for the masked request."""
        return body if self._mask is None else trigger_body(self._mask.request(attempt.request))

    def preflight(self, known: "Preflight", request: TriggerRequest) -> "Preflight":
        """What is known before sending `request`."""
        if self._mask is None:
            return known
        from app.service.masking import masked_preflight  # noqa: PLC0415 - the same

        return masked_preflight(self._mask, known, request)
