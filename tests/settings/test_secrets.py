"""Where a secret comes from, which source wins, and that none of the failures says it."""

import os
import pickle
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backends import fail
from keyring.errors import KeyringLocked

from app.settings import Profile, SettingsError
from app.settings.secrets import (
    WAITING,
    NoKeyringError,
    Secret,
    find_secret,
    forget_secret,
    store_secret,
)
from tests.crashes import with_locals
from tests.keyrings import FailingKeyring, MemoryKeyring, hanging, in_place, raising, talking

SECRET = "hunter2 is ünsafe"


def shop(secret_command: str | None = None) -> Profile:
    return Profile("my-shop", "https://api.example.com/api/v2", auth="wsse", secret_command=secret_command)


def found(profile: Profile, environment: dict[str, str] | None = None) -> str:
    return find_secret(profile, environment or {}).reveal()


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
    store_secret("my-shop", Secret("from the keyring"))
    command = printing("print('from the command'); print('and more')")
    assert found(shop()) == "from the keyring"
    assert found(shop(secret_command=command)) == "from the command"
    environment = {"TRIGGERDESK_MY_SHOP_SECRET": SECRET}
    assert found(shop(secret_command="false"), environment) == SECRET


def test_an_empty_variable_is_as_good_as_none(ring: MemoryKeyring) -> None:
    store_secret("my-shop", Secret(SECRET))
    assert found(shop(), {"TRIGGERDESK_MY_SHOP_SECRET": ""}) == SECRET


def test_no_secret_anywhere_names_the_variable(ring: MemoryKeyring) -> None:
    with pytest.raises(SettingsError, match="TRIGGERDESK_MY_SHOP_SECRET"):
        find_secret(shop(), {})


def test_without_a_keyring_the_other_ways_are_named(no_ring: None) -> None:
    with pytest.raises(SettingsError, match=r"no keyring.*TRIGGERDESK_MY_SHOP_SECRET.*secret_command"):
        find_secret(shop(), {})
    with pytest.raises(NoKeyringError):
        store_secret("my-shop", Secret(SECRET))


def test_a_keyring_that_keeps_plain_text_counts_as_none() -> None:
    ring = MemoryKeyring()
    ring.priority = 0.5  # type: ignore[assignment]  # what the library gives plain files
    with in_place(ring), pytest.raises(NoKeyringError):
        store_secret("my-shop", Secret(SECRET))


