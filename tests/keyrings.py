"""Keyrings for tests: one in memory, one for each way to fail; and how one of them is put in place."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import keyring
from keyring.backend import KeyringBackend


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


class FailingKeyring(MemoryKeyring):
    """Does the same for whatever it is asked: raises, hangs or prints."""

    def __init__(self, act: Callable[[], str | None]) -> None:
        super().__init__()
        self._act = act

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - the library's signature
        return self._act()

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - as above
        self._act()

    def delete_password(self, service: str, username: str) -> None:  # noqa: ARG002 - as above
        self._act()


def raising(error: BaseException) -> FailingKeyring:
    """A keyring out of which this exception comes."""

    def act() -> None:
        raise error

    return FailingKeyring(act)


def talking(answer: str | None) -> FailingKeyring:
    """A keyring that prints in every way before it answers."""

    def act() -> str | None:
        print("hunter2 on the way")
        print("hunter2 on the way", file=sys.stderr)
        os.write(1, b"hunter2 by C\n")
        os.write(2, b"hunter2 by C\n")
        return answer

    return FailingKeyring(act)


@contextmanager
def hanging() -> Iterator[FailingKeyring]:
    """A keyring that answers nothing before the end of the block."""
    released = Event()

    def act() -> None:
        released.wait()

    try:
        yield FailingKeyring(act)
    finally:
        released.set()


@contextmanager
def in_place(ring: KeyringBackend) -> Iterator[KeyringBackend]:
    """Makes this the keyring of the process for a while."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        keyring.set_keyring(before)
