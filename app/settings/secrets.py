"""Where the secret of a profile comes from: the environment, a command that prints it, the system's keyring.

The only module that knows keyring. A secret is returned and nothing else: no text of an exception holds one, nor
what a command printed.
"""

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.settings.errors import SettingsError
from app.settings.profile import Profile

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "triggerdesk"
"""The name under which the keyring holds the secrets; the user name there is the profile's."""

COMMAND_DEADLINE_S = 30.0


class NoKeyringError(SettingsError):
    """This machine has no keyring that can be used; why, without a full stop."""


def secret_variable(name: str) -> str:
    """The environment variable that holds the secret of the profile `name`."""
    return f"TRIGGERDESK_{name.upper().replace('-', '_')}_SECRET"


def find_secret(profile: Profile, environment: Mapping[str, str]) -> str:
    """The secret of a profile. Raises SettingsError where there is none, or its command fails."""
    if secret := environment.get(secret_variable(profile.name)):
        return secret
    if profile.secret_command is not None:
        return _printed_by(profile.secret_command, profile.name)
    try:
        secret, why = _from_keyring(profile.name), "the keyring holds none for it"
    except NoKeyringError as error:
        secret, why = None, str(error)
    if secret:
        return secret
    raise SettingsError(
        f"No secret was found for the profile {profile.name!r} ({why}): {other_ways(profile.name)}."
    )


def other_ways(name: str) -> str:
    """What to do where the keyring does not serve, as the second half of a sentence."""
    return (
        f"set the environment variable {secret_variable(name)}, "
        "or have secret_command in the profile name a command that prints it"
    )


def store_secret(name: str, secret: str) -> None:
    """Puts the secret of a profile into the keyring. Raises NoKeyringError."""
    with _told():
        _keyring().set_password(SERVICE, name, secret)


def forget_secret(name: str) -> bool:
    """Takes the secret of a profile out of the keyring; whether there was one. Raises NoKeyringError."""
    with _told():
        ring = _keyring()
        if ring.get_password(SERVICE, name) is None:
            return False
        ring.delete_password(SERVICE, name)
        return True


def split_command(command: str) -> list[str]:
    """The words of a command line. Raises ValueError."""
    words = shlex.split(command, posix=os.name == "posix")
    if not words:
        raise ValueError("No command")
    return words


def _from_keyring(name: str) -> str | None:
    with _told():
        return _keyring().get_password(SERVICE, name)


def _keyring() -> "KeyringBackend":
    import keyring  # noqa: PLC0415 - most runs need no secret from there

    ring = keyring.get_keyring()
    # The library rates what keeps secrets in plain files, or nowhere, below 1.
    if ring.priority < 1:
        raise NoKeyringError("this machine has no keyring that can be used")
    return ring


@contextmanager
def _told() -> Iterator[None]:
    import keyring.errors  # noqa: PLC0415 - as above

    try:
        yield
    except keyring.errors.KeyringError as error:
        # The text is the backend's own; its kind is enough.
        raise NoKeyringError(f"the keyring did not answer: {type(error).__name__}") from None


def _printed_by(command: str, name: str) -> str:
    where = f"profiles.{name}.secret_command"
    try:
        # No shell; what the command says on stderr could hold the secret, and is dropped.
        ran = subprocess.run(  # noqa: S603 - the person's own command
            split_command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SettingsError(f"{where}: did not end within {COMMAND_DEADLINE_S:.0f} seconds.") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{where}: could not be run ({_reason(error)}).") from None
    if ran.returncode != 0:
        raise SettingsError(f"{where}: failed with exit code {ran.returncode}; run it by hand to see why.")
    secret = os.fsdecode(ran.stdout.partition(b"\n")[0].removesuffix(b"\r"))
    if not secret:
        raise SettingsError(f"{where}: printed nothing in its first line.")
    return secret


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
