"""Completion: the shells' own scripts, and what they offer from the cache and the history."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_check import profile

Complete = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def complete(new_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What the shell offers for the last word of a line, with the words about it."""

    def complete(*words: str) -> list[tuple[str, str]]:
        with monkeypatch.context() as shell:
            shell.setenv("_TRIGGERDESK_COMPLETE", "zsh_complete")
            shell.setenv("COMP_WORDS", " ".join(("triggerdesk", *words)))
            shell.setenv("COMP_CWORD", str(len(words)))
            ran = new_desk()
        assert (ran.code, ran.err) == (0, "")
        lines = ran.out.splitlines()
        return list(zip(lines[1::3], lines[2::3], strict=True))

    return complete


def words_of(offered: list[tuple[str, str]]) -> list[str]:
    return [word for word, _ in offered]


def test_verbs_and_options_are_completed(complete: Complete) -> None:
    assert words_of(complete("c")) == ["check", "completion", "contacts"]
    assert words_of(complete("history", "re")) == ["resend"]
    assert "--event-time" in words_of(complete("trigger", "--e"))
    assert words_of(complete("completion", "")) == ["bash", "zsh", "fish"]


def test_events_are_completed_by_id_with_their_names_and_by_name(complete: Complete, new_desk: Desk) -> None:
    assert complete("trigger", "10") == []
    new_desk("events")
    offered = complete("trigger", "10")
    assert offered[:2] == [("100", "purchase_confirmation"), ("101", "password_reset")]
    assert len(offered) == 10
    assert complete("trigger", "purch") == [("purchase_confirmation", "100")]


def test_attempts_are_completed_by_reference_without_naming_a_person(
    complete: Complete, new_desk: Desk
) -> None:
    assert complete("history", "show", "") == []
    sent = [
        new_desk("trigger", "100", "--key", "3", "--external-id", address, "--json").json["reference"]
        for address in ("thor@example.com", "loki@example.com")
    ]
    offered = complete("history", "show", "")
    assert words_of(offered) == sent[::-1]
    assert "rejected 100" in offered[0][1]
    assert "example.com" not in repr(offered)
    assert words_of(complete("history", "diff", sent[0], sent[1][:3].lower())) == [sent[1]]


def test_profiles_are_completed_and_choose_the_account(
    complete: Complete, new_desk: Desk, home: Path
) -> None:
    profile(home, "shop", "http://127.0.0.1:1")
    assert words_of(complete("--profile", "")) == ["sandbox", "shop"]
    assert words_of(complete("trigger", "--profile", "sh")) == ["shop"]
    new_desk("events")
    assert complete("--profile", "shop", "trigger", "1") == []
    assert complete("trigger", "--profile", "shop", "1") == []
    assert len(complete("trigger", "--profile", "sandbox", "100")) == 1


def test_a_faulty_configuration_completes_nothing_and_says_nothing(complete: Complete, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("colour = 1\n")
    (home / "config.toml").chmod(0o600)
    for words in (("--profile", ""), ("trigger", "1"), ("history", "show", "")):
        assert complete(*words) == []


def test_completing_makes_no_file(complete: Complete, home: Path) -> None:
    for words in (("",), ("trigger", ""), ("history", "show", ""), ("--profile", "")):
        complete(*words)
    assert not home.exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_it_can_read(desk: Desk, shell: str) -> None:
    ran = desk("completion", shell)
    assert ran.code == 0
    assert "_TRIGGERDESK_COMPLETE" in ran.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=ran.out.encode(), check=True)


def test_another_shell_is_refused_with_the_known_ones(desk: Desk) -> None:
    ran = desk("completion", "tcsh")
    assert (ran.code, ran.out) == (2, "")
    assert "'bash', 'zsh', 'fish'" in ran.err
