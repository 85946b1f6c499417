"""A lock is held by one at a time, until it is released or its holder dies."""

import os
from pathlib import Path

import pytest

from app.store.locks import FileLock, Owner


def test_a_lock_is_held_by_one_at_a_time_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = FileLock.acquire(path)
    assert first is not None
    assert FileLock.acquire(path) is None
    first.release()
    second = FileLock.acquire(path)
    assert second is not None
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_not_taken_for_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    really_open, opened = os.open, []

    def open_and_lose(name: Path, flags: int, mode: int) -> int:
        descriptor = really_open(name, flags, mode)
        opened.append(descriptor)
        if len(opened) == 1:
            path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    lock = FileLock.acquire(path)
    monkeypatch.undo()
    assert (lock is not None, len(opened)) == (True, 2)
    assert FileLock.acquire(path) is None
    assert lock is not None
    lock.release()


def test_an_owner_is_there_until_it_closes(tmp_path: Path) -> None:
    owner, other = Owner(tmp_path / "owners"), Owner(tmp_path / "owners")
    name = owner.name()
    assert (owner.name(), owner.is_gone(name), other.is_gone(name)) == (name, False, False)
    other.sweep()
    assert not other.is_gone(name)
    owner.close()
    assert other.is_gone(name)
    other.close()
    owner.close()


@pytest.mark.parametrize("name", [None, "", "..", "../owners", "no owner"])
def test_what_is_no_name_is_nobody(tmp_path: Path, name: str | None) -> None:
    assert Owner(tmp_path).is_gone(name)
    assert list(tmp_path.iterdir()) == []
