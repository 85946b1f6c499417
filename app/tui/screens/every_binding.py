"""Every binding that can be given another key, whichever screen or pane it is of."""

from textual.binding import BindingType

from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.compare import CompareScreen
from app.tui.screens.confirm import Ask, Confirm
from app.tui.screens.dashboard import Dashboard
from app.tui.screens.data_menu import DataMenu
from app.tui.screens.export import ExportScreen
from app.tui.screens.help import HelpScreen
from app.tui.screens.menu import Menu
from app.tui.screens.profiles import ProfileList
from app.tui.screens.request import RequestScreen
from app.tui.screens.statistics import StatisticsScreen
from app.tui.screens.unlock import UnlockScreen
from app.tui.widgets.contact_list import ContactList
from app.tui.widgets.event_list import EventList
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.query_line import QueryLine
from app.tui.widgets.safe_text_area import SafeTextArea

EVERY_BINDING: tuple[BindingType, ...] = tuple(
    binding
    for owner in (
        Dashboard,
        AttemptScreen,
        EventList,
        ContactList,
        HistoryPane,
        QueryLine,
        CompareScreen,
        StatisticsScreen,
        ExportScreen,
        Menu,
        RequestScreen,
        HelpScreen,
        Confirm,
        Ask,
        DataMenu,
        UnlockScreen,
        ProfileList,
        SafeTextArea,
    )
    for binding in owner.BINDINGS
)
