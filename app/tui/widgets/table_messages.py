"""What a table tells its screen. Separate from the table so that a screen's handlers can be read beside them."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual.message import Message

from app.tui.widgets.table_columns import Column

if TYPE_CHECKING:
    from app.tui.widgets.windowed_table import WindowedTable

Row = TypeVar("Row")


class TableMessage(Message):
    """What any message of a table has."""

    def __init__(self, table: "WindowedTable[Any]") -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> "WindowedTable[Any]":
        """The table that sent the message, for `@on` with a selector."""
        return self.table


class TableMessages:
    """The messages, under the names by which a table offers them."""

    class Highlighted(TableMessage, Generic[Row], namespace="windowed_table"):
        """Another row is under the cursor, or the same row reads differently now; None: there are no rows."""

        def __init__(self, table: "WindowedTable[Any]", row: Row | None) -> None:
            super().__init__(table)
            self.row = row

    class Selected(TableMessage, Generic[Row], namespace="windowed_table"):
        """This row was chosen, by Enter or by the mouse."""

        def __init__(self, table: "WindowedTable[Any]", row: Row) -> None:
            super().__init__(table)
            self.row = row

    class HeaderSelected(TableMessage, namespace="windowed_table"):
        """The title of this column was clicked."""

        def __init__(self, table: "WindowedTable[Any]", column: Column[Any]) -> None:
            super().__init__(table)
            self.column = column
