"""Keyrings for tests: one in memory, one that is locked; and how one of them is put in place."""

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class MemoryKeyring(KeyringBackend):
    """Keeps secrets as long as it lives."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


class LockedKeyring(MemoryKeyring):
    """Gives nothing away."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - the library's signature
        raise KeyringLocked("hunter2 must not be told")


@contextmanager
def in_place(ring: KeyringBackend) -> Iterator[KeyringBackend]:
    """Makes this the keyring of the process for a while."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        keyring.set_keyring(before)
