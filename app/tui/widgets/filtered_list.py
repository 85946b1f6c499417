"""The lists of events and contacts: one search field to type, move with the arrows, and pick with Enter."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar, Generic

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from app.domain.errors import AppError
from app.domain.identifiers import is_found_by
from app.domain.model import Contact, ExternalEvent, Field, ListOrder
from app.domain.recipient import EMAIL, FIRST_NAME, LAST_NAME, customer_number
from app.service.history import Rows, StoppedError
from app.tui.privacy import PrivacyMode
from app.tui.text import label, sanitize
from app.tui.widgets.inputs import SafeInput
from app.tui.widgets.table import Column, Row, VirtualTable
from app.tui.widgets.text_block import TextBlock

Find = Callable[[str, ListOrder | None, Event], Rows[Row]]
"""Finds rows for a text, in an order (None: the usual one); setting the event stops reading them."""

BY_USE = ListOrder("use")
PROGRESS_S = 0.1
MAX_TYPED = 40
PHONES = ("15", "37")
"""The fields of phone numbers; the mobile number only if there is no other."""

IN_ROW = ("1", "2", "3")
DETAILS = {"11": "", "4": "born"}
"""The fields below the rows after the numbers, each with the word before its value."""


def _sort_binding(pane: str) -> Binding:
    return Binding(
        "ctrl+s,r", f"screen.sort('{pane}')", "Sort", show=False, id=f"{pane}.sort", key_display="^s",
        tooltip="Sort by a column; the same one again reverses the order",
    )  # fmt: skip


class FilteredList(Vertical, Generic[Row]):
    """Rows that a function finds for the typed text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "table('move(1)')", "Down", show=False),
        Binding("up", "table('move(-1)')", "Up", show=False),
        Binding("pagedown", "table('page(1)')", "Page down", show=False),
        Binding("pageup", "table('page(-1)')", "Page up", show=False),
        Binding("escape", "clear", "Clear the search", show=False, tooltip="Show every row again"),
    ]

    @dataclass
    class Chosen(Message):
        """The user picked this row, with Enter or the mouse."""

        pane: "FilteredList[Any]"
        row: Any

        @property
        def control(self) -> "FilteredList[Any]":
            """The list, for `@on` with a selector."""
            return self.pane

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        find: Find[Row],
        *,
        title: str,
        placeholder: str,
        personal: bool,
        usual: ListOrder,
        id: str,  # noqa: A002 - the name that every Textual widget gives it
    ) -> None:
        """`personal`: privacy mode covers the typed text. `usual`: the order in which `find` returns rows."""
        super().__init__(id=id, classes="pane")
        self.border_title = self._title = title
        # Kept rather than queried: a search may end while Textual removes the pane.
        self.filter: Input = SafeInput(placeholder=placeholder, id=f"{id}-filter", personal=personal)
        """The search field."""
        self.table = VirtualTable[Row](columns, id=f"{id}-table")
        """The rows."""
        self._find = find
        self._usual = self._order = usual
        self._empty_text = ""
        self._stop = Event()
        self._shown_text: str | None = None
        self.found = asyncio.Event()
        """Set while the rows of the typed text are shown."""
        self.is_open = False
        """Whether the user has typed since picking a row."""

    def compose(self) -> ComposeResult:
        yield self.filter
        yield self.table

    @property
    def row(self) -> Row | None:
        """The row under the cursor; None while a search is running."""
        return self.table.row if self.found.is_set() else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.filter.value) if action == "clear" else super().check_action(action, parameters)

    def action_clear(self) -> None:
        self.filter.value = ""

    async def action_table(self, action: str) -> None:
        await self.table.run_action(action)

    # Searching

    def reload(self, empty_text: str) -> None:
        """Searches again; the cursor stays on its row.

        Without rows the list shows `empty_text`, with the typed text in place of `{typed}`.
        """
        self._empty_text = empty_text
        self._search(keep_cursor=True)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.is_open = True
        self._search()

    def on_unmount(self) -> None:
        self._stop.set()
        self.found.set()

    def _search(self, *, keep_cursor: bool = False) -> None:
        """Stops the last search and starts a new one; the old rows stay until it finds the new ones."""
        self._stop.set()
        self._stop = Event()
        self.found.clear()
        text = self.filter.value
        rows = self._find(text, None if self._order == self._usual else self._order, self._stop)
        # A cursor on a row of the last search picks nothing in this one.
        self._read(rows, text, keep_cursor=keep_cursor and text == self._shown_text)

    @work(exclusive=True, group="search")
    async def _read(self, rows: Rows[Row], text: str, *, keep_cursor: bool) -> None:
        word = "searching" if self._order == self._usual else "sorting"
        progress = self.set_timer(PROGRESS_S, lambda: self._show_title(f"{word}…"))
        try:
            await asyncio.to_thread(rows.read_first, self.table.row if keep_cursor else None)
            progress.stop()
            self._show(rows, text, keep_cursor=keep_cursor)
            self.found.set()
            await asyncio.to_thread(rows.count)
            self.table.rows_changed()
            self._show_count(rows)
        except StoppedError:
            pass  # a newer search has begun
        except AppError as error:
            self.found.set()
            self.notify(str(error), severity="error", markup=False)
        finally:
            progress.stop()

    def _show(self, rows: Rows[Row], text: str, *, keep_cursor: bool) -> None:
        typed = "this" if self.filter.password else f'"{sanitize(text, MAX_TYPED)}"'
        self.table.empty_text = self._empty_text.replace("{typed}", typed)
        is_nearest = bool(text) and self._order == self._usual
        self.table.show_sort(None if is_nearest else self._order.column, descending=self._order.descending)
        self.table.show(rows, keep_cursor=keep_cursor)
        self._show_count(rows)
        self._shown_text = text

    def _show_count(self, rows: Rows[Row]) -> None:
        number = f"{rows.total:,} " if self.filter.value and rows.total is not None else ""
        self._show_title(f"{number}{'similar' if rows.similar else ''}")

    def _show_title(self, words: str) -> None:
        self.border_title = f"{self._title}  {words}".rstrip()

    # Choosing

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Picks the row under the cursor, unless the rows are still those for another text."""
        event.stop()
        if self._shown_text != self.filter.value:
            return
        if (row := self.table.row) is not None:
            self._post_chosen(row)
        else:
            self.notify(self.table.empty_text, title="Nothing to choose", severity="warning", markup=False)

    @on(VirtualTable.Selected)
    def _row_chosen(self, event: VirtualTable.Selected[Row]) -> None:
        event.stop()
        self._post_chosen(event.row)

    def _post_chosen(self, row: Row) -> None:
        self.is_open = False
        self.post_message(self.Chosen(self, row))

    # Sorting

    @property
    def orders(self) -> Sequence[tuple[Content, ListOrder]]:
        """The orders to pick from; picking the current one again reverses it."""
        return [(title, self._next_order(key)) for key, title in self.table.titles()]

    def sort(self, order: ListOrder) -> None:
        self._order = order
        self._search()

    def _next_order(self, key: str) -> ListOrder:
        return ListOrder(key, descending=self._order == ListOrder(key))

    @on(VirtualTable.HeaderSelected)
    def _header_clicked(self, event: VirtualTable.HeaderSelected) -> None:
        event.stop()
        self.filter.focus()
        if event.column.is_sorted:
            self.sort(self._next_order(event.column.key))


class EventList(FilteredList[ExternalEvent]):
    """External events by id and name; unless sorted, the one sent last comes first."""

    BINDINGS: ClassVar[list[BindingType]] = [_sort_binding("events")]

    def __init__(self, find: Callable[[str, ListOrder | None], Rows[ExternalEvent]]) -> None:
        super().__init__(
            [
                Column("id", "Id", lambda row: label(row.id, "$quiet"), 4, max_width=8, justify="right"),
                Column("name", "Name", lambda row: row.name, 8, flex=1),
            ],
            lambda text, order, _: find(text, order),
            title="Events",
            placeholder="Search by name or id",
            personal=False,
            usual=BY_USE,
            id="events",
        )

    @property
    def orders(self) -> Sequence[tuple[Content, ListOrder]]:
        """The columns and the usual order, which has no column."""
        return [
            (Content(f"{'●' if self._order == BY_USE else ' '} Last sent first"), BY_USE),
            *super().orders,
        ]


class ContactList(FilteredList[Contact]):
    """Contacts by e-mail address, name and numbers, with more about the current one below; the search covers every field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _sort_binding("contacts"),
        Binding(
            "c", "screen.attempts", "Attempts", show=False, id="contacts.attempts",
            tooltip="All attempts on this contact, by any key",
        ),
    ]  # fmt: skip

    def __init__(self, find: Find[Contact], privacy: PrivacyMode) -> None:
        self._privacy = privacy
        self._fields: Sequence[Field] = ()
        self._customer_number: Field | None = None
        super().__init__(
            [
                Column("email", "E-Mail", self._email_cell, 16, flex=3, max_width=36),
                Column("name", "Name", self._name_cell, 7, flex=2, rank=1),
                Column("phone", "Phone", self._phone_cell, 16, rank=4, is_sorted=False),
                Column("number", "Customer no.", self._number_cell, 12, rank=3, is_sorted=False),
                Column("id", "Id", self._id_cell, 4, max_width=10, flex=1, rank=2, justify="right"),
            ],
            find,
            title="Contacts",
            placeholder="Search name, e-mail, phone, number",
            personal=True,
            usual=ListOrder("id"),
            id="contacts",
        )

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield TextBlock(id="contacts-detail")

    def offer_fields(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._customer_number = customer_number(fields)
        self.redraw()

    def redraw(self) -> None:
        self.table.refresh()
        self._show_detail(self.table.row)

    @on(VirtualTable.Highlighted)
    def _highlighted(self, message: VirtualTable.Highlighted[Contact]) -> None:
        message.stop()
        self._show_detail(message.row)

    def _show_detail(self, row: Contact | None) -> None:
        """Shows phone, customer number, city, birth date and what else the search found, the found values in bold."""
        parts = [] if row is None else list(self._details(row))
        self.query_one("#contacts-detail", TextBlock).show(Content(" · ").join(parts))

    def _details(self, row: Contact) -> Iterator[Content]:
        number, typed = self._customer_number, self.filter.value
        phone = next(filter(row.fields.get, PHONES), "")
        words = {phone: "Phone"} | ({number.id: "No."} if number else {}) | DETAILS
        others = {one.id: sanitize(one.name, 40) for one in self._fields if one.id not in (*words, *IN_ROW)}
        for key, word in (words | others).items():
            value = row.fields.get(key, "")
            is_found = bool(value and typed) and is_found_by(value, typed)
            if value and (is_found or key in words):
                shown = sanitize(self._privacy.mask.value(value), 60)
                yield Content.assemble(
                    (f"{word} ".lstrip(), "$quiet"), (shown, "bold" if is_found else "$quiet")
                )

    # Cells

    def _email_cell(self, row: Contact) -> str | Content:
        return self._privacy.mask.value(row.value(EMAIL)) or label("no e-mail", "$quiet italic")

    def _name_cell(self, row: Contact) -> str:
        return " ".join(
            map(self._privacy.mask.value, filter(None, (row.value(FIRST_NAME), row.value(LAST_NAME))))
        )

    def _phone_cell(self, row: Contact) -> str:
        return self._privacy.mask.value(next(filter(None, map(row.fields.get, PHONES)), ""))

    def _number_cell(self, row: Contact) -> str:
        number = self._customer_number
        return self._privacy.mask.value(row.fields.get(number.id, "")) if number else ""

    def _id_cell(self, row: Contact) -> Content:
        return label(row.id if self._privacy.is_invented else self._privacy.mask.value(row.id), "$quiet")
