"""The files of the home are the user's alone: whatever the umask, and whatever the home had before."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal.processes import ROOT, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")

TO_THOR = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
PROFILE = '[profiles.mine]\nbase_url = "http://127.0.0.1:1/api/v2"\n'


def run(home: Path, *words: str, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        umask=umask,
        check=False,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(home: Path) -> set[tuple[str, int]]:
    """The kinds and modes of the home and all that is in it."""
    return {("folder" if path.is_dir() else "file", mode(path)) for path in (home, *home.rglob("*"))}


OWN = {("folder", 0o700), ("file", 0o600)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which something was sent, logged, exported and configured."""
    home = tmp_path / "below" / "home"
    assert run(home, "--mask", "--verbose", *TO_THOR).returncode == 0
    assert run(home, "history", "--output", str(home / "mine.csv")).returncode == 0
    (home / "config.toml").write_text(PROFILE)
    (home / "config.toml").chmod(0o600)
    return home


@pytest.mark.parametrize("umask", [0, 0o002, 0o022, 0o077, 0o277])
def test_what_is_made_is_the_users_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    home = tmp_path / "below" / "home"
    assert run(home, "--mask", "--verbose", *TO_THOR, umask=umask).returncode == 0
    assert run(home, "history", "--output", str(home / "mine.csv"), umask=umask).returncode == 0
    url = ("--base-url", "http://127.0.0.1:1/api/v2")
    assert run(home, "profile", "add", "mine", *url, umask=umask).returncode == 0
    assert {"history.db", "mask.key", "triggerdesk.log", "mine.csv", "config.toml", "owners"} <= {
        path.name for path in home.iterdir()
    }
    assert list(home.rglob("cache.db"))
    assert list(home.rglob("sandbox.db"))
    assert modes(home) == OWN


@pytest.mark.parametrize(("folders", "files"), [(0o755, 0o644), (0o777, 0o666), (0o750, 0o640)])
def test_what_others_could_read_is_tightened_with_one_line(home: Path, folders: int, files: int) -> None:
    for path in (*home.rglob("*"), home):
        if path.name not in {"config.toml", "mine.csv"}:
            path.chmod(folders if path.is_dir() else files)
    ran = run(home, "history")
    assert ran.returncode == 0
    assert ran.stderr.count("\n") == 1
    assert "Other users had access to" in ran.stderr
    assert modes(home) == OWN
    assert run(home, "history").stderr == ""


@pytest.mark.parametrize(
    "name", ["history.db", "history.db-wal", "copied.txt", "mask.key", "accounts", "owners"]
)
def test_each_file_of_the_home_is_tightened(home: Path, name: str) -> None:
    path = home / name
    if not path.exists():
        path.write_text("")
    path.chmod(0o777)
    ran = run(home, "events")
    assert (ran.returncode, ran.stderr.count("\n")) == (0, 1)
    assert not path.exists() or mode(path) & 0o077 == 0


def test_what_the_home_holds_besides_and_what_a_link_leads_to_stay_as_they_are(
    home: Path, tmp_path: Path
) -> None:
    script, target = home / "backup.sh", tmp_path / "kept.toml"
    for path in (script, target):
        path.write_text("")
        path.chmod(0o755)
    (home / "config.toml").unlink()
    (home / "config.toml").symlink_to(target)
    assert run(home, "events").stderr == ""
    assert (mode(script), mode(target)) == (0o755, 0o755)


@pytest.mark.parametrize(("name", "found", "kept"), [("config.toml", 0o644, 0o600), (".", 0o755, 0o700)])
def test_what_others_could_only_read_is_tightened_too(home: Path, name: str, found: int, kept: int) -> None:
    (home / name).chmod(found)
    assert (
        run(home, "events").stderr == f"triggerdesk: Other users had access to {home}. Now only you have.\n"
    )
    assert mode(home / name) == kept


@pytest.mark.parametrize("bits", [0o620, 0o602, 0o666])
@pytest.mark.parametrize(
    "words", [("history",), TO_THOR, ("profile", "list"), ("profile", "remove", "mine", "--yes")]
)
def test_a_configuration_that_others_can_write_is_rejected(
    home: Path, bits: int, words: tuple[str, ...]
) -> None:
    config = home / "config.toml"
    config.chmod(bits)
    ran = run(home, *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        f"triggerdesk: {config}: other users can write this file (mode {bits:04o}). "
        f"Check what it says, then run `chmod 600 {config}`.\n"
    )
    assert mode(config) == bits
    assert config.read_text() == PROFILE


def test_a_link_to_a_configuration_that_others_can_write_is_rejected(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept.toml"
    (home / "config.toml").rename(target)
    (home / "config.toml").symlink_to(target)
    target.chmod(0o664)
    assert run(home, "events").returncode == 2
