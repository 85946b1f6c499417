"""The README is true where that can be checked: commands, verbs, keys, replies, configuration, links, the map."""

import re
from pathlib import Path

import click
import pytest

from app.cli.program import program
from app.domain.descriptions import describe
from app.domain.model import TriggerRequest
from app.domain.outcome import LABEL
from app.domain.rules import RULES
from app.sandbox.faults import KINDS
from app.sandbox.provenance import provenance_rows
from app.settings.config import PROFILE_KEYS, TOP_KEYS
from app.tui.app import TriggerDeskApp
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.dashboard import Dashboard
from app.tui.widgets.history_table import HistoryPane

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^##+ {re.escape(title)}$(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_two_commands_are_those_that_are_promised() -> None:
    assert re.findall(r"^```sh\n(.*?)\n```$", section("Start"), re.MULTILINE | re.DOTALL) == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/triggerdesk",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ]


@pytest.mark.parametrize("verb", sorted(program.commands))
def test_every_verb_and_every_option_of_it_is_documented(verb: str) -> None:
    text = section("The command line")
    assert f"`{verb}" in text
    command = program.commands[verb]
    for parameter in command.params:
        for option in parameter.opts:
            if isinstance(parameter, click.Option) and option.startswith("--"):
                assert option in text, f"{verb} {option} is not in the README"


def test_every_option_before_the_verb_is_documented() -> None:
    for parameter in program.params:
        assert parameter.opts[0] in section("The command line")


def test_every_key_of_the_dashboard_is_listed() -> None:
    listed = {key.strip() for row in rows(section("Keys")) for key in row[0].split(",")} | {"slash", "j", "k"}
    for bindings in (
        Dashboard.BINDINGS,
        TriggerDeskApp.BINDINGS,
        HistoryPane.BINDINGS,
        AttemptScreen.BINDINGS,
    ):
        for binding in bindings:
            keys = binding.key if hasattr(binding, "key") else binding[0]
            assert set(keys.split(",")) <= listed, f"{keys} is not in the README"


def test_the_replies_stand_in_the_order_of_judging_with_their_exact_words() -> None:
    table = {
        int(row[0]): row for row in rows(section("The replies, and how to get each")) if row[0].isdigit()
    }
    assert list(table) == [0, *(rule.code for rule in RULES)]
    for rule in RULES:
        event_id, key_id, external_id = (part.strip().strip("`") for part in table[rule.code][4].split(","))
        if external_id == "nothing":
            external_id = ""
        assert table[rule.code][1] == f"`{rule.text(TriggerRequest(event_id, key_id, external_id))}`"
        assert table[rule.code][2] == describe(rule.code)


def test_every_outcome_is_shown_by_its_symbol_and_word() -> None:
    for symbol, word in LABEL.values():
        assert f"{symbol} {word}" in section("Outcomes") + section("The replies, and how to get each")


@pytest.mark.parametrize("key", [*TOP_KEYS, *PROFILE_KEYS])
def test_every_key_of_the_configuration_is_documented(key: str) -> None:
    assert key in section("Configuration")


def test_every_part_of_the_package_is_on_the_map() -> None:
    for part in (CHECKOUT / "app").iterdir():
        if part.name.startswith("_"):
            continue
        name = f"`app/{part.name}/`" if part.is_dir() else f"`app/{part.name}`"
        assert name in section("The map of the code"), f"{name} is not on the map"


def test_links_and_pictures_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    for target in targets:
        assert (CHECKOUT / target).exists(), f"{target} does not exist"


def test_where_each_rule_of_the_sandbox_comes_from_is_told() -> None:
    assert "\n".join(provenance_rows()) in section("What is documented, and what is assumed")


def test_every_kind_of_failure_is_listed() -> None:
    for kind in KINDS:
        assert kind in section("The sandbox on a port")
