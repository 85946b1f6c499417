"""README, manual and architecture are true where that can be checked."""

import json
import re
import shlex
import signal
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
from click.testing import CliRunner
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.cli.errors import ENDING, ExitCode
from app.cli.main import program
from app.domain.history_query import FIELDS, SETTLEMENTS, Clock, SortColumn, parse_query
from app.domain.model import LABEL, Outcome, TriggerRequest
from app.domain.reply_codes import describe
from app.domain.rules import RULES
from app.resources import help_pages, sample_data
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.faults import KINDS, Fault
from app.settings.config import PROFILE_KEYS, TOP_KEYS
from app.settings.keymap import ACTIONS
from app.tui.widgets.table import VirtualTable
from tests.benchmarks.__main__ import MODULES
from tests.sandbox.asking import Asker

CHECKOUT = Path(__file__).parents[1]
README = CHECKOUT / "README.md"
ARCHITECTURE = CHECKOUT / "app" / "README.md"
BENCHMARKS = CHECKOUT / "tests" / "benchmarks" / "README.md"
MANUAL = help_pages()
FOR_PEOPLE = [README, *MANUAL]
CONTACT = ("--key", "3", "--external-id")

pages = pytest.mark.parametrize("paper", [*FOR_PEOPLE, ARCHITECTURE, BENCHMARKS], ids=lambda path: path.stem)


def read(paper: Path) -> str:
    return paper.read_text(encoding="utf-8")


def page(topic: str) -> str:
    return read(CHECKOUT / "app" / "help" / f"{topic}.md")


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {title}"
    return found[1]


def tables(text: str) -> Iterator[list[list[str]]]:
    """The tables of a page: rows of cells, the header first."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()]
        yield [rows[0], *rows[2:]]


def first_cells(text: str, header: str) -> list[str]:
    """The first cells of all tables whose first column has this title."""
    return [row[0] for table in tables(text) if table[0][0] == header for row in table[1:]]


def names(cells: Iterable[str]) -> list[str]:
    """What the cells name in code marks."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)


COMMANDS = {(): program, **dict(commands(program))}


def options(command: click.Command) -> set[str]:
    return {
        name
        for one in command.params
        if isinstance(one, click.Option)
        for name in (*one.opts, *one.secondary_opts)
        if name.startswith("--")
    }


def run(home: Path, *words: str) -> str:
    """What the command line prints on stdout, run in this process."""
    before = {number: signal.getsignal(number) for number in ENDING}
    environment = {"TRIGGERDESK_HOME": str(home), "TRIGGERDESK_PROFILE": None, "TRIGGERDESK_ACCOUNT": None}
    ran = CliRunner().invoke(program, list(words), prog_name="triggerdesk", env=environment)
    # A verb that sends ends its process, and from then on ignores these signals.
    for number, handler in before.items():
        signal.signal(number, handler)
    assert ran.exit_code in (0, 1), ran.stderr
    return ran.stdout


def test_the_readme_is_read_in_one_sitting() -> None:
    assert README.stat().st_size < 12_000


@pytest.mark.parametrize("paper", MANUAL, ids=lambda path: path.stem)
def test_no_page_of_the_manual_is_longer_than_a_few_screens(paper: Path) -> None:
    assert paper.stat().st_size <= 8_192


def test_the_two_commands_are_those_that_are_promised() -> None:
    blocks = re.findall(r"^```sh\n(.*?)\n```$", section(read(README), "Start"), re.MULTILINE | re.DOTALL)
    assert blocks == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/triggerdesk",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ]


@pages
def test_links_and_pictures_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", read(paper)):
        assert (paper.parent / target).exists(), f"{target} does not exist"


def test_the_readme_links_every_page_of_the_manual() -> None:
    for paper in MANUAL:
        assert f"(app/help/{paper.name})" in read(README)


@pytest.mark.parametrize("verb", COMMANDS, ids=" ".join)
def test_every_verb_is_documented_with_its_options(verb: tuple[str, ...]) -> None:
    text = "\n".join(map(read, FOR_PEOPLE))
    assert re.search(rf"\b{' '.join(verb)}\b", text)
    for option in options(COMMANDS[verb]):
        assert re.search(rf"{option}\b(?!-)", text), f"{' '.join(verb)} {option} is in no page"


@pytest.mark.parametrize("paper", FOR_PEOPLE, ids=lambda path: path.stem)
def test_every_option_that_is_documented_exists(paper: Path) -> None:
    known = {option for command in COMMANDS.values() for option in options(command)} | {"--help"}
    assert set(re.findall(r"(?<=`)--[a-z-]+", read(paper))) <= known


