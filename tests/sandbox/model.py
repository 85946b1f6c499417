"""A second opinion: what a trigger must answer, written once more without a line of the program."""

import json
from dataclasses import dataclass, field

EVENTS = {"1": True, "2": True, "30": False}
FIELDS = ("1", "3", "77")
CONTACTS: tuple[dict[str, str], ...] = (
    {"id": "5", "uid": "aa", "3": "one@example.com", "1": "Ann", "77": "007"},
    {"id": "6", "uid": "bb", "3": "two@example.com", "1": "Ben", "77": "7"},
    {"id": "7", "uid": "cc", "3": "two@example.com", "1": "Ben"},
    {"id": "8", "uid": "", "1": "ann"},
    {"id": "9", "uid": "dd", "3": "Odd.Case@Example.com", "77": " "},
)


def files() -> dict[str, str]:
    """The three files of this account."""
    rows = [",".join(f'"{c.get(key, "")}"' for key in ("id", "uid", *FIELDS)) for c in CONTACTS]
    return {
        "events": json.dumps([{"id": key, "name": "e", "attached": used} for key, used in EVENTS.items()]),
        "fields": json.dumps([{"id": key, "name": "f"} for key in FIELDS]),
        "contacts": "\n".join(["id,uid," + ",".join(FIELDS), *rows, ""]),
    }


@dataclass
class Model:
    """The account with its memory; `accepted` are the trigger ids that it took."""

    accepted: set[str] = field(default_factory=set)

    def answer(self, event: str, key: str, value: str) -> tuple[int, str]:  # noqa: PLR0911 - a table, read downwards
        """Reply code and reply text of a trigger without data."""
        people = [who for who in CONTACTS if value and same(key, who.get(key, ""), value)]
        if key not in (*FIELDS, "id", "uid"):
            return 2004, f"Invalid key field id: {key}"
        if not value:
            return 2005, f"No value provided for key field: {key}"
        if key in FIELDS and not people:
            return 2008, f"No contact found with the external id: {key} - {value}"
        if key in FIELDS and len(people) > 1:
            return 2010, f"More contacts found with the external id: {key} - {value}."
        if event not in EVENTS:
            return 5001, "Invalid event id for customer."
        if not people:
            return 2012, "Invalid contact id for customer."
        if not EVENTS[event]:
            return 5005, "No program or campaign is triggered."
        return 0, "OK"

    def repeats(self, trigger_id: str) -> bool:
        """Takes the trigger id of an accepted trigger; whether it had been taken before."""
        known = trigger_id in self.accepted
        self.accepted.add(trigger_id)
        return known


def same(key: str, held: str, asked: str) -> bool:
    """Whether a contact is found by what was asked."""
    if key != "3":
        return held == asked
    return [fold(char) for char in held] == [fold(char) for char in asked]


def fold(char: str) -> str:
    """An ASCII letter without its case."""
    return chr(ord(char) + 32) if "A" <= char <= "Z" else char
