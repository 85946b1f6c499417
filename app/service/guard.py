"""The guard on accounts where real people are mailed: what must be said, and who may be triggered at all.

One for the dashboard and the command line. It refuses before anything is recorded or leaves.
"""

from collections.abc import Callable, Iterable

from app.domain.errors import AppError
from app.domain.model import Contact, TriggerRequest
from app.settings import Profile

EMAIL = "3"

Find = Callable[[str, str, int], Iterable[Contact]]

_LOOKED_AT = 100


class GuardError(AppError):
    """A trigger that the guard refuses; `why` says why, and what would let it pass."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"{why} Nothing was sent.")


def check_production(profile: Profile, named: str | None) -> None:
    """Refuses what was not meant for this account: `named` is the account that was armed, or given headless.

    Nothing need be named where nobody real is mailed; what is named must agree. Raises GuardError.
    """
    if named is not None and named != profile.name:
        raise GuardError(f"--production names {named!r}, but the profile is {profile.name!r}: name the same.")
    if profile.is_production and named is None:
        raise GuardError(
            f"The profile {profile.name!r} is a production account: add --production {profile.name} to send."
        )


def check_test_contacts(profile: Profile, request: TriggerRequest, find: Find) -> None:
    """Refuses contacts that `test_contacts` of the profile does not list. Raises GuardError.

    A listed value may be triggered by any key. Otherwise it is the e-mail address that counts: the external id itself
    under field 3, else those of all contacts that `find` knows under it.
    """
    allowed = profile.test_contacts
    if allowed is None or request.external_id in allowed:
        return
    if request.key_id == EMAIL:
        if not _is_listed(request.external_id, allowed):
            raise GuardError(_refusal(profile, "this external id is none of them"))
        return
    found = list(find(request.key_id, request.external_id, _LOOKED_AT))
    if not found:
        raise GuardError(
            _refusal(
                profile,
                "the cache does not know this contact: look it up, or use its e-mail address",
            )
        )
    if not all(_is_listed(contact.value(EMAIL), allowed) for contact in found):
        raise GuardError(_refusal(profile, "this contact's e-mail address is none of them"))


def _is_listed(address: str, allowed: Iterable[str]) -> bool:
    wanted = address.lower()
    _, _, domain = wanted.rpartition("@")
    return "@" in wanted and any(entry.lower() in (wanted, f"@{domain}") for entry in allowed)


def _refusal(profile: Profile, why: str) -> str:
    return f"The profile {profile.name!r} is limited to test contacts, and {why}."
