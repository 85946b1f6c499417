"""Where a secret comes from, which source wins, and that none of the failures says it."""

import shlex
import sys
from collections.abc import Iterator

import pytest
from keyring.backends import fail

from app.settings import Profile, SettingsError
from app.settings.secrets import NoKeyringError, find_secret, forget_secret, store_secret
from tests.keyrings import LockedKeyring, MemoryKeyring, in_place

SECRET = "hunter2 is ünsafe"


def shop(**values: object) -> Profile:
    return Profile("my-shop", "https://api.example.com/api/v2", auth="wsse", values=values)


def printing(program: str) -> str:
    return shlex.join([sys.executable, "-c", program])


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    ring = MemoryKeyring()
    with in_place(ring):
        yield ring


@pytest.fixture
def no_ring() -> Iterator[None]:
    with in_place(fail.Keyring()):
        yield


def test_the_environment_wins_over_the_command_and_that_over_the_keyring(ring: MemoryKeyring) -> None:
    store_secret("my-shop", "from the keyring")
    command = printing("print('from the command'); print('and more')")
    assert find_secret(shop(), {}) == "from the keyring"
    assert find_secret(shop(secret_command=command), {}) == "from the command"
    environment = {"TRIGGERDESK_MY_SHOP_SECRET": SECRET}
    assert find_secret(shop(secret_command="false"), environment) == SECRET


def test_an_empty_variable_is_as_good_as_none(ring: MemoryKeyring) -> None:
    store_secret("my-shop", SECRET)
    assert find_secret(shop(), {"TRIGGERDESK_MY_SHOP_SECRET": ""}) == SECRET


def test_no_secret_anywhere_names_the_variable(ring: MemoryKeyring) -> None:
    with pytest.raises(SettingsError, match="TRIGGERDESK_MY_SHOP_SECRET"):
        find_secret(shop(), {})


def test_without_a_keyring_the_other_ways_are_named(no_ring: None) -> None:
    with pytest.raises(SettingsError, match=r"no keyring.*TRIGGERDESK_MY_SHOP_SECRET.*secret_command"):
        find_secret(shop(), {})
    with pytest.raises(NoKeyringError):
        store_secret("my-shop", SECRET)


def test_a_keyring_that_keeps_plain_text_counts_as_none() -> None:
    ring = MemoryKeyring()
    ring.priority = 0.5  # type: ignore[assignment]  # what the library gives plain files
    with in_place(ring), pytest.raises(NoKeyringError):
        store_secret("my-shop", SECRET)


def test_a_locked_keyring_is_told_without_its_words() -> None:
    with in_place(LockedKeyring()), pytest.raises(SettingsError, match="KeyringLocked") as caught:
        find_secret(shop(), {})
    assert "hunter2" not in str(caught.value)


def test_what_is_stored_can_be_forgotten(ring: MemoryKeyring) -> None:
    store_secret("my-shop", SECRET)
    assert forget_secret("my-shop")
    assert not forget_secret("my-shop")
    assert ring.held == {}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; print('hunter2'); print('hunter2', file=sys.stderr); sys.exit(3)", "exit code 3"),
        ("print(); print('hunter2')", "printed nothing"),
    ],
)
def test_a_command_that_fails_is_told_without_its_output(
    program: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        find_secret(shop(secret_command=printing(program)), {})
    assert "profiles.my-shop.secret_command" in str(caught.value)
    assert "hunter2" not in str(caught.value) + "".join(capfd.readouterr())


def test_a_command_is_not_given_to_a_shell() -> None:
    command = printing("import sys; print(sys.argv[1])") + " '$HOME; echo hunter2'"
    assert find_secret(shop(secret_command=command), {}) == "$HOME; echo hunter2"


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(SettingsError, match="could not be run"):
        find_secret(shop(secret_command="/nowhere/at-all"), {})


def test_a_command_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.secrets.COMMAND_DEADLINE_S", 0.2)
    with pytest.raises(SettingsError, match="did not end"):
        find_secret(shop(secret_command=printing("import time; time.sleep(60)")), {})


def test_a_secret_of_other_bytes_than_utf8_arrives_as_it_is() -> None:
    command = printing(r"import sys; sys.stdout.buffer.write(b'caf\xe9\r\n')")
    assert find_secret(shop(secret_command=command), {}).encode("utf-8", "surrogateescape") == b"caf\xe9"
