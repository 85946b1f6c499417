"""An editor for JSON: brackets and quotes are closed as they are opened, and a new line is indented.

Only what is typed key by key is helped; what is pasted stays as it is.
"""

from textual import events

from app.tui.widgets.safe_text_area import SafeTextArea

CLOSED_BY = {"{": "}", "[": "]", '"': '"'}
INDENT = "  "


def in_text(before: str) -> bool:
    """Whether a line of JSON stands within a text after `before`."""
    inside = escaped = False
    for character in before:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = inside
        elif character == '"':
            inside = not inside
    return inside


def closing(before: str, after: str, character: str) -> str:
    """What closes a character that is typed between two parts of a line; '' where nothing is to be closed."""
    if in_text(before) or (after.strip() and after[0] not in " ,:]}"):
        return ""
    return CLOSED_BY.get(character, "")


def is_there_already(before: str, after: str, character: str) -> bool:
    """Whether typing this character means going past the one that closes already."""
    if character not in CLOSED_BY.values() or not after.startswith(character):
        return False
    return in_text(before) is (character == '"') and not _is_escaped(before)


def _is_escaped(before: str) -> bool:
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def line_break(before: str, after: str) -> tuple[str, str]:
    """What Enter inserts before and after the cursor: the indentation of the line, one deeper after a bracket."""
    indent = before[: len(before) - len(before.lstrip(" \t"))]
    opened = before.rstrip()[-1:]
    if in_text(before) or opened not in ("{", "["):
        return f"\n{indent}", ""
    closes = after.lstrip().startswith(CLOSED_BY[opened])
    return f"\n{indent}{INDENT}", f"\n{indent}" if closes else ""


class JsonArea(SafeTextArea):
    """Event data as they are typed."""

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]
        handled = self.selection.is_empty and not self.read_only and self._helped(event)
        if handled:
            event.stop()
            event.prevent_default()

    def _helped(self, event: events.Key) -> bool:
        before, after = self._around()
        if event.key == "enter":
            self._insert(*line_break(before, after))
        elif event.character is None or not event.is_printable:
            return False
        elif is_there_already(before, after, event.character):
            self.move_cursor_relative(columns=1)
        elif self._goes_down(before, after, event.character):
            self._close_below()
        elif closes := closing(before, after, event.character):
            self._insert(event.character, closes)
        else:
            return False
        return True

    def action_delete_left(self) -> None:
        """Deletes the character before the cursor, and what closes it where nothing stands between."""
        before, after = self._around()
        if self.selection.is_empty and before and after[:1] == CLOSED_BY.get(before[-1]):
            row, column = self.cursor_location
            self.delete((row, column - 1), (row, column + 1), maintain_selection_offset=False)
        else:
            super().action_delete_left()

    def _around(self) -> tuple[str, str]:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return line[:column], line[column:]

    def _insert(self, before: str, after: str) -> None:
        start = self.cursor_location
        self.replace(before + after, start, start, maintain_selection_offset=False)
        if after:
            self.move_cursor(self._after(start, before))

    @staticmethod
    def _after(start: tuple[int, int], text: str) -> tuple[int, int]:
        row, column = start
        *above, last = text.split("\n")
        return (row + len(above), len(last)) if above else (row, column + len(last))

    def _goes_down(self, before: str, after: str, character: str) -> bool:
        """Whether an empty line is left for the bracket that closes in the next one."""
        row, _ = self.cursor_location
        return (
            character in "]}"
            and not (before + after).strip()
            and 0 < row < self.document.line_count - 1
            and self.document.get_line(row + 1).lstrip().startswith(character)
        )

    def _close_below(self) -> None:
        row, _ = self.cursor_location
        start = (row - 1, len(self.document.get_line(row - 1)))
        self.delete(start, (row, len(self.document.get_line(row))), maintain_selection_offset=False)
        line = self.document.get_line(row)
        self.move_cursor((row, len(line) - len(line.lstrip()) + 1))
