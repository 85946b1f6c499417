"""What blocks a trigger before it is recorded: its text, the production account, test contacts; and second sends."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from app.domain.errors import AppError
from app.domain.model import LABEL, MAX_REQUEST, Contact, Outcome, TriggerRequest
from app.domain.recipient import EMAIL
from app.domain.text import duration, has_surrogates, sanitize, short_id
from app.domain.wire import trigger_body
from app.settings import Profile
from app.store.attempts import AttemptRow

Find = Callable[[str, str, int], Iterable[Contact]]

MAX_LOOKED_AT = 100


class GuardError(AppError):
    """A trigger that must not be sent; `why` names the problem and the fix."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"{why} Nothing was sent.")


def check_text(request: TriggerRequest) -> None:
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
    """Raises GuardError on a production account unless `named`, unlocked or from `--production`, is its profile."""
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
        addresses, why = [request.external_id], "this external id is not one of them"
    else:
        found = find(request.key_id, request.external_id, MAX_LOOKED_AT)
        addresses, why = (
            [one.value(EMAIL) for one in found],
            "this contact's e-mail address is not one of them",
        )
    if not addresses:
        why = "this contact is not in the local list: look it up, or use its e-mail address"
    if not addresses or not all(_is_listed(address, allowed) for address in addresses):
        raise GuardError(f"The profile {profile.name!r} is limited to test contacts, and {why}.")


def _is_listed(address: str, allowed: Iterable[str]) -> bool:
    wanted = address.lower()
    _, _, domain = wanted.rpartition("@")
    return "@" in wanted and any(entry.lower() in (wanted, f"@{domain}") for entry in allowed)


# Second sends


def second_send_words(earlier: AttemptRow, now: datetime) -> str:
    """`You sent this 5 seconds ago (accepted, K7M-2QXT).` A colleague's name stands for You, and triggered for sent."""
    who = f"{sanitize(earlier.member)} triggered" if earlier.member else "You sent"
    return f"{who} this {_ago(earlier, now)} {_how_it_went(earlier)}"


def other_data_words(earlier: AttemptRow, now: datetime) -> str:
    who, ago = sanitize(earlier.member), _ago(earlier, now)
    return f"{who} triggered this event for this contact {ago} with other data {_how_it_went(earlier)}"


def already_sent_words(earlier: AttemptRow, at: str) -> str:
    """`Already sent to this contact at 23:10 with the same data (accepted, K7M-2QXT).`"""
    return f"Already sent to this contact {at} with the same data {_how_it_went(earlier)}"


def _ago(earlier: AttemptRow, now: datetime) -> str:
    seconds = int((now - earlier.started_at).total_seconds())
    return f"{duration(seconds)} ago" if seconds > 0 else "just now"


def _how_it_went(earlier: AttemptRow) -> str:
    reference = short_id(earlier.attempt_id)
    match earlier.outcome:
        case Outcome.UNKNOWN if earlier.arrived:
            return f"(unknown, marked arrived, {reference})."
        case Outcome.UNKNOWN:
            return f"(unknown, {reference}). It may have arrived."
        case Outcome.SENDING:
            return f"(still being sent, {reference})."
        case outcome:
            return f"({LABEL[outcome][1]}, {reference})."


# Production accounts


class ProductionLock:
    """Whether sending is unlocked, and for how long. By the wall clock, so that a laptop wakes up locked."""

    def __init__(self, profile_name: str) -> None:
        self._name = profile_name
        self._length = timedelta()
        self._armed_at: datetime | None = None

    def arm(self, typed: str, minutes: float, now: datetime) -> bool:
        """Unlocks for some minutes if `typed` is the name of the profile; returns whether it did."""
        if typed != self._name:
            return False
        self._length = timedelta(minutes=minutes)
        self._armed_at = now
        return True

    def disarm(self) -> None:
        self._armed_at = None

    def left_s(self, now: datetime) -> int:
        """Seconds until it locks, rounded up; 0 if it is locked or the clock was set back."""
        if self._armed_at is None or now < self._armed_at:
            return 0
        left = self._armed_at + self._length - now
        return max(0, -(-left // timedelta(seconds=1)))

    def permit(self, now: datetime) -> str | None:
        """The `production` argument of `Session.send`: the name of the profile while unlocked, else None."""
        return self._name if self.left_s(now) else None
