"""Erasing: a person who is to be forgotten, and the attempts past the profile's retention. Raises StoreError."""

from datetime import UTC, datetime
from typing import NamedTuple

from app.domain.errors import AppError
from app.domain.model import Contact
from app.service.files import drop_copy
from app.service.live import LiveAccount
from app.store import erasure
from app.store.erasure import Doomed, Person, Retention


class ForgetRefusedError(AppError):
    """This key does not identify one person to forget; the message says why."""


class Forgetting(NamedTuple):
    """What `forget` would remove: the cached contacts and the data of `attempts` attempts."""

    contacts: tuple[Contact, ...]
    attempts: int
    named: Person


def whom_to_forget(live: LiveAccount, key_id: str, value: str) -> Forgetting:
    contacts = live.cache.contacts.find(key_id, value, 2)
    if len(contacts) > 1:
        ids = ", ".join(one.id for one in live.cache.contacts.find(key_id, value, 5))
        raise ForgetRefusedError(
            f"Several contacts share this value ({ids}). Name one by the key `id` and its contact id."
        )
    if contacts and live.profile.is_sandbox:
        if live.profile.folder is None:
            raise ForgetRefusedError(
                "The people of the built-in account are invented: there is nobody to forget."
            )
        raise ForgetRefusedError(
            "This contact is in contacts.csv of the account folder. Remove it there first, "
            "or the next refresh brings it back."
        )
    named = erasure.person(key_id, value, contacts)
    return Forgetting(contacts, erasure.attempts_on(live.history.path, live.key, named), named)


def forget(live: LiveAccount, forgetting: Forgetting) -> int:
    """Erases a person from cache, history, drafts, templates and sandbox; returns the number of attempts emptied."""
    live.forget_in_account(forgetting.named)
    live.notes.forget(forgetting.named)
    drop_copy(live.history.path.parent)
    erasure.forget_in_cache(
        live.cache.path, forgetting.named, [contact.id for contact in forgetting.contacts]
    )
    erased = erasure.forget_in_history(live.history.path, live.key, forgetting.named)
    if live.on_forget is not None:
        live.on_forget(sorted(forgetting.named.keys))
    return erased


def expired(live: LiveAccount) -> Doomed | None:
    """The attempts that `delete_expired` would delete; None if there are none."""
    return erasure.doomed(live.history.path, _retention(live), datetime.now(UTC))


def delete_expired(live: LiveAccount) -> int:
    """Deletes the attempts past `retention_days` and `retention_rows` of the profile; returns their number."""
    return erasure.let_go(live.history.path, _retention(live), datetime.now(UTC))


def _retention(live: LiveAccount) -> Retention:
    return Retention(live.key, live.profile.retention_days, live.profile.retention_rows)
