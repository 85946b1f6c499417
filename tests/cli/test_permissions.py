"""The files of the home are the user's alone: whatever the umask, and whatever the home had before."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.journal.processes import ROOT, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")

TO_THOR = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
PROFILE = '[profiles.mine]\nbase_url = "http://127.0.0.1:1/api/v2"\n'
OWN = {("folder", 0o700), ("file", 0o600)}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(home: Path) -> set[tuple[str, int]]:
    """The kinds and modes of the home and all that is in it."""
    return {("folder" if path.is_dir() else "file", mode(path)) for path in (home, *home.rglob("*"))}


@pytest.fixture
def used(desk: Desk, home: Path) -> Path:
    """A home in which something was sent, logged, exported and configured."""
    assert desk("--mask", "--verbose", *TO_THOR).code == 0
    assert desk("history", "--output", str(home / "mine.csv")).code == 0
    (home / "config.toml").write_text(PROFILE)
    (home / "config.toml").chmod(0o600)
    return home


@pytest.mark.parametrize(
    ("umask", "made", "verb"),
    [
        (0, "mine.csv", ("history", "--output", "{}")),
        (0o277, "config.toml", ("profile", "add", "mine", "--base-url", "http://127.0.0.1:1/api/v2")),
    ],
)
def test_what_is_made_is_the_users_alone_whatever_the_umask(
    tmp_path: Path, umask: int, made: str, verb: tuple[str, ...]
) -> None:
    home = tmp_path / "below" / "home"
    for words in (("--mask", "--verbose", *TO_THOR), [word.format(home / made) for word in verb]):
        command = [sys.executable, "-m", "app", *words]
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            umask=umask,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    assert {"history.db", "mask.key", "triggerdesk.log", made, "owners"} <= {
        path.name for path in home.iterdir()
    }
    assert list(home.rglob("cache.db"))
    assert list(home.rglob("sandbox.db"))
    assert modes(home) == OWN


def test_what_others_could_read_is_tightened_with_one_line(desk: Desk, used: Path) -> None:
    for folders, files in ((0o755, 0o644), (0o777, 0o666)):
        for path in (*used.rglob("*"), used):
            if path.name not in {"config.toml", "mine.csv"}:
                path.chmod(folders if path.is_dir() else files)
        ran = desk("history")
        assert ran.code == 0
        assert ran.err == f"triggerdesk: Other users had access to {used}. Now only you have.\n"
        assert modes(used) == OWN
        assert desk("history").err == ""


def test_each_file_of_the_home_is_tightened(desk: Desk, used: Path) -> None:
    for name in ("history.db", "history.db-wal", "copied.txt", "mask.key", "accounts", "owners", "."):
        path = used / name
        if not path.exists():
            path.write_text("")
        path.chmod(0o777)
        ran = desk("events")
        assert (ran.code, ran.err.count("\n")) == (0, 1)
        assert not path.exists() or mode(path) & 0o077 == 0
    (used / "config.toml").chmod(0o644)
    assert desk("events").err.count("\n") == 1
    assert mode(used / "config.toml") == 0o600


def test_what_the_home_holds_besides_and_what_a_link_leads_to_stay_as_they_are(
    desk: Desk, used: Path, tmp_path: Path
) -> None:
    script, target = used / "backup.sh", tmp_path / "kept.toml"
    for path in (script, target):
        path.write_text("")
        path.chmod(0o755)
    (used / "config.toml").unlink()
    (used / "config.toml").symlink_to(target)
    assert desk("events").err == ""
    assert (mode(script), mode(target)) == (0o755, 0o755)


@pytest.mark.parametrize("bits", [0o620, 0o602])
def test_a_configuration_that_others_can_write_is_rejected(desk: Desk, used: Path, bits: int) -> None:
    config = used / "config.toml"
    config.chmod(bits)
    for words in (("history",), TO_THOR, ("profile", "list"), ("profile", "remove", "mine", "--yes")):
        ran = desk(*words)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"triggerdesk: {config}: other users can write this file (mode {bits:04o}). "
            f"Check what it says, then run `chmod 600 {config}`.\n"
        )
        assert mode(config) == bits
        assert config.read_text() == PROFILE


def test_a_link_to_a_configuration_that_others_can_write_is_rejected(
    desk: Desk, used: Path, tmp_path: Path
) -> None:
    target = tmp_path / "kept.toml"
    (used / "config.toml").rename(target)
    (used / "config.toml").symlink_to(target)
    target.chmod(0o664)
    assert desk("events").code == 2
