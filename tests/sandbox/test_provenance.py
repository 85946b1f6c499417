"""Nothing is said by the sandbox whose source is not told."""

import re
from pathlib import Path

import app.sandbox
from app.domain.rules import RULES
from app.sandbox.provenance import TABLE, provenance_rows

SOURCES = Path(app.sandbox.__file__).parent


def test_every_refusal_in_the_program_has_its_row() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES.glob("*.py"))
    said = set(re.findall(r'(?:Refused|refused)\(\s*(\d+),\s*f?"', text)) | {str(rule.code) for rule in RULES}
    assert said
    assert said <= {str(row.code) for row in TABLE if row.code is not None}


def test_every_fixed_text_has_its_row() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES.glob("*.py"))
    told = "\n".join(row.what for row in TABLE)
    ours = ("The request body is over 10 MB.", "The request body did not arrive in time.")
    for said in re.findall(r'(?:Refused|refused)\(\s*\d+,\s*"([^"]+)"', text):
        assert said in told or said in ours


def test_the_table_has_a_line_a_row() -> None:
    lines = list(provenance_rows())
    assert len(lines) == len(TABLE) + 2
    assert lines[2] == "| 200 | 0 | `OK` | documented |"
    assert all(line.count("|") == 5 for line in lines)
