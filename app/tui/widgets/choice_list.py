"""A list to choose from that ends at its ends, as the tables do."""

from textual.widgets import OptionList


class ChoiceList(OptionList):
    """Up from the first and down from the last stay there."""

    def action_cursor_up(self) -> None:
        if self.highlighted != 0:
            super().action_cursor_up()

    def action_cursor_down(self) -> None:
        if self.highlighted != self.option_count - 1:
            super().action_cursor_down()
