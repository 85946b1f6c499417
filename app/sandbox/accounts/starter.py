"""A small account folder to begin with."""

from pathlib import Path

from app.domain.errors import AppError, reason_of
from app.sandbox.accounts.folder import CONTACTS, EVENTS, FIELDS

_FILES = {
    EVENTS: """[
  {
    "id": 100,
    "name": "purchase_confirmation",
    "example_data": {"global": {"itemName": "hammer", "price": "12.50"}},
    "mails": [{"id": 2000, "name": "Purchase confirmation", "subject": "Thank you for your order"}]
  },
  {"id": 101, "name": "password_reset"},
  {"id": 102, "name": "not_used_yet", "attached": false}
]
""",
    FIELDS: """[
  {"id": 1, "name": "First Name", "string_id": "first_name", "application_type": "shorttext"},
  {"id": 2, "name": "Last Name", "string_id": "last_name", "application_type": "shorttext"},
  {"id": 3, "name": "E-Mail", "string_id": "email", "application_type": "longtext"}
]
""",
    CONTACTS: """id,uid,3,1,2
1,uid-1,thor@example.com,Thor,Odinson
2,uid-2,twin@example.com,Mira,Tveskov
3,uid-3,twin@example.com,Magnus,Tveskov
4,uid-4,,Brunhilde,Altmann
""",
}


class StarterError(AppError):
    """The folder cannot be written; the message says why."""


def write_starter(folder: Path) -> tuple[str, ...]:
    """Writes the files of an account folder, creating it if need be; returns their names.

    Raises StarterError, also if one of the files exists: then nothing is written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if existing := [name for name in _FILES if (folder / name).exists()]:
            raise StarterError(
                f"{folder} already has {', '.join(existing)}. Nothing was written; use another folder."
            )
        for name, text in _FILES.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StarterError(f"{folder} cannot be written: {reason_of(error)}.") from None
    return tuple(_FILES)
