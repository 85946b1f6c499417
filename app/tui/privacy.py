"""Hides personal data on the screen behind masks.

The whole dashboard shares one object, so that no pane shows what another one hides. It masks only what is
drawn, never what is sent, looked up or recorded.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from app.domain.diagnosis import Diagnosis, QuickFix
from app.domain.masking import NO_MASK, Mask
from app.domain.model import Contact, TriggerRequest
from app.service.masking import masked_advice

DOT = "•"

_JSON = re.compile(
    r"""(?P<key>"(?:[^"\\@]|\\.)*"\s*:)|(?P<text>"(?:[^"\\]|\\.)*"?)"""
    r"""|(?P<plain>(?<![\w.])(?:true|false|null|-?\d{1,4})(?![\w.]))|(?P<other>\w+)"""
)


def covered(line: str) -> str:
    """A line of JSON, complete or not, with dots for possible personal data; no character moves.

    Keys, true, false, null and short numbers stay readable.
    """
    return _JSON.sub(
        lambda found: found[0] if found["key"] or found["plain"] else re.sub(r"\w", DOT, found[0]), line
    )


class PrivacyMode:
    """Off at first. `open_mask` returns the mask of the home on first use; it may raise AppError."""

    def __init__(self, open_mask: Callable[[], Mask] | None = None) -> None:
        self._open_mask = open_mask
        self.mask = NO_MASK
        """For all that is drawn; while privacy mode is off, it changes nothing."""
        self.is_invented = False
        """Whether the account is the built-in one, whose contact ids and typed texts stay readable."""

    @property
    def is_on(self) -> bool:
        return self.mask is not NO_MASK

    @property
    def can_be_on(self) -> bool:
        return self._open_mask is not None

    @property
    def covers_typing(self) -> bool:
        """Whether what the user types is drawn as dots."""
        return self.is_on and not self.is_invented

    def switch(self) -> None:
        """Turns privacy mode on or off. Raises AppError."""
        self.mask = NO_MASK if self.is_on or self._open_mask is None else self._open_mask()

    def contact(self, contact: Contact) -> Contact:
        masked = self.mask.contact(contact)
        return replace(masked, id=contact.id, uid=contact.uid) if self.is_invented else masked

    def remedies(self, advice: Diagnosis | None, request: TriggerRequest) -> tuple[QuickFix, ...]:
        """The quick fixes of a request; their changes to the form are not masked."""
        return masked_advice(self.mask, advice, request.external_id).remedies if advice else ()