@pytest.mark.parametrize("paper", FOR_PEOPLE, ids=lambda path: path.stem)
def test_every_example_of_the_command_line_is_accepted_by_the_parser(paper: Path) -> None:
    for line in shell_lines(read(paper)):
        name, *words = shlex.split(line)
        if name != "triggerdesk":
            continue
        at = next((at for at, word in enumerate(words) if (word,) in COMMANDS), len(words))
        program.make_context(name, words[:at])
        length = 2 if tuple(words[at : at + 2]) in COMMANDS else 1
        verb = tuple(words[at : at + length])
        COMMANDS[verb].make_context(" ".join(verb), words[at + length :])


def test_the_examples_of_the_command_line_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sample_data").symlink_to(CHECKOUT / "sample_data")
    monkeypatch.chdir(tmp_path)
    examples = shell_lines(section(read(README), "The command line"))
    printed = [run(tmp_path / "home", *shlex.split(line)[1:]) for line in examples]
    assert len(printed) > 5
    assert json.loads(printed[0])["outcome"] == "accepted"
    assert (tmp_path / "attempts.csv").stat().st_size > 0


@pytest.mark.parametrize(
    "paper", [README, CHECKOUT / "app" / "help" / "sandbox.md"], ids=lambda path: path.stem
)
def test_the_examples_for_other_clients_are_accepted(paper: Path, tmp_path: Path) -> None:
    examples = [shlex.split(line) for line in shell_lines(read(paper)) if line.startswith("curl")]
    assert examples
    with (
        closing(SandboxAccount(sample_data(), tmp_path / "sandbox.db")) as account,
        closing(create_sandbox(account)) as sandbox,
    ):
        for words in examples:
            (url,) = (word for word in words if word.startswith("http://127.0.0.1:8042/"))
            assert Asker(sandbox).post(urlsplit(url).path, words[words.index("-d") + 1]).status == 200


def test_the_replies_are_in_the_order_of_judging_with_their_exact_words() -> None:
    (table,) = tables(section(read(README), "The seven replies"))
    by_code = {int(row[0]): row for row in table[1:]}
    assert list(by_code) == [0, *(rule.code for rule in RULES)]
    assert by_code[0][1:3] == ["`OK`", "OK"]
    for rule in RULES:
        event_id, key_id, external_id = (cell.strip(" `") for cell in by_code[rule.code][4].split(","))
        if external_id == "nothing":
            external_id = ""
        assert by_code[rule.code][1] == f"`{rule.text(TriggerRequest(event_id, key_id, external_id))}`"
        assert by_code[rule.code][2] == describe(rule.code)


def test_the_manual_produces_each_reply_as_the_readme_does() -> None:
    (ours,) = tables(section(read(README), "The seven replies"))
    (theirs,) = tables(section(page("replies"), "Produce each reply"))
    wanted = [[row[0], *(cell.strip() for cell in row[4].split(","))] for row in ours[1:]]
    assert [[cell.replace("(empty)", "nothing") for cell in row] for row in theirs[1:]] == wanted


def test_every_outcome_is_shown_by_its_symbol_and_word() -> None:
    for symbol, word in LABEL.values():
        assert f"{symbol} {word}" in read(README)
        assert f"| {symbol} {word} |" in page("symbols")


def bound(bindings: Iterable[BindingType]) -> set[str]:
    keys = (one.key if isinstance(one, Binding) else one[0] for one in bindings)
    return {key.strip() for some in keys for key in some.split(",")}


OURS = bound([*((keys, "", "") for keys in ACTIONS.values()), *VirtualTable.BINDINGS])


def listed_keys() -> set[str]:
    cells = [cell for paper in FOR_PEOPLE for cell in first_cells(read(paper), "key")]
    spelled = {key.strip() for cell in cells if not cell.startswith("`") for key in cell.split(",")}
    return {{"/": "slash", "?": "question_mark"}.get(key, key) for key in spelled}


def test_every_key_of_the_dashboard_is_listed() -> None:
    assert OURS - listed_keys() == set()


def test_every_key_that_is_listed_exists() -> None:
    textual = bound([*App.BINDINGS, *Screen.BINDINGS]) | {App.COMMAND_PALETTE_BINDING}
    assert listed_keys() - OURS - textual == set()


def test_the_readme_has_ten_keys() -> None:
    assert len(first_cells(section(read(README), "Ten keys"), "key")) == 10


def test_every_field_of_a_query_is_documented_with_an_example() -> None:
    examples = names(first_cells(page("queries"), "query"))
    for field in FIELDS:
        assert any(example.startswith(f"{field}:") for example in examples), f"{field}: has no example"


