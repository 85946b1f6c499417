"""The verbs of the team, and the headless trigger with one."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.cli.conftest import Desk, desk, filled_home, home, open_account, served_account
from tests.team.conftest import KEY
from tests.team.proxy import Proxy

__all__ = ["desk", "filled_home", "home", "open_account", "served_account"]

THOR = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
As = Callable[[str], None]


@pytest.fixture
def at(
    tmp_path: Path, uri: str, account: str, open_account: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> As:
    """Sits down at the desk of a member, who has joined."""

    def sit(member: str) -> None:
        monkeypatch.setenv("TRIGGERDESK_HOME", str(tmp_path / member))
        if not (tmp_path / member).exists():
            assert (
                desk("profile", "add", account, "--base-url", f"{open_account}/api/v2", "--default").code == 0
            )
            joined = desk("team", "join", account, "--uri", uri, "--key", KEY.text, "--member", member)
            assert (joined.code, joined.out) == (
                0,
                f"{member} joined the team with the profile {account!r}.\n",
            )

    return sit


def configure(tmp_path: Path, member: str, line: str) -> None:
    file = tmp_path / member / "config.toml"
    file.write_text(f"{file.read_text()}{line}\n")


@pytest.fixture
def database(uri: str) -> Iterator[str]:
    """The address of an empty database of its own."""
    with psycopg.connect(uri, autocommit=True) as admin:
        admin.execute("CREATE DATABASE founding")
        yield uri.replace("/postgres?", "/founding?")
        admin.execute("DROP DATABASE founding WITH (FORCE)")


def test_a_team_is_founded_once_and_only_its_key_joins_a_desk(
    desk: Desk, home: Path, database: str, open_account: str
) -> None:
    for wrong, why in (
        ("desks", "must begin with postgresql://"),
        ("postgresql://admin:secret@db.example.com/desks", "must hold no password"),
    ):
        refused = desk("team", "init", wrong)
        assert (refused.code, refused.out) == (2, "")
        assert f"URI {why}" in refused.err
    founded = desk("team", "init", database)
    assert founded.code == 0
    at = database.replace("postgres:@", "LOGIN@")
    assert founded.out.startswith(f"triggerdesk team join PROFILE --uri {at} --key ")
    assert "grant the role triggerdesk_desk to each login" in founded.err
    again = desk("team", "init", database)
    assert (again.code, again.out) == (0, "")
    assert "up to date" in again.err
    desk("profile", "add", "shop", "--base-url", f"{open_account}/api/v2")
    before = (home / "config.toml").read_text()
    assert desk("team", "join", "shop", "--uri", database, "--key", KEY.text[:-2]).code == 2
    other = desk("team", "join", "shop", "--uri", database, "--key", KEY.text)
    assert (other.code, other.out) == (2, "")
    assert "not the key of this team" in other.err
    assert "team =" not in (home / "config.toml").read_text()
    assert before in (home / "config.toml").read_text()
    assert not (home / "team.key").exists()
    assert "`triggerdesk team join`" in desk("--profile", "shop", "history", "--team").err
    words = founded.out.replace("PROFILE", "shop").replace("LOGIN@", "postgres:@").split()[1:]
    assert desk(*words, "--member", "Anna").code == 0
    config = tomllib.loads((home / "config.toml").read_text())
    assert (config["member"], config["profiles"]["shop"]["team"]) == ("Anna", database)
    assert (home / "team.key").stat().st_mode & 0o777 == 0o600
    assert desk("team", "status", "shop", "--json").json["members"] == ["Anna"]
    assert desk("team", "leave", "shop").code == 0
    assert "team" not in tomllib.loads((home / "config.toml").read_text())["profiles"]["shop"]
    assert desk("team", "status", "shop").code == 2


def test_the_warning_on_standard_error_names_the_member_and_it_is_sent(desk: Desk, at: As) -> None:
    at("Anna")
    first = desk(*THOR, "--json").json
    at("Bert")
    second = desk(*THOR)
    assert second.code == 0
    assert "Anna triggered this" in second.err
    assert f"(accepted, {first['reference']})" in second.err
    listed = desk("history", "--team", "--json").lines
    assert [(one["member"], one["attempt_id"]) for one in listed][1] == ("Anna", first["attempt_id"])
    assert desk("history", "--json").lines[0].keys() == first.keys()
    assert desk("history", "--team", "--query", "person:thor@example.com", "--json").lines == listed
    assert desk("history", "--team", "--format", "csv").out.splitlines()[0].endswith(",member")
    assert "MEMBER" in desk("history", "--team").out
    assert "| Member |" in desk("history", "--team", "--format", "markdown").out
    status = desk("team", "status", *at_account(desk), "--json").json
    assert list(status) == ["reachable", "member", "members", "pending", "last_sync"]
    assert (status["reachable"], status["member"], status["members"], status["pending"]) == (
        True, "Bert", ["Anna", "Bert"], 0,
    )  # fmt: skip


def at_account(desk: Desk) -> tuple[str, ...]:
    """The profile that is the default."""
    return tuple(one["name"] for one in desk("profile", "list", "--json").lines if one["default"])


def test_a_production_send_waits_for_another_members_yes_once(
    desk: Desk, at: As, tmp_path: Path, account: str
) -> None:
    at("Anna")
    configure(tmp_path, "Anna", "production = true\napprove = true")
    live = (*THOR, "--production", account)
    asked = desk(*live)
    assert (asked.code, asked.out) == (2, "")
    assert "Another member must approve this first" in asked.err
    assert desk("history", "--json").lines == []
    (line,) = (row for row in desk("team", "approve", account).out.splitlines() if "Anna" in row)
    own = desk("team", "approve", account, line.split()[0])
    assert own.code == 2
    assert "Nobody approves their own" in own.err
    at("Bert")
    assert desk("team", "approve", account, line.split()[0]).code == 0
    at("Anna")
    assert desk(*live, "--data", '{"other": 1}').code == 2
    assert desk(*live).code == 0
    assert desk(*live).code == 2, "an approval counts once"
    assert len(desk("history", "--json").lines) == 1


def test_a_team_that_does_not_answer_ends_sync_with_4_and_a_required_one_ends_a_send_with_2(
    desk: Desk, home: Path, proxy: Proxy, account: str, open_account: str
) -> None:
    desk("profile", "add", account, "--base-url", f"{open_account}/api/v2", "--default")
    assert desk("team", "join", account, "--uri", proxy.uri, "--key", KEY.text, "--member", "Anna").code == 0
    proxy.unplug()
    gone = desk("team", "sync", account)
    assert (gone.code, gone.out) == (4, "")
    assert desk("team", "status", account, "--json").json["reachable"] is False
    sent = desk(*THOR)
    assert sent.code == 0
    assert "The team is not reachable." in sent.err
    assert [one["member"] for one in desk("history", "--team", "--json").lines] == ["Anna"]
    with (home / "config.toml").open("a") as file:
        file.write("team_required = true\n")
    refused = desk("trigger", "100", "--key", "id", "--external-id", "12")
    assert (refused.code, refused.out) == (2, "")
    assert "team_required = false" in refused.err
    assert len(desk("history", "--json").lines) == 1
    proxy.plug_in()
    assert desk("team", "sync", account).code == 0
    assert desk("team", "status", account, "--json").json["pending"] == 0


def test_a_mistake_in_the_configuration_is_named(desk: Desk, home: Path) -> None:
    home.mkdir()
    for line, reason in (
        ('team = "https://db.example.com"', "must begin with postgresql://"),
        ('team = "postgresql://anna:secret@db.example.com/desks"', "must hold no password"),
        ('team = "postgresql://db.example.com/desks?password=secret"', "must hold no password"),
        ('team_share = "some"', "must be one of outcome, all"),
        ('team_required = "yes"', "must be true or false"),
        ('team_account = ""', "must be text and not empty"),
        ("approve = 1", "must be true or false"),
    ):
        file = home / "config.toml"
        file.write_text(f'[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v2"\n{line}\n')
        refused = desk("--profile", "shop", "history")
        assert refused.code == 2
        assert reason in refused.err
        assert "secret" not in refused.err
