"""The pane of contacts."""

from typing import Protocol

from textual.content import Content

from app.service import ContactRow
from app.tui.text import label
from app.tui.widgets.filtered_list import FilteredList
from app.tui.widgets.row_window import RowWindow
from app.tui.widgets.table_columns import Column


class Contacts(Protocol):
    """Where contacts are found, by any value."""

    def __call__(self, search: str = "") -> RowWindow[ContactRow]: ...


class ContactList(FilteredList[ContactRow]):
    """Contacts by e-mail address, name and id, filtered by every field."""

    def __init__(self, find: Contacts) -> None:
        columns = [
            Column[ContactRow]("email", "E-Mail", _email, 16, flex=3, max_width=36),
            Column[ContactRow]("name", "Name", _name, 7, flex=2, rank=1),
            Column[ContactRow](
                "id", "Id", lambda row: label(row.id, "$quiet"), 4, max_width=10, rank=2, justify="right"
            ),
        ]
        super().__init__(columns, find, title="Contacts", placeholder="filter by any value", id="contacts")


def _email(row: ContactRow) -> str | Content:
    return row.email or label("no e-mail", "$quiet italic")


def _name(row: ContactRow) -> str:
    return " ".join(name for name in (row.first_name, row.last_name) if name)
