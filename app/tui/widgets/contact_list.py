"""The pane of contacts."""

from functools import partial
from threading import Event
from typing import ClassVar, Protocol

from textual.binding import BindingType
from textual.content import Content

from app.domain.account import ListOrder
from app.service.contacts import ContactRow
from app.tui.privacy import PrivacyMode
from app.tui.text import label
from app.tui.widgets.filtered_list import FilteredList, sort_binding
from app.tui.widgets.row_window import RowWindow
from app.tui.widgets.table_columns import Column


class Contacts(Protocol):
    """Where contacts are found, by any value."""

    def __call__(
        self, text: str = "", order: ListOrder | None = None, stop: Event | None = None
    ) -> RowWindow[ContactRow]: ...


class ContactList(FilteredList[ContactRow]):
    """Contacts by e-mail address, name and id, filtered by every field."""

    BINDINGS: ClassVar[list[BindingType]] = [sort_binding("contacts")]

    def __init__(self, find: Contacts, veil: PrivacyMode) -> None:
        columns = [
            Column[ContactRow]("email", "E-Mail", partial(_email, veil), 16, flex=3, max_width=36),
            Column[ContactRow]("name", "Name", partial(_name, veil), 7, flex=2, rank=1),
            Column[ContactRow](
                "id", "Id", partial(_id, veil), 4, max_width=10, flex=1, rank=2, justify="right"
            ),
        ]
        super().__init__(
            columns,
            find,
            title="Contacts",
            placeholder="filter by any value; enter chooses",
            personal=True,
            usual=ListOrder("id"),
            id="contacts",
        )


def _email(veil: PrivacyMode, row: ContactRow) -> str | Content:
    return veil.value(row.email) or label("no e-mail", "$quiet italic")


def _name(veil: PrivacyMode, row: ContactRow) -> str:
    return " ".join(veil.value(name) for name in (row.first_name, row.last_name) if name)


def _id(veil: PrivacyMode, row: ContactRow) -> Content:
    return label(veil.value(row.id), "$quiet")
