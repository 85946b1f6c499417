"""A file that is taken out: whole or not at all, never in the place of another one unasked."""

import os
from pathlib import Path

import pytest

from app.domain.errors import AppError
from app.service.files import FileExistsAlreadyError, new_file, typed_path


def test_a_file_is_written_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with new_file(path) as file:
        file.write("a\r\nb\n")
        assert not path.exists()
    assert path.read_bytes() == b"a\r\nb\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_file_is_replaced_only_where_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("kept", "utf-8")
    with pytest.raises(FileExistsAlreadyError, match=r"out\.csv exists already"), new_file(path):
        pytest.fail("nothing is written")
    assert path.read_text("utf-8") == "kept"
    with new_file(path, replace=True) as file:
        file.write("new")
    assert path.read_text("utf-8") == "new"


def test_what_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("kept", "utf-8")

    def stopped() -> None:
        with new_file(path, replace=True) as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [(one.name, one.read_text("utf-8")) for one in tmp_path.iterdir()] == [("out.csv", "kept")]


def test_a_link_stays_one_and_a_device_stays_what_it_is(tmp_path: Path) -> None:
    path, link, device = tmp_path / "out.csv", tmp_path / "link", Path(os.devnull)
    link.symlink_to(path)
    for one in (link, device):
        with new_file(one, replace=True) as file:
            file.write("a")
    assert link.is_symlink()
    assert path.read_text("utf-8") == "a"
    assert device.is_char_device()


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="is a folder"), new_file(tmp_path):
        pass
    with pytest.raises(AppError, match=r"There is no folder .*/a\.$"), new_file(tmp_path / "a" / "b"):
        pass
    with (
        pytest.raises(AppError, match="could not be written: File name too long"),
        new_file(tmp_path / ("a" * 300)),
    ):
        pass


def test_a_typed_file_name_may_begin_at_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert typed_path("~/a.csv") == Path("/home/anna/a.csv")
    assert typed_path(" ~/a b.csv ") == Path("/home/anna/a b.csv")
    assert typed_path("/tmp/x") == Path("/tmp/x")
    assert typed_path("~no-such-user/a.csv") == Path.cwd() / "~no-such-user" / "a.csv"
