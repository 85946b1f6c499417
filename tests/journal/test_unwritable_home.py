"""A home that cannot be written: its history is still read, and nothing is sent that could not be recorded."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import TriggerRequest, new_attempt_id
from app.service.session import Session
from app.settings import load_settings

UNSHARE = shutil.which("unshare") or ""
FULL = "mount -t tmpfs -o size=3m,mode=700 none {home}; cp -r {kept}/. {home}; dd if=/dev/zero of={home}/fill bs=512"
READ_ONLY = "mount --bind {kept} {home} && mount -o remount,ro,bind {home}"


def _can_mount() -> bool:
    return bool(UNSHARE) and not subprocess.run([UNSHARE, "-rm", "true"], check=False).returncode


pytestmark = pytest.mark.skipif(not _can_mount(), reason="no file systems can be mounted here")


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def used(tmp_path: Path, loop: asyncio.Runner) -> Session:
    """A session that has sent one trigger, on the home `kept`."""
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path / "kept")}))
    loop.run(service.refresh.run_if_needed())
    request = TriggerRequest("100", "3", "thor@example.com")
    loop.run(service.send(request, new_attempt_id()))
    return service


def run(folder: Path, mount: str, *verbs: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """The code, the output and the errors of verbs on the home as it is mounted, in a namespace of its own."""
    kept, home = folder / "kept", folder / "home"
    home.mkdir()
    mounted = mount.format(kept=kept, home=home)
    script = f'({mounted}) 2>/dev/null; export TRIGGERDESK_HOME={home}; exec "$@"'
    program = (
        "import json, sys\n"
        "from tests.cli.conftest import run\n"
        "found = [run(*words) for words in json.loads(sys.argv[1])]\n"
        "print(json.dumps([(one.code, one.out, one.err) for one in found]))\n"
    )
    command = [UNSHARE, "-rm", "sh", "-c", script, "sh", sys.executable, "-c", program, json.dumps(verbs)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [(code, out, err) for code, out, err in json.loads(ran.stdout)]


@pytest.mark.parametrize(
    ("mount", "why"), [(READ_ONLY, "Read-only file system"), (FULL, "the disk is full")], ids=["read-only", "full"]
)  # fmt: skip
def test_the_history_and_the_lists_are_read_but_nothing_is_sent_and_one_sentence_says_why(
    used: Session, loop: asyncio.Runner, tmp_path: Path, mount: str, why: str
) -> None:
    loop.run(used.close())
    *reading, (code, out, err) = run(
        tmp_path,
        mount,
        ("history",),
        ("history", "--query", "thor", "--json"),
        ("contacts", "--limit", "1"),
        ("trigger", "100", "--key", "3", "--external-id", "thor@example.com"),
    )
    for found, ran in zip(("thor@example.com", '"outcome": "accepted"', "Imogen"), reading, strict=True):
        assert (ran[0], ran[2]) == (0, "")
        assert found in ran[1]
    assert (code, out) == (4, "")
    assert why in err
    assert err.count("\n") == 1


def test_what_is_only_in_the_log_of_the_history_is_read_too(
    used: Session, loop: asyncio.Runner, tmp_path: Path
) -> None:
    assert (tmp_path / "kept" / "history.db-wal").stat().st_size
    ((code, out, err),) = run(tmp_path, READ_ONLY, ("history",))
    loop.run(used.close())
    assert (code, err) == (0, "")
    assert out.count("accepted") == 1
