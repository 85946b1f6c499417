"""Account folders written for a test: a small one by default, any part of it as the test wants it."""

from pathlib import Path

EVENTS = """[
  {"id": "100", "name": "purchase", "created": "2020-01-02 03:04:05", "example_data": {"global": {"a": "b"}}},
  {"id": 101, "name": "password reset"},
  {"id": "102", "name": "draft", "attached": false}
]
"""
FIELDS = """[
  {"id": "1", "name": "First Name", "string_id": "first_name", "application_type": "shorttext"},
  {"id": 3, "name": "E-Mail", "string_id": "email", "application_type": "longtext"},
  {"id": "10142", "name": "Customer", "string_id": "customer", "application_type": "shorttext"},
  {"id": "10143", "name": "Never filled"}
]
"""
CONTACTS = (
    "id,uid,3,1,10142\n"
    "11,uid-thor,thor@example.com,Thor,007\n"
    "12,uid-a,twin@example.com,Tvilling,7\n"
    "13,uid-b,twin@example.com,Tvilling,\n"
    "14,,,Nameless,0\n"
    '15,uid-c,Mixed.Case@Example.com,"Quoted ""Q"", Name"," "\n'
)


def write_folder(folder: Path, events: str = EVENTS, fields: str = FIELDS, contacts: str = CONTACTS) -> Path:
    """An account folder with these three files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.json").write_text(events, encoding="utf-8")
    (folder / "fields.json").write_text(fields, encoding="utf-8")
    (folder / "contacts.csv").write_bytes(contacts.encode("utf-8"))
    return folder
