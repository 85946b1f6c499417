"""The mask of a home, and masked rows, checks and diagnoses.

The mask's key is a file, created on first use. Without the key no mask can be reversed.
"""

import os
import secrets
from pathlib import Path

from app.domain.diagnosis import Diagnosis, FormPatch, QuickFix
from app.domain.errors import AppError, reason_of
from app.domain.masking import Mask
from app.domain.model import TriggerRequest
from app.domain.rules import Verdict
from app.service.preflight import Preflight
from app.store.attempts import AttemptRow

KEY_FILE = "mask.key"
_KEY_BYTES = 32


def open_mask(home: Path) -> Mask:
    path = home / KEY_FILE
    try:
        key = path.read_bytes() if path.exists() else _made(path)
    except OSError as error:
        raise AppError(f"{path} cannot be used: {reason_of(error)}.") from None
    if len(key) < _KEY_BYTES:
        raise AppError(f"{path} is not a mask key. Remove it; the next run creates a new one.")
    return Mask(key)


def masked_attempt_row(mask: Mask, row: AttemptRow) -> AttemptRow:
    return row._replace(
        external_id=mask.value(row.external_id),
        reply_text=row.reply_text and mask.text(row.reply_text, row.external_id),
        contact_name=mask.value(row.contact_name),
        description=mask.text(row.description, row.external_id),
    )


def masked_preflight(mask: Mask, preflight: Preflight, request: TriggerRequest) -> Preflight:
    """The checks of `request` with personal data masked; the form changes of its fixes stay unmasked."""

    def masked(verdict: Verdict) -> Verdict:
        return Verdict(verdict.code, mask.text(verdict.text, request.external_id))

    use = preflight.same_data
    return preflight._replace(
        prediction=preflight.prediction and masked(preflight.prediction),
        broken=tuple(map(masked, preflight.broken)),
        recipient=preflight.recipient._replace(
            contacts=tuple(map(mask.contact, preflight.recipient.contacts))
        ),
        same_data=use
        and use._replace(
            external_id=mask.value(use.external_id), contact=use.contact and mask.contact(use.contact)
        ),
        advice=preflight.advice and masked_advice(mask, preflight.advice, request.external_id),
        last=preflight.last and masked_attempt_row(mask, preflight.last),
        second_send=preflight.second_send and masked_attempt_row(mask, preflight.second_send),
    )


def masked_advice(mask: Mask, advice: Diagnosis, external_id: str) -> Diagnosis:
    return Diagnosis(
        mask.words(advice.words, external_id),
        tuple(_remedy(mask, remedy, external_id) for remedy in advice.remedies),
    )


def _remedy(mask: Mask, remedy: QuickFix, external_id: str) -> QuickFix:
    offered = remedy.change.external_id if isinstance(remedy.change, FormPatch) else None
    words = mask.text(mask.words(remedy.words, external_id), offered or "")
    return remedy._replace(words=words, contact=remedy.contact and mask.contact(remedy.contact))


def _made(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    beside.touch(mode=0o600)
    try:
        beside.write_bytes(secrets.token_bytes(_KEY_BYTES))
        # The first process makes the key: a link, unlike a rename, never replaces a file.
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return path.read_bytes()