@pytest.mark.parametrize("value", [*Outcome, *SortColumn, *SETTLEMENTS])
def test_every_value_that_a_query_can_name_is_documented(value: str) -> None:
    assert re.search(rf"\b{value}\b", page("queries"))


@pytest.mark.parametrize("example", names(first_cells(page("queries"), "query")))
def test_every_example_of_a_query_is_understood(example: str) -> None:
    parse_query(example, Clock(datetime(2026, 3, 2, 12, tzinfo=UTC), UTC))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two attempts."""
    home = tmp_path_factory.mktemp("papers") / "home"
    run(home, "trigger", "100", *CONTACT, "twin@example.com")
    run(home, "trigger", "100", *CONTACT, "thor@example.com")
    return home


def first_object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.splitlines()[0])
    return found


def keys_of(title: str) -> list[str]:
    return names(first_cells(section(page("json"), title), "key"))


def test_the_keys_of_an_attempt_are_those_that_are_documented(tried: Path) -> None:
    attempt = first_object(run(tried, "history", "--json"))
    shown = first_object(run(tried, "history", "show", attempt["attempt_id"], "--json"))
    assert keys_of("The attempt") == list(shown)
    assert list(attempt) == list(shown)[: len(attempt)]


def test_the_keys_of_a_dry_run_are_those_that_are_documented(tried: Path) -> None:
    planned = first_object(run(tried, "trigger", "100", *CONTACT, "thor@example.com", "--dry-run", "--json"))
    attempt = first_object(run(tried, "history", "--json"))
    assert set(planned) - set(attempt) == {"request"}
    for key in ("request", *planned["request"]):
        assert f"`{key}`" in section(page("json"), "The attempt")


@pytest.mark.parametrize(
    "words",
    [
        ("events",),
        ("fields",),
        ("contacts",),
        ("profile", "list"),
        ("history", "stats"),
        ("history", "diff"),
    ],
    ids=" ".join,
)
def test_the_keys_of_other_json_are_documented(tried: Path, words: tuple[str, ...]) -> None:
    lines = run(tried, "history", "--json").splitlines() if words[-1] == "diff" else []
    told = first_object(run(tried, *words, *(json.loads(line)["attempt_id"] for line in lines), "--json"))
    rows = {
        name: row[1] for row in next(tables(section(page("json"), "Other JSON"))) for name in names([row[0]])
    }
    for key in told:
        assert f"`{key}`" in rows[f"{' '.join(words)} --json"]


def test_every_format_and_every_exit_code_is_documented() -> None:
    (formats,) = (one for one in COMMANDS["history",].params if one.name == "format_name")
    assert isinstance(formats.type, click.Choice)
    assert names(first_cells(page("json"), "`--format`")) == list(formats.type.choices)
    assert first_cells(page("json"), "code") == [str(int(code)) for code in ExitCode]


def test_the_keys_of_the_configuration_are_those_that_are_documented() -> None:
    listed = names(first_cells(section(page("profiles"), "config.toml"), "key"))
    plain = [name.strip("[]").removesuffix(".NAME") for name in listed]
    assert sorted(plain) == sorted([*TOP_KEYS, *PROFILE_KEYS])


def test_the_example_of_a_configuration_is_accepted(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", page("profiles"), re.MULTILINE | re.DOTALL)
    (tmp_path / "config.toml").write_text(example, encoding="utf-8")
    (tmp_path / "config.toml").chmod(0o600)
    listed = [json.loads(line)["name"] for line in run(tmp_path, "profile", "list", "--json").splitlines()]
    assert {"local", "mine"} <= set(listed)


@pytest.mark.parametrize("word", [*KINDS, *Fault.__dataclass_fields__])
def test_every_fault_of_the_sandbox_is_documented(word: str) -> None:
    assert re.search(rf"[`\"]{word}[`\"]", section(page("sandbox"), "Make it fail"))


def test_every_part_of_the_package_is_on_the_map() -> None:
    listed = set(names(first_cells(section(read(ARCHITECTURE), "Map"), "part")))
    parts = (part for part in (CHECKOUT / "app").iterdir() if part.suffix != ".md")
    there = {f"{part.name}/" if part.is_dir() else part.name for part in parts}
    there -= {"__init__.py", "__pycache__/"}
    assert {part for part in listed if re.fullmatch(r"\w+(/|\.py)", part)} == there


def test_every_benchmark_is_explained() -> None:
    for module in MODULES:
        assert f"`{module}`" in read(BENCHMARKS)
