"""Whatever the sandbox says has its source in the README: documented, observed in public clients, or assumed."""

import re
from pathlib import Path

import app.sandbox
from app.domain.rules import RULES
from app.sandbox import responses

FOLDER = Path(app.sandbox.__file__).parent
CODE = "\n".join(file.read_text(encoding="utf-8") for file in sorted(FOLDER.rglob("*.py")))
LINES = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
]
ROWS = LINES[1:]
SAID = [value for value in vars(responses).values() if isinstance(value, tuple)]
REJECTED = [(int(code), text) for code, text in re.findall(r'Rejected\(\s*(\d+),\s*f?"([^"]+)"', CODE)]


def test_each_row_says_where_it_comes_from() -> None:
    assert LINES[0] == ["HTTP", "code", "what", "source"]
    assert {row[3] for row in ROWS} == {"documented", "observed in public clients", "assumed"}
    assert ["200", "0", "`OK`", "documented"] in ROWS


def test_every_reply_code_has_its_row() -> None:
    assert len(SAID) > 5
    assert len(REJECTED) > 10
    codes = {rule.code for rule in RULES} | {code for code, *_ in SAID} | {code for code, _ in REJECTED}
    assert codes <= {int(row[1]) for row in ROWS if row[1]}


def test_every_fixed_text_has_its_row() -> None:
    table = "\n".join(row[2] for row in ROWS)
    own = {responses.TOO_LARGE[1], responses.TOO_SLOW[1]}
    texts = {text for _, text, *_ in SAID} | {text for _, text in REJECTED if "{" not in text}
    assert {text for text in texts - own if text not in table} == set()


def test_every_guess_in_the_code_is_an_assumed_row_and_every_assumed_row_a_guess_in_the_code() -> None:
    guesses = re.findall(r"# GUESS: (.+)", CODE)
    assumed = [row[2] for row in ROWS if row[3] == "assumed"]
    assert {guess for guess in guesses if not any(row.startswith(guess) for row in assumed)} == set()
    assert {row for row in assumed if not any(row.startswith(guess) for guess in guesses)} == set()
