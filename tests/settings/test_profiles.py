"""Profiles written and taken out: everything else stays byte for byte, and nothing faulty is ever written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from app.settings import SettingsError, add_profile, load_config, remove_profile

VALUES = {"base_url": "https://api.example.com/api/v2", "test_contacts": ["@example.com"], "deadline_s": 4.5}
TYPED = """\
# the desk at home
theme = "textual-dark"   # dark

# the shop in Vienna
[profiles.vienna]  # careful
base_url = "https://api.example.com/api/v2"  # v3 next year

# keys of my own
[keymap]
send = "f12"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "config.toml"


def typed(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")


def beside(file: Path) -> list[str]:
    return [one.name for one in file.parent.iterdir() if one.name not in (file.name, ".config.toml.lock")]


def config(file: Path) -> list[str]:
    return sorted(load_config({"TRIGGERDESK_HOME": str(file.parent)}).profiles)


def test_a_first_profile_makes_the_file_for_its_owner_only(file: Path) -> None:
    profile = add_profile(file, "shop", VALUES)
    assert profile.base_url == "https://api.example.com/api/v2"
    assert profile.test_contacts == ("@example.com",)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert beside(file) == []


def test_what_was_typed_before_stays_as_it_was_typed(file: Path) -> None:
    typed(file, TYPED)
    add_profile(file, "shop", VALUES)
    assert file.read_text(encoding="utf-8").startswith(TYPED)
    assert config(file) == ["sandbox", "shop", "vienna"]
    remove_profile(file, "shop")
    assert file.read_text(encoding="utf-8").rstrip() == TYPED.rstrip()


def test_a_removed_profile_leaves_the_comments_around_it(file: Path) -> None:
    typed(file, TYPED)
    remove_profile(file, "vienna")
    text = file.read_text(encoding="utf-8")
    assert config(file) == ["sandbox"]
    for comment in ("# the desk at home", "# dark", "# the shop in Vienna", "# keys of my own"):
        assert comment in text


@pytest.mark.parametrize(
    "text",
    [
        'profiles.vienna.base_url = "https://api.example.com/api/v2"\n',
        '[profiles]\nvienna = {account = "x"}\n',
        '[profiles]\n[profiles.vienna]\naccount = "x"\n[keymap]\nsend = "f12"\n[profiles.b]\naccount = "y"\n',
        '[profiles."vienna"]\naccount = """\n[profiles.x]\n"""\n',
    ],
)
def test_other_ways_of_writing_are_understood(file: Path, text: str) -> None:
    typed(file, text)
    add_profile(file, "shop", VALUES)
    remove_profile(file, "vienna")
    assert "shop" in config(file)
    assert "vienna" not in config(file)


def test_what_cannot_be_changed_safely_is_left_alone(file: Path) -> None:
    text = 'profiles = {vienna = {account = "x"}}\n'
    typed(file, text)
    with pytest.raises(SettingsError, match="manually"):
        add_profile(file, "shop", VALUES)
    assert file.read_text(encoding="utf-8") == text


def test_a_default_profile_is_set_and_given_up_with_the_profile(file: Path) -> None:
    typed(file, TYPED)
    add_profile(file, "shop", VALUES, default=True)
    add_profile(file, "other", VALUES, default=True)
    home = {"TRIGGERDESK_HOME": str(file.parent)}
    assert load_config(home).default_profile == "other"
    remove_profile(file, "shop")
    assert load_config(home).default_profile == "other"
    remove_profile(file, "other")
    assert load_config(home).default_profile == "sandbox"


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("sandbox", VALUES, "built in"),
        ("vienna", VALUES, "already"),
        ("Shop", VALUES, "a-z, 0-9"),
        ("shop", {"base_url": "https://api.example.com/api/v1"}, "base_url: must end in"),
        ("shop", {**VALUES, "auth": "wsse"}, r"profiles\.shop\.user: is missing"),
        ("shop", {**VALUES, "user": 'a"b'}, "user: must be printable"),
    ],
)
def test_nothing_faulty_is_written(file: Path, name: str, values: dict[str, object], reason: str) -> None:
    typed(file, TYPED)
    with pytest.raises(SettingsError, match=reason):
        add_profile(file, name, values)
    assert file.read_text(encoding="utf-8") == TYPED
    assert beside(file) == []


@pytest.mark.parametrize("name", ["sandbox", "nowhere"])
def test_what_is_not_there_cannot_be_removed(file: Path, name: str) -> None:
    typed(file, TYPED)
    with pytest.raises(SettingsError):
        remove_profile(file, name)
    assert file.read_text(encoding="utf-8") == TYPED


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    real = tmp_path / "dotfiles.toml"
    real.write_text(TYPED, encoding="utf-8")
    file.symlink_to(real)
    add_profile(file, "shop", VALUES)
    assert file.is_symlink()
    assert "profiles.shop" in real.read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_home_that_cannot_be_written_is_told(file: Path) -> None:
    typed(file, TYPED)
    file.parent.chmod(0o500)
    with pytest.raises(SettingsError, match="cannot be written"):
        add_profile(file, "shop", VALUES)
    file.parent.chmod(0o700)


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(SettingsError, match="cannot be"):
        add_profile(tmp_path / "home" / "config.toml", "shop", VALUES)


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    typed(file, TYPED)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SettingsError, match="cannot be written: Permission denied"):
        add_profile(file, "shop", VALUES)
    assert beside(file) == []


def test_profiles_added_by_processes_at_once_are_all_kept(file: Path) -> None:
    typed(file, TYPED)
    names = [f"shop-{number}" for number in range(4)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "app", "profile", "add", name, "--account", "mine"],
            env={**os.environ, "TRIGGERDESK_HOME": str(file.parent)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for name in names
    ]
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert config(file) == sorted(["sandbox", "vienna", *names])
    assert file.read_text(encoding="utf-8").startswith(TYPED)


def test_a_file_that_another_process_keeps_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(file, TYPED)
    monkeypatch.setattr("app.settings.config.LOCK_TIMEOUT_S", 0)
    with (
        FileLock(file.with_name(".config.toml.lock")),
        pytest.raises(SettingsError, match="being changed by another process"),
    ):
        add_profile(file, "shop", VALUES)
    assert file.read_text(encoding="utf-8") == TYPED
