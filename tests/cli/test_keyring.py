"""A keyring that fails in any way is one sentence and exit code 2, whatever it prints."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.settings.secrets import WAITING

CONFIG = '[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v3"\nauth = "oauth"\nclient_id = "desk"\n'
TRIGGER = ("--profile", "shop", "trigger", "100", "--key", "3", "--external-id", "thor@example.com")
RINGS = """
import os, sys
from threading import Event
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    priority = 9

    def set_password(self, service, username, password):
        pass

class Hanging(Ring):
    def get_password(self, service, username):
        Event().wait()

class Talking(Ring):
    def get_password(self, service, username):
        print("hunter2")
        print("hunter2", file=sys.stderr)
        os.write(1, b"hunter2")
        os.write(2, b"hunter2")
        os.system("echo hunter2; echo hunter2 >&2")
        raise RuntimeError("hunter2")

class Leaving(Ring):
    def get_password(self, service, username):
        sys.exit("hunter2")
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the program with a keyring backend of this name."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rings.py").write_text(RINGS)

    def start(backend: str, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "app", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "TRIGGERDESK_HOME": str(tmp_path),
                "PYTHON_KEYRING_BACKEND": backend,
                "PYTHONPATH": str(tmp_path),
            },
        )

    return start


@pytest.mark.parametrize(
    ("backend", "words", "kind"),
    [
        pytest.param("rings.NoSuchRing", TRIGGER, "AttributeError", marks=pytest.mark.slow),
        ("rings.Talking", TRIGGER, "RuntimeError"),
        pytest.param("rings.Talking", (*TRIGGER, "--dry-run"), "RuntimeError", marks=pytest.mark.slow),
        pytest.param("rings.Leaving", ("--profile", "shop", "refresh"), "SystemExit", marks=pytest.mark.slow),
        ("no.such.Backend", ("--profile", "shop", "profile", "check"), "ModuleNotFoundError"),
    ],
)
def test_a_keyring_that_fails_is_one_sentence_and_2(
    start: Start, backend: str, words: tuple[str, ...], kind: str
) -> None:
    running = start(backend, *words)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert err.startswith(
        f"triggerdesk: No secret was found for the profile 'shop' (the keyring did not answer: {kind}): "
        "set the environment variable TRIGGERDESK_SHOP_SECRET, "
    )
    assert err.count("\n") == 1
    assert "hunter2" not in err


def test_a_keyring_that_hangs_is_told_and_ctrl_c_ends_the_wait(start: Start) -> None:
    running = start("rings.Hanging", *TRIGGER)
    assert running.stderr is not None
    assert running.stderr.readline() == f"triggerdesk: {WAITING}\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (4, "")
    assert err == "triggerdesk: Stopped. Nothing was sent or recorded.\n"
