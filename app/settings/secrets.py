"""Finds the secret of a profile: in the environment, by a command that prints it, or in the system's keyring.

No exception's text holds a secret or the output of a command or keyring.
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

from app.domain.errors import reason_of
from app.settings.profile import Profile, SettingsError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "triggerdesk"
"""The service name of the secrets in the keyring; the user name there is the profile's name."""

NOTICE_AFTER_S = 2.0
KEYRING_DEADLINE_S = 30.0
COMMAND_DEADLINE_S = 30.0
COMMAND_EXIT_S = 1.0
LINE_CAP = 64 * 1024
WAITING = "Waiting for the keyring of this system…"

Print = Callable[[str], None]
T = TypeVar("T")


class NoKeyringError(SettingsError):
    """This machine has no usable keyring; the reason, without a full stop."""


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
    return f"TRIGGERDESK_{name.upper().replace('-', '_')}_SECRET"


def find_secret(profile: Profile, environment: Mapping[str, str], terminal: Print | None = None) -> Secret:
    """The secret of a profile. `terminal` prints a line; None in the dashboard. Raises SettingsError."""
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


def team_secret(name: str, environment: Mapping[str, str], terminal: Print | None = None) -> Secret | None:
    """The password of the profile's team database; None leaves it to libpq's passfile."""
    if given := environment.get(secret_variable(f"{name}-team")):
        return Secret(given)
    try:
        return _ask_keyring(partial(_get, f"{name}-team"), terminal)
    except NoKeyringError:
        return None


def other_ways(name: str) -> str:
    """How to give the secret without a keyring, as the second half of a sentence."""
    return (
        f"set the environment variable {secret_variable(name)}, "
        "or set secret_command in the profile to a command that prints it"
    )


def store_secret(name: str, secret: Secret, terminal: Print | None = None) -> None:
    _ask_keyring(lambda: _keyring().set_password(SERVICE, name, secret.reveal()), terminal)


def forget_secret(name: str, terminal: Print | None = None) -> bool:
    """Deletes a profile's secret from the keyring; returns whether there was one. Raises NoKeyringError."""

    def forget() -> bool:
        ring = _keyring()
        if ring.get_password(SERVICE, name) is None:
            return False
        ring.delete_password(SERVICE, name)
        return True

    return _ask_keyring(forget, terminal)


def split_command(command: str) -> list[str]:
    words = shlex.split(command, posix=os.name == "posix")
    if not words:
        raise ValueError("No command")
    return words


def in_daemon_thread(work: Callable[[], T]) -> Future[T]:
    """Runs `work` in a thread that does not keep the process alive."""
    future: Future[T] = Future()

    def run() -> None:
        future.set_running_or_notify_cancel()
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised where the future is read
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


# The keyring


def _get(name: str) -> Secret | None:
    found = _keyring().get_password(SERVICE, name)
    return Secret(found) if found else None


def _keyring() -> "KeyringBackend":
    import keyring  # noqa: PLC0415 - most runs do not need the keyring

    ring = keyring.get_keyring()
    # The library rates backends below 1 that store in plain files or not at all.
    if ring.priority < 1:
        raise NoKeyringError("this machine has no keyring that can be used")
    return ring


def _ask_keyring(work: Callable[[], T], terminal: Print | None) -> T:
    """Returns the result of `work`. Raises NoKeyringError if `work` raises anything or hangs."""
    # In the dashboard Textual captures prints and draws through descriptor 2.
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
    except BaseException as error:  # noqa: BLE001 - backends raise anything, even SystemExit
        # The backend's text may hold a secret; its type is enough.
        raise NoKeyringError(f"the keyring did not answer: {type(error).__name__}") from None


@contextmanager
def _silence() -> Iterator[None]:
    """Discards everything printed inside, by Python, a C library or a child process."""
    with ExitStack() as restoring:
        nowhere = restoring.enter_context(Path(os.devnull).open("w"))
        restoring.enter_context(redirect_stdout(nowhere))
        restoring.enter_context(redirect_stderr(nowhere))
        for descriptor in (1, 2):
            with suppress(OSError):  # the caller has closed this descriptor
                kept = os.dup(descriptor)
                restoring.callback(os.close, kept)
                restoring.callback(os.dup2, kept, descriptor)
                os.dup2(nowhere.fileno(), descriptor)
        yield


# The command


def _first_line(command: str, name: str, *, own_session: bool) -> Secret:
    where = f"profiles.{name}.secret_command"
    try:
        # No shell. Its stderr could hold the secret, so it is dropped.
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            split_command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=own_session,
        )
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else type(error).__name__
        raise SettingsError(f"{where}: could not be run ({reason}).") from None
    output = process.stdout
    assert output is not None  # noqa: S101 - it is a pipe
    printed = in_daemon_thread(partial(output.readline, LINE_CAP + 1))
    try:
        wait([printed], COMMAND_DEADLINE_S)
        if not printed.done():
            raise SettingsError(f"{where}: did not end within {COMMAND_DEADLINE_S:g} seconds.")
        # Later output stays in the pipe, which fills up before memory does.
        with suppress(subprocess.TimeoutExpired):
            process.wait(COMMAND_EXIT_S)
        return _secret_in(printed, process.returncode, where)
    finally:
        _end(process, own_session=own_session)
        printed.add_done_callback(lambda _: output.close())


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
