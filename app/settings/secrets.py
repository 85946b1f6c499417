"""Where the secret of a profile comes from: the environment, a command that prints it, the system's keyring.

No text of an exception holds a secret, nor what a command or a keyring printed.
"""

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.settings.errors import SettingsError
from app.settings.profile import Profile

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "triggerdesk"
"""The name under which the keyring holds the secrets; the user name there is the profile's."""

NOTICE_AFTER_S = 2.0
KEYRING_DEADLINE_S = 30.0
COMMAND_DEADLINE_S = 30.0
COMMAND_EXIT_S = 1.0
"""How long a command may go on after its first line before it is ended."""

LINE_CAP = 64 * 1024
"""Bytes of the longest first line that a command may print."""

WAITING = "Waiting for the keyring of this system…"

Print = Callable[[str], None]
T = TypeVar("T")


class NoKeyringError(SettingsError):
    """This machine has no keyring that can be used; why, without a full stop."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that shows as `***` wherever it is printed; only `reveal` returns it."""

    _text: str

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


def secret_variable(name: str) -> str:
    """The environment variable that holds the secret of the profile `name`."""
    return f"TRIGGERDESK_{name.upper().replace('-', '_')}_SECRET"


def find_secret(profile: Profile, environment: Mapping[str, str], terminal: Print | None = None) -> Secret:
    """The secret of a profile. Raises SettingsError if there is none, or its command fails.

    `terminal` prints a line on the terminal, which secret_command may use as well; None in the
    dashboard, which draws there.
    """
    if environment.get(secret_variable(profile.name)):
        return Secret(environment[secret_variable(profile.name)])
    if profile.secret_command is not None:
        return _first_line(profile.secret_command, profile.name, own_session=terminal is None)
    try:
        secret = _ask_keyring(partial(_get, profile.name), terminal)
        why = "the keyring holds none for it"
    except NoKeyringError as error:
        secret, why = None, str(error)
    if secret is not None:
        return secret
    raise SettingsError(
        f"No secret was found for the profile {profile.name!r} ({why}): {other_ways(profile.name)}."
    )


def other_ways(name: str) -> str:
    """What to do if the keyring does not serve, as the second half of a sentence."""
    return (
        f"set the environment variable {secret_variable(name)}, "
        "or have secret_command in the profile name a command that prints it"
    )


def store_secret(name: str, secret: Secret, terminal: Print | None = None) -> None:
    """Puts the secret of a profile into the keyring. Raises NoKeyringError."""
    _ask_keyring(lambda: _keyring().set_password(SERVICE, name, secret.reveal()), terminal)


def forget_secret(name: str, terminal: Print | None = None) -> bool:
    """Takes the secret of a profile out of the keyring; whether there was one. Raises NoKeyringError."""

    def forget() -> bool:
        ring = _keyring()
        if ring.get_password(SERVICE, name) is None:
            return False
        ring.delete_password(SERVICE, name)
        return True

    return _ask_keyring(forget, terminal)


def split_command(command: str) -> list[str]:
    """The words of a command line. Raises ValueError."""
    words = shlex.split(command, posix=os.name == "posix")
    if not words:
        raise ValueError("No command")
    return words


def in_daemon_thread(work: Callable[[], T]) -> Future[T]:
    """Runs `work` in a thread that no process waits for at its end."""
    future: Future[T] = Future()

    def run() -> None:
        future.set_running_or_notify_cancel()
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - passed on to whoever reads the future
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


# The keyring


def _get(name: str) -> Secret | None:
    found = _keyring().get_password(SERVICE, name)
    return Secret(found) if found else None


def _keyring() -> "KeyringBackend":
    import keyring  # noqa: PLC0415 - most runs need no secret from there

    ring = keyring.get_keyring()
    # The library rates what keeps secrets in plain files, or nowhere, below 1.
    if ring.priority < 1:
        raise NoKeyringError("this machine has no keyring that can be used")
    return ring


def _ask_keyring(work: Callable[[], T], terminal: Print | None) -> T:
    """What `work` returns. Raises NoKeyringError for whatever it raises, and if it hangs."""
    # In the dashboard Textual captures what is printed, and draws through descriptor 2.
    quiet = nullcontext if terminal is None else _silence
    with quiet():
        asking = in_daemon_thread(partial(_in_words, work))
        wait([asking], NOTICE_AFTER_S)
    if terminal is not None and not asking.done():
        terminal(WAITING)
    with quiet():
        wait([asking], KEYRING_DEADLINE_S - NOTICE_AFTER_S)
    if not asking.done():
        raise NoKeyringError(f"the keyring did not answer within {KEYRING_DEADLINE_S:g} seconds")
    return asking.result()


def _in_words(work: Callable[[], T]) -> T:
    try:
        return work()
    except NoKeyringError:
        raise
    except BaseException as error:  # noqa: BLE001 - backends raise anything, also SystemExit
        # The text is the backend's own and may hold anything; its kind is enough.
        raise NoKeyringError(f"the keyring did not answer: {type(error).__name__}") from None


@contextmanager
def _silence() -> Iterator[None]:
    """Shows nothing of what is printed inside, by Python, by a library in C or by a child."""
    with ExitStack() as restoring:
        nowhere = restoring.enter_context(Path(os.devnull).open("w"))
        restoring.enter_context(redirect_stdout(nowhere))
        restoring.enter_context(redirect_stderr(nowhere))
        for descriptor in (1, 2):
            with suppress(OSError):  # one that the caller has closed
                kept = os.dup(descriptor)
                restoring.callback(os.close, kept)
                restoring.callback(os.dup2, kept, descriptor)
                os.dup2(nowhere.fileno(), descriptor)
        yield


# The command


def _first_line(command: str, name: str, *, own_session: bool) -> Secret:
    where = f"profiles.{name}.secret_command"
    try:
        # No shell; what the command says on stderr could hold the secret, and is dropped.
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            split_command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=own_session,
        )
    except (OSError, ValueError) as error:
        raise SettingsError(f"{where}: could not be run ({_reason(error)}).") from None
    try:
        printed = in_daemon_thread(partial(_read_line, process))
        wait([printed], COMMAND_DEADLINE_S)
        if not printed.done():
            raise SettingsError(f"{where}: did not end within {COMMAND_DEADLINE_S:g} seconds.")
        # What it prints after that stays in the pipe: the pipe is full before memory is.
        with suppress(subprocess.TimeoutExpired):
            process.wait(COMMAND_EXIT_S)
        return _secret_in(printed, process.returncode, where)
    finally:
        _end(process, own_session=own_session)
        if process.stdout is not None and printed.done():
            process.stdout.close()


def _read_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    return process.stdout.readline(LINE_CAP + 1)


def _secret_in(printed: Future[bytes], exit_code: int | None, where: str) -> Secret:
    if exit_code:
        raise SettingsError(f"{where}: failed with exit code {exit_code}; run it manually to see why.")
    if len(printed.result()) > LINE_CAP:
        raise SettingsError(f"{where}: printed a first line of more than {LINE_CAP:,} bytes.")
    secret = Secret(os.fsdecode(printed.result().removesuffix(b"\n").removesuffix(b"\r")))
    if not secret.reveal():
        raise SettingsError(f"{where}: printed nothing in its first line.")
    return secret


def _end(process: subprocess.Popen[bytes], *, own_session: bool) -> None:
    if own_session and os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
