"""Account folders of any size for the sandbox's benchmarks: invented people, five fields."""

import csv
import json
from pathlib import Path

EVENTS = 20
FIELDS = ("3", "1", "2", "15", "10142")


def write_account(folder: Path, contacts: int) -> Path:
    """An account folder with `contacts` contacts; the last hundred share their e-mail address in twos."""
    folder.mkdir(parents=True)
    events = [{"id": str(100 + n), "name": f"event_{n}"} for n in range(EVENTS)]
    (folder / "events.json").write_text(json.dumps(events), encoding="utf-8")
    fields = [{"id": field, "name": f"Field {field}"} for field in FIELDS]
    (folder / "fields.json").write_text(json.dumps(fields), encoding="utf-8")
    with (folder / "contacts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "uid", *FIELDS])
        writer.writerows(_row(number, contacts) for number in range(contacts))
    return folder


def email(number: int) -> str:
    """The e-mail address of a contact."""
    return f"person.{number}@example.com"


def _row(number: int, contacts: int) -> list[str]:
    twin = number - number % 2 if number >= contacts - 100 else number
    phone = f"+44 1632 {number:06d}"
    return [
        str(number + 1),
        f"u{number:x}",
        email(twin),
        f"Given{number % 977}",
        f"Family{number % 7919}",
        phone,
        f"C-{number}",
    ]
