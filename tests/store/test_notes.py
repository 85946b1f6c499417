"""Drafts and templates: kept at once, found after any end of the process, gone with the person they name."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.model import Contact, Draft, Extras, SavedDraft, Template, attach
from app.store.database import StoreError, open_database
from app.store.erasure import person
from app.store.notes import Notes
from app.store.schema import NOTES
from app.store.text import microseconds

THEN = datetime(2026, 3, 1, 10, 31, 2, 123456, UTC)
DRAFT = Draft("100", "3", "thor@example.com", '{"a": ', "11")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def notes(path: Path) -> Iterator[Notes]:
    notes = Notes(path)
    yield notes
    notes.close()


def test_reading_makes_no_file(notes: Notes, path: Path) -> None:
    assert notes.draft("sandbox") is None
    assert notes.templates() == ()
    assert notes.drop_template("x") is False
    notes.drop_draft("sandbox")
    assert not path.exists()


def test_a_draft_is_kept_for_its_profile_alone_and_replaced(notes: Notes) -> None:
    notes.save_draft("sandbox", DRAFT, THEN)
    notes.save_draft("shop", Draft(event_id="7"), THEN)
    assert notes.draft("sandbox") == SavedDraft(DRAFT, THEN)
    notes.save_draft("sandbox", Draft(), THEN)
    assert notes.draft("sandbox") == SavedDraft(Draft(), THEN)
    assert notes.draft("nowhere") is None


def test_event_time_and_attachments_are_kept_with_drafts_and_templates(notes: Notes) -> None:
    extras = Extras("2026-03-01T13:00:00Z", (attach("invoice.pdf", b"\x00\xff"),))
    draft, template = DRAFT._replace(extras=extras), Template("one", "100", "{}", extras)
    notes.save_draft("sandbox", draft, THEN)
    notes.save_template(template)
    assert notes.draft("sandbox") == SavedDraft(draft, THEN)
    assert notes.templates() == (template,)


def test_drafts_and_templates_of_the_version_before_are_still_there(path: Path) -> None:
    with closing(open_database(path, NOTES._replace(steps=NOTES.steps[:2]))) as old:
        texts = ("sandbox", "100", "3", "thor@example.com", '{"a": ', "11", microseconds(THEN))
        old.execute("INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?)", texts)
        old.execute("INSERT INTO templates VALUES ('one', '100', '{}'), ('two', '100', x'7b7deda080')")
    with closing(Notes(path)) as notes:
        assert notes.draft("sandbox") == SavedDraft(DRAFT, THEN)
        half = Template("two", "100", "{}\ufffd\ufffd\ufffd")
        assert notes.templates() == (Template("one", "100", "{}"), half)


def test_a_dropped_draft_is_gone(notes: Notes) -> None:
    notes.save_draft("sandbox", DRAFT, THEN)
    notes.drop_draft("sandbox")
    assert notes.draft("sandbox") is None


@pytest.mark.parametrize("text", ["", "\x00", "[/]\x1b[31m", "é" * 200_000])
def test_any_text_comes_back_as_it_was_typed(notes: Notes, path: Path, text: str) -> None:
    draft = Draft(text, text, text, text, text)
    notes.save_draft("sandbox", draft, THEN)
    notes.save_template(Template(text, text, text))
    again = Notes(path)
    assert again.draft("sandbox") == SavedDraft(draft, THEN)
    assert again.templates() == (Template(text, text, text),)
    again.close()


def test_templates_come_by_name_and_one_of_the_same_name_is_replaced(notes: Notes) -> None:
    for name, text in (("b", "1"), ("a", "2"), ("b", "3")):
        notes.save_template(Template(name, "100", text))
    assert notes.templates() == (Template("a", "100", "2"), Template("b", "100", "3"))
    assert notes.drop_template("a") is True
    assert notes.drop_template("a") is False
    assert [template.name for template in notes.templates()] == ["b"]


def test_the_file_is_its_owners_alone(notes: Notes, path: Path) -> None:
    notes.save_draft("sandbox", DRAFT, THEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_windows_save_in_turn_and_the_last_one_counts(notes: Notes, path: Path) -> None:
    other = Notes(path)
    notes.save_draft("sandbox", DRAFT, THEN)
    other.save_draft("sandbox", Draft(event_id="1"), THEN)
    found = notes.draft("sandbox")
    assert found is not None
    assert found.draft.event_id == "1"
    other.close()


def test_a_damaged_file_is_set_aside_once_and_said(path: Path) -> None:
    path.write_bytes(b"this is no database, " * 200)
    notes = Notes(path)
    with pytest.raises(StoreError, match=r"set aside as desk\.db\.damaged-"):
        notes.draft("sandbox")
    notes.save_draft("sandbox", DRAFT, THEN)
    assert notes.draft("sandbox") == SavedDraft(DRAFT, THEN)
    (kept,) = path.parent.glob("desk.db.damaged-*")
    assert kept.read_bytes().startswith(b"this is no database")
    notes.close()


def test_a_forgotten_person_is_in_no_byte_of_the_file(notes: Notes, path: Path) -> None:
    thor = Contact("11", "aB3uid-of-thor", {"3": "Thor@Example.com", "99": "C-777-42"})
    named = person("3", "thor@example.com", [thor])
    notes.save_draft("by-mail", Draft("1", "3", "THOR@example.com"), THEN)
    notes.save_draft("by-number", Draft("2", "99", "C-777-42"), THEN)
    notes.save_draft("in-data", Draft("3", "99", "C-1", '{"to": "thor@example.com"}'), THEN)
    notes.save_draft("other", Draft("4", "3", "sif@example.com"), THEN)
    notes.save_template(Template("his", "", '{"to": "thor@example.com"}'))
    notes.save_template(Template("any", "", '{"to": "{{field:3}}"}'))
    notes.save_template(Template("attached", "", "", Extras(None, (attach("THOR@example.com.txt", b""),))))
    notes.save_typed("100", "one", '{"to": "Thor@Example.com", "name": "{{field:1}}"}')
    notes.save_typed("101", "two", '{"name": "{{field:1}}"}')
    notes.forget(named)
    assert (notes.typed("100"), notes.typed("101")) == (None, ("two", '{"name": "{{field:1}}"}'))
    assert [notes.draft(name) is None for name in ("by-mail", "by-number", "in-data", "other")] == [
        True,
        True,
        True,
        False,
    ]
    assert [template.name for template in notes.templates()] == ["any"]
    left = b"".join(file.read_bytes() for file in path.parent.iterdir()).lower()
    assert b"thor@example" not in left
    assert b"c-777-42" not in left


def test_forgetting_where_nothing_was_kept_makes_no_file(notes: Notes, path: Path) -> None:
    notes.forget(person("3", "thor@example.com", []))
    assert not path.exists()


TYPING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from app.domain.model import Draft
from app.store.notes import Notes
from app.store.schema import NOTES
from app.store.text import microseconds
notes = Notes(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    notes.save_draft("sandbox", Draft("100", "3", f"typed {number}", "x" * 5000), datetime.now(UTC))
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_what_was_typed_survives_the_hardest_end_of_the_process(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TYPING, str(path)], stdout=subprocess.PIPE, text=True
    ) as typing:
        assert typing.stdout is not None
        for _ in range(20):
            said = int(typing.stdout.readline())
        os.kill(typing.pid, signal.SIGKILL)
        rest = typing.stdout.read().split()
    last = int(rest[-1]) if rest else said
    notes = Notes(path)
    found = notes.draft("sandbox")
    notes.close()
    assert found is not None
    assert int(found.draft.external_id.removeprefix("typed ")) >= last
    assert len(found.draft.data_text) == 5000
