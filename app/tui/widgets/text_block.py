"""Text that changes while one works."""

from textual.content import Content
from textual.widgets import Static


class TextBlock(Static):
    """Text that is never markup; the same text again costs no layout of the screen."""

    def __init__(self, text: Content | str = "", *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(text, markup=False, id=id)

    def show(self, text: Content | str) -> None:
        """Shows this text."""
        shown, new = _content(self.content), _content(text)
        if not new.is_same(shown):
            self.update(new)


def _content(text: object) -> Content:
    return text if isinstance(text, Content) else Content(str(text))
