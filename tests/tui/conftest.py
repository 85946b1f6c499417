"""The dashboard over the real service: a home of its own, the built-in account served in process."""

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import groupby
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import Worker

from app.bootstrap import open_service
from app.domain.model import Answer, NoReply, Reply, TriggerRequest
from app.service.history import AttemptRow, RowIds
from app.service.session import Session
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from app.tui.dashboard import Dashboard
from app.tui.screens.confirm import Confirm
from app.tui.widgets.answers import PreflightPane, ReplyPanel
from app.tui.widgets.form import TriggerForm
from app.tui.widgets.history import HistoryPane
from tests.profiles import Opening
from tests.tui.quiet import drawn, quiet

HERE = Path(__file__).parent
MEASURED = {
    "test_body_view", "test_bulk", "test_by_mouse", "test_caching", "test_extras", "test_follow_up",
    "test_history_search", "test_keymap", "test_mails", "test_messages", "test_presenting",
    "test_real_account", "test_request", "test_table", "test_table_columns", "test_terminal", "test_text", "test_form",
}  # fmt: skip
WIDE = (140, 40)
USUAL = (100, 30)  # the panes side by side; a larger screen takes longer to draw
NARROW = (80, 24)
LOOK_S = 0.01


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measures the coverage of some files only, which take every way: measuring makes a dashboard three times slower."""
    for item in items:
        if item.path.parent == HERE and item.path.stem not in MEASURED:
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Keeps the collector from going through all modules and dashboards again and again: a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


class Desk:
    """A running dashboard, and how a test looks at it."""

    def __init__(self, pilot: Pilot[object], service: Session) -> None:
        self.pilot = pilot
        assert isinstance(pilot.app, TriggerDeskApp)
        self.app = pilot.app
        self.service = service

    async def press(self, *keys: str) -> None:
        """Presses the keys, the letters after the first one at once, and waits until all they caused is done."""
        for are_letters, run in groupby(keys, lambda key: len(key) == 1):
            first, *others = run
            await self.pilot.press(*([first] if are_letters else [first, *others]))
            if are_letters and others:
                if isinstance(self.app.screen.focused, Input):
                    self._send(events.Paste("".join(others)))  # each letter would search the lists
                else:
                    self.type_at_once(*others)
                await self._keys_taken()
        await self.settle()

    def type_at_once(self, *keys: str) -> None:
        """Presses keys faster than the screen can follow."""
        for key in keys:
            named = key if key.isalnum() or len(key) > 1 else _character_to_key(key)
            self._send(events.Key(named, key if len(key) == 1 else None))

    def _send(self, event: events.Event) -> None:
        driver = self.app._driver
        assert driver is not None
        driver.send_message(event)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for what a thread, a server or a clock brings about."""
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(LOOK_S)
                await drawn(self.pilot)

    async def _keys_taken(self) -> None:
        await quiet()
        while not self.app.is_idle:
            await asyncio.sleep(LOOK_S)  # a thread is at work
            await quiet()

    async def settle(self) -> None:
        """Waits until nothing is under way and everything is drawn."""
        await self._keys_taken()
        await drawn(self.pilot)
        await self.app.ready()
        await self._keys_taken()
        await drawn(self.pilot)
        # A worker may begin another one at its end.
        while self._working:
            await self.until(lambda: not self._working)
            await drawn(self.pilot)

    @property
    def _working(self) -> list[Worker[object]]:
        """The workers under way, but those that wait for the answer to a question."""
        asks = isinstance(self.app.screen, Confirm)
        return [one for one in self.app.workers if not (one.is_finished or (asks and one.group == "send"))]

    @property
    def dashboard(self) -> Dashboard:
        """The main screen."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Dashboard))

    def attempts(self) -> RowIds[AttemptRow]:
        """The attempts on the account, the newest first."""
        rows = self.service.history.attempts()
        rows.read_first()
        return rows

    @property
    def form(self) -> TriggerForm:
        """The trigger form."""
        return self.dashboard.query_one(TriggerForm)

    @property
    def preflight(self) -> PreflightPane:
        """The pane of the prediction."""
        return self.dashboard.query_one(PreflightPane)

    @property
    def reply(self) -> ReplyPanel:
        """The pane of the reply."""
        return self.dashboard.query_one(ReplyPanel)

    @property
    def history(self) -> HistoryPane:
        """The pane of the history."""
        return self.dashboard.query_one(HistoryPane)

    def screen(self) -> str:
        """Everything on the screen as text, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def text_of(self, selector: str) -> str:
        """What a pane shows, on one line; its words survive wrapping."""
        widgets = self.app.screen.query(selector).first().walk_children(with_self=True)
        return " ".join(" ".join(str(widget.render()).split()) for widget in widgets if not widget.children)

    @property
    def said(self) -> str:
        """The message at the foot of the screen, its title first; '' for none."""
        return "".join(one.message for one in self.app._notifications)

    @property
    def focus(self) -> str | None:
        """The id of the widget that has the focus."""
        focused = self.app.screen.focused
        return None if focused is None else focused.id


@pytest.fixture(autouse=True)
def waiting_for_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilot asks the event loop whether all is done."""
    for module in ("app", "pilot"):
        monkeypatch.setattr(f"textual.{module}.wait_for_idle", quiet)


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache was filled once; every test gets a copy."""
    home = tmp_path_factory.mktemp("filled")

    async def fill() -> None:
        service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))
        await service.refresh.run()
        await service.close()

    asyncio.run(fill())
    return home


@pytest.fixture
def home(filled_home: Path, tmp_path: Path) -> Path:
    """A home with a filled cache and an empty history."""
    return Path(shutil.copytree(filled_home, tmp_path / "home"))


@pytest.fixture
def open_desk(home: Path) -> OpenDesk:
    """Opens the dashboard: `async with open_desk(size=..., at=..., profile=..., theme=...) as desk`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = USUAL,
        at: Path = home,
        profile: str | None = None,
        account: Path | None = None,
        **settings: object,
    ) -> AsyncIterator[Desk]:
        service = open_service(load_settings({"TRIGGERDESK_HOME": str(at)}, profile, account=account))
        app = TriggerDeskApp(Opening(lambda: service), **settings)  # type: ignore[arg-type]
        async with app.run_test(size=size, notifications=True) as pilot:
            desk = Desk(pilot, service)
            await desk.settle()
            yield desk

    return opened


class SlowEndpoint:
    """Stands at the wire: remembers every trigger, and answers when it is told to."""

    def __init__(self, service: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[TriggerRequest] = []
        self.answers: asyncio.Queue[Answer] = asyncio.Queue()
        monkeypatch.setattr(service.client, "trigger", self._trigger)

    async def _trigger(self, request: TriggerRequest, stop: asyncio.Event | None = None) -> Answer:
        self.requests.append(request)
        assert stop is not None
        stopped, answered = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self.answers.get())
        await asyncio.wait((stopped, answered), return_when=asyncio.FIRST_COMPLETED)
        for waiting in (stopped, answered):
            waiting.cancel()
        if answered.done() and not answered.cancelled():
            return answered.result()
        return NoReply("stopped", "maybe", "You stopped waiting for the reply.")

    def accept(self) -> None:
        """Answers the next trigger with 0 OK."""
        self.answers.put_nowait(Reply(200, 0, "OK"))
