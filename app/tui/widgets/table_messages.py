"""What a table tells its screen. Separate from the table so that a screen's handlers can be read beside them."""

from typing import Any, Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

from app.tui.widgets.table_columns import Column

Row = TypeVar("Row")


class TableMessage(Message):
    """What any message of a table has."""

    def __init__(self, table: Widget) -> None:
        super().__init__()
        self._table = table

    @property
    def control(self) -> Widget:
        """The table that sent the message, for `@on` with a selector."""
        return self._table


class TableMessages:
    """The messages, under the names by which a table offers them."""

    class Highlighted(TableMessage, Generic[Row], namespace="windowed_table"):
        """Another row is under the cursor, or the same row reads differently now; None: there are no rows."""

        def __init__(self, table: Widget, row: Row | None) -> None:
            super().__init__(table)
            self.row = row

    class Selected(TableMessage, Generic[Row], namespace="windowed_table"):
        """This row was chosen, by Enter or by the mouse."""

        def __init__(self, table: Widget, row: Row) -> None:
            super().__init__(table)
            self.row = row

    class HeaderSelected(TableMessage, namespace="windowed_table"):
        """The title of this column was clicked."""

        def __init__(self, table: Widget, column: Column[Any]) -> None:
            super().__init__(table)
            self.column = column
