"""The checks that block a trigger before it is recorded: its text, the production account, test contacts."""

import json
from collections.abc import Callable, Iterable

from app.domain.errors import AppError
from app.domain.extras import MAX_REQUEST
from app.domain.model import Contact, TriggerRequest
from app.domain.sanitize import has_surrogates
from app.domain.wire import trigger_body
from app.settings import Profile

EMAIL = "3"

Find = Callable[[str, str, int], Iterable[Contact]]

MAX_LOOKED_AT = 100


class GuardError(AppError):
    """A trigger that must not be sent; `why` names the problem and the fix."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"{why} Nothing was sent.")


def check_text(request: TriggerRequest) -> None:
    """Blocks text that no encoding can carry, and attachments that are too long. Raises GuardError."""
    values = {
        "event id": request.event_id,
        "key field": request.key_id,
        "external id": request.external_id,
        "event data": json.dumps(request.data, ensure_ascii=False),
        "trigger id": request.trigger_id or "",
        "name of an attachment": "".join(one.filename for one in request.extras.attachments),
    }
    for name, text in values.items():
        if has_surrogates(text):
            raise GuardError(f"The {name} holds half a character. Type the whole character.")
    attached = sum(len(one.data) for one in request.extras.attachments)
    # Writing the body takes long, and event data alone is never that long.
    if attached > MAX_REQUEST // 2 and (size := len(trigger_body(request))) > MAX_REQUEST:
        raise GuardError(
            f"The request is {size:,} bytes long with its attachments; Emarsys accepts {MAX_REQUEST:,}."
            " Attach less."
        )


def check_production(profile: Profile, named: str | None) -> None:
    """Blocks a trigger on a production account unless `named` is the name of its profile.

    `named` is the unlocked profile, or the value of `--production`. Raises GuardError.
    """
    if named is not None and named != profile.name:
        raise GuardError(
            f"--production names {named!r}, but the profile is {profile.name!r}. Name the same one."
        )
    if profile.is_production and named is None:
        raise GuardError(
            f"The profile {profile.name!r} is a production account. Add --production {profile.name} to send."
        )


def check_test_contacts(profile: Profile, request: TriggerRequest, find: Find) -> None:
    """Blocks contacts that the profile's `test_contacts` does not list. Raises GuardError.

    A listed value is allowed by any key. Otherwise the e-mail address decides: the external id itself with
    field 3, else the addresses of all contacts that `find` finds.
    """
    allowed = profile.test_contacts
    if allowed is None or request.external_id in allowed:
        return
    if request.key_id == EMAIL:
        if not _is_listed(request.external_id, allowed):
            raise GuardError(_refusal(profile, "this external id is not one of them"))
        return
    found = list(find(request.key_id, request.external_id, MAX_LOOKED_AT))
    if not found:
        raise GuardError(
            _refusal(
                profile,
                "this contact is not in the local list: look it up, or use its e-mail address",
            )
        )
    if not all(_is_listed(contact.value(EMAIL), allowed) for contact in found):
        raise GuardError(_refusal(profile, "this contact's e-mail address is not one of them"))


def _is_listed(address: str, allowed: Iterable[str]) -> bool:
    wanted = address.lower()
    _, _, domain = wanted.rpartition("@")
    return "@" in wanted and any(entry.lower() in (wanted, f"@{domain}") for entry in allowed)


def _refusal(profile: Profile, why: str) -> str:
    return f"The profile {profile.name!r} is limited to test contacts, and {why}."
