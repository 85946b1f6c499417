"""Text that changes while one works."""

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static


class TextBlock(Static):
    """Text that is never markup; another text of the same height costs no layout of the screen."""

    def __init__(self, text: Content | str = "", *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(text, markup=False, id=id)

    def show(self, text: Content | str) -> None:
        shown, new = _content(self.content), _content(text)
        if new.is_same(shown):
            return
        before = self._height
        self.update(new, layout=self.styles.is_auto_width)
        if self.styles.is_auto_height and self._height != before:
            self.refresh(layout=True)

    @property
    def _height(self) -> int:
        """The lines that the text takes at its present width."""
        return self.get_content_height(Size(), Size(), self.content_size.width)


def _content(text: object) -> Content:
    return text if isinstance(text, Content) else Content(str(text))
