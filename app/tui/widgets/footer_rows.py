"""A footer whose keys go on in a second line where one is too narrow for them."""

from textual.app import ComposeResult
from textual.widgets import Footer

COLUMNS = 7


class FooterRows(Footer):
    """The footer of a screen with many keys; its sheet makes it a grid where it is narrow."""

    def compose(self) -> ComposeResult:
        yield from super().compose()
        # Textual has as many columns as keys there, which is one line however long.
        self.styles.grid_size_columns = COLUMNS
