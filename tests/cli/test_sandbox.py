"""`triggerdesk sandbox`: says where it answers, answers, ends cleanly, and refuses in words."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.sandbox.folders import write_folder

TRIGGER = b'{"key_id":"3","external_id":"loki@example.com","trigger_id":"t-1"}'


@contextmanager
def served(
    home: Path, *words: str, before: Sequence[str] = ()
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *before, "sandbox", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TRIGGERDESK_HOME": str(home)},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r'http://[^\s"]+', line)
        assert found, line
        yield found[0], process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def post(url: str, body: bytes) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)]
)
def test_it_says_where_it_answers_and_however_it_is_ended_nothing_of_it_stays(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with served(home) as (url, process):
        assert post(f"{url}/api/v2/event/100/trigger", TRIGGER) == (
            400,
            {
                "replyCode": 2008,
                "replyText": "No contact found with the external id: 3 - loki@example.com",
                "data": "",
            },
        )
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    assert list(temporary.iterdir()) == []


def test_a_hang_up_that_is_ignored_does_not_end_it(home: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with served(home) as (url, process):
            process.send_signal(signal.SIGHUP)
            assert post(f"{url}/api/v2/event/100/trigger", TRIGGER)[0] == 400
            assert process.poll() is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_serves_a_folder_names_its_mistyped_keys_logs_requests_and_keeps_trigger_ids(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "account")
    events = '[{"id": 7, "name": "hello", "atached": false},\n{"id": 8, "name": "x", "mail": false}]'
    (tmp_path / "account" / "events.json").write_text(events)
    (tmp_path / "account" / "fields.json").write_text('[{"id": 3, "name": "x", "stringid": "y"}]')
    (tmp_path / "account" / "contacts.csv").write_text("id,uid,3\n5,u5,loki@example.com\n")
    monkeypatch.setenv("TRIGGERDESK_ACCOUNT", str(tmp_path / "account"))
    keep = tmp_path / "kept.db"
    with served(home, "--json", "--log", "--keep", str(keep)) as (url, process):
        assert post(f"{url}/api/v2/event/7/trigger", TRIGGER)[0] == 200
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    *warnings, logged = err.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\dZ POST /api/v2/event/7/trigger 200 0", logged)
    for place, key in (
        ("events.json, line 1", "atached"),
        ("events.json, line 2", "mail"),
        ("fields.json, line 1", "stringid"),
    ):
        assert any(f"{place}: Unknown key '{key}', which is ignored." in one for one in warnings)
    assert keep.exists()
    assert not [file for file in home.rglob("*") if "trigger" in file.name]


def test_the_secret_is_asked_for_and_never_printed_and_the_ready_line_names_process_and_sign_in(
    home: Path,
) -> None:
    words = ("--auth", "wsse", "--user", "me001", "--secret", "hush-hush", "--json")
    command = [sys.executable, "-m", "app", "sandbox", "--port", "0", *words]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TRIGGERDESK_HOME": str(home)},
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        status, reply = post(f"{ready['url']}/api/v2/event/100/trigger", TRIGGER)
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert sorted(ready) == ["auth", "pid", "url"]
    assert (ready["pid"], ready["auth"], process.returncode) == (process.pid, "wsse", 0)
    assert (status, reply) == (401, {"message": "WSSE authentication header is missing."})
    assert "hush" not in json.dumps(ready) + out + err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--account", "nowhere", "sandbox"), "nowhere"),
        (("sandbox", "--port", "70000"), "70000"),
        (("sandbox", "--host", "256.0.0.1"), "256.0.0.1"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(desk: Desk, words: tuple[str, ...], said: str) -> None:
    ran = desk(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_taken_port_is_one_sentence(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = desk("sandbox", "--port", str(taken.getsockname()[1]))
    assert (ran.code, ran.out) == (2, "")
    assert "Choose another --port" in ran.err


def test_a_real_account_cannot_be_served(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\n')
    ran = desk("--profile", "shop", "sandbox")
    assert ran.code == 2
    assert "--profile sandbox" in ran.err


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a process keeps the number of its parent")
def test_it_ends_with_its_parent_if_asked_to(home: Path) -> None:
    parent = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', 'app', 'sandbox', '--port', '0',"
        " '--with-parent'], stdout=subprocess.PIPE); print(p.stdout.readline().decode(), flush=True)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", parent],
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
        env={**os.environ, "TRIGGERDESK_HOME": str(home)},
    )
    # The sandbox holds stderr open: it has ended once the pipe is closed.
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_duration_needs_a_number_and_a_unit(desk: Desk) -> None:
    for duration in ("24", "h", "1w", "-1h", ""):
        ran = desk("sandbox", "--remember", duration)
        assert (ran.code, ran.out) == (2, "")
        assert "such as 30m, 24h or 7d" in ran.err