FAILURES = [
    KeyringLocked("hunter2 must not be told"),
    OSError(5, "hunter2"),
    SystemExit("hunter2"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_whatever_a_keyring_raises_is_one_sentence_without_its_words(error: BaseException) -> None:
    with in_place(raising(error)):
        with pytest.raises(
            SettingsError, match=r"No secret was found .*TRIGGERDESK_MY_SHOP_SECRET"
        ) as caught:
            find_secret(shop(), {})
        with pytest.raises(NoKeyringError) as not_kept:
            store_secret("my-shop", Secret(SECRET))
        with pytest.raises(NoKeyringError) as not_forgotten:
            forget_secret("my-shop")
    for one in (caught, not_kept, not_forgotten):
        assert type(error).__name__ in str(one.value)
        assert "hunter2" not in with_locals(one.value)


class UnratedKeyring(MemoryKeyring):
    is_broken = False

    @property
    def priority(self) -> float:  # type: ignore[override]  # as of SecretService without a bus
        if self.is_broken:
            raise RuntimeError("hunter2")
        return 0.1


def test_a_keyring_that_cannot_say_whether_it_works_is_none() -> None:
    ring = UnratedKeyring()
    ring.is_broken = True
    with in_place(ring), pytest.raises(SettingsError, match="No secret was found"):
        find_secret(shop(), {})


@pytest.mark.parametrize("terminal", [None, print], ids=["dashboard", "terminal"])
def test_a_keyring_that_hangs_is_given_up(
    terminal: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.settings.secrets.NOTICE_AFTER_S", 0.05)
    monkeypatch.setattr("app.settings.secrets.KEYRING_DEADLINE_S", 0.1)
    with (
        hanging() as ring,
        in_place(ring),
        pytest.raises(SettingsError, match=r"did not answer within 0\.1 seconds.*MY_SHOP_SECRET"),
    ):
        find_secret(shop(), {}, terminal)  # type: ignore[arg-type]  # print, as a terminal has it
    assert capsys.readouterr().out.strip() == (WAITING if terminal else "")


def test_a_keyring_that_answers_at_once_is_not_waited_for_aloud(ring: MemoryKeyring) -> None:
    said: list[str] = []
    store_secret("my-shop", Secret(SECRET), said.append)
    assert find_secret(shop(), {}, said.append) == Secret(SECRET)
    assert forget_secret("my-shop", said.append)
    assert said == []


@pytest.mark.parametrize("answer", [None, SECRET])
def test_nothing_that_a_keyring_prints_is_shown(
    answer: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    with in_place(talking(answer)):
        if answer is None:
            with pytest.raises(SettingsError):
                find_secret(shop(), {}, print)
        else:
            assert find_secret(shop(), {}, print) == Secret(answer)
    os.write(1, b"out")
    os.write(2, b"err")
    assert capfd.readouterr() == ("out", "err")


def test_a_keyring_without_an_entry_has_no_secret() -> None:
    with in_place(FailingKeyring(lambda: "")), pytest.raises(SettingsError, match="holds none"):
        find_secret(shop(), {})


def test_what_is_stored_can_be_forgotten(ring: MemoryKeyring) -> None:
    store_secret("my-shop", Secret(SECRET))
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
    assert found(shop(secret_command=command)) == "$HOME; echo hunter2"


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(SettingsError, match="could not be run"):
        find_secret(shop(secret_command="/nowhere/at-all"), {})


def test_a_command_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.secrets.COMMAND_DEADLINE_S", 0.2)
    with pytest.raises(SettingsError, match="did not end"):
        find_secret(shop(secret_command=printing("import time; time.sleep(60)")), {})


def test_a_secret_of_other_bytes_than_utf8_arrives_as_it_is() -> None:
    command = printing(r"import sys; sys.stdout.buffer.write(b'caf\xe9\r\n')")
    assert found(shop(secret_command=command)).encode("utf-8", "surrogateescape") == b"caf\xe9"


@pytest.mark.parametrize("own_session", [True, False], ids=["dashboard", "terminal"])
def test_a_command_is_ended_when_its_first_line_is_there(own_session: bool, tmp_path: Path) -> None:
    mark = tmp_path / "went on"
    program = f"import time; print('thunder', flush=True); time.sleep(60); open({str(mark)!r}, 'w')"
    profile = shop(secret_command=printing(program))
    assert find_secret(profile, {}, None if own_session else print) == Secret("thunder")
    assert not mark.exists()


def test_a_command_that_prints_for_ever_after_its_first_line_is_ended() -> None:
    program = "print('thunder')\nwhile True: print('lightning' * 1000)"
    assert found(shop(secret_command=printing(program))) == "thunder"


def test_a_first_line_without_end_is_refused() -> None:
    program = "import sys\nwhile True: sys.stdout.write('2retnuh'[::-1] * 1000)"
    with pytest.raises(SettingsError, match=r"first line of more than 65,536 bytes") as caught:
        find_secret(shop(secret_command=printing(program)), {})
    assert "hunter2" not in with_locals(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="sessions are of POSIX")
@pytest.mark.parametrize("own_session", [True, False], ids=["dashboard", "terminal"])
def test_a_command_has_a_session_of_its_own_in_the_dashboard_only(own_session: bool) -> None:
    profile = shop(secret_command=printing("import os; print(os.getsid(0) == os.getpid())"))
    assert find_secret(profile, {}, None if own_session else print) == Secret(str(own_session))


# What holds a secret


def test_a_secret_shows_as_stars_wherever_it_is_printed() -> None:
    secret = Secret(SECRET)
    for shown in (str(secret), repr(secret), f"{secret}", f"{[secret]}", f"{(secret,)!r}"):
        assert "hunter2" not in shown
        assert "***" in shown
    assert secret.reveal() == SECRET
    assert pickle.loads(pickle.dumps(secret)) == secret  # noqa: S301 - pickled in the line itself


def crash(secret: Secret) -> None:
    held = {"secret": secret, "all": [secret, (secret,)]}
    raise RuntimeError(f"{held}")


def test_a_crash_beside_a_secret_does_not_show_it() -> None:
    with pytest.raises(RuntimeError) as caught:
        crash(Secret(SECRET))
    assert "hunter2" not in with_locals(caught.value)
