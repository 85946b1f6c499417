"""The cache on the screen: a refresh under a bar that Esc stops, and a contact that is asked for."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from app.bootstrap import open_service
from app.client.api import ApiClient
from app.domain.errors import ClientError
from app.domain.model import Contact
from app.resources import sample_data
from app.service.refresh import RefreshStep
from app.settings import load_settings
from app.store.catalog import Cache
from app.store.contacts import remember_lookup
from app.tui.app import TriggerDeskApp
from app.tui.controllers.cache import NOTHING_TYPED, STOPPED
from app.tui.controllers.send import RECIPIENT_CHANGED
from app.tui.widgets.status import FetchBar
from tests.cli.test_sandbox import served
from tests.profiles import Opening
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk

Page = tuple[int, Sequence[Contact]]


class Pages:
    """Stands at the wire: hands out pages of a contact list when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting = Queue[Page | None]()

        async def listed(_: ApiClient, list_id: str) -> AsyncIterator[Page]:
            while (page := await self._next()) is not None:
                yield page

        monkeypatch.setattr(ApiClient, "list_contacts", listed)

    async def _next(self) -> Page | None:
        """In the thread of the refresh, which can be cancelled meanwhile."""
        while True:
            with contextlib.suppress(Empty):
                return self.waiting.get_nowait()
            await asyncio.sleep(0.001)

    def give(self, first: int, number: int, total: int) -> None:
        contacts = [
            Contact(str(n), f"u{n}", {"3": f"p{n}@example.com"}) for n in range(first, first + number)
        ]
        self.waiting.put_nowait((total, contacts))

    def end(self) -> None:
        self.waiting.put_nowait(None)


@pytest.fixture(scope="module")
def account_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("there")) as (url, _):
        yield url


@pytest.fixture
def shop(home: Path, account_url: str) -> Path:
    """A home with the profile `shop`, whose account is a served sandbox."""
    (home / "config.toml").write_text(
        f'[profiles.shop]\nbase_url = "{account_url}/api/v2"\nrefresh_contacts = "list:1"\n'
    )
    return home


async def shown(desk: Desk, *words: str) -> None:
    """Waits until the screen says this."""
    await desk.until(lambda: all(word in desk.screen() for word in words))


async def test_a_refresh_moves_a_bar_and_esc_stops_it_with_the_old_cache_whole(
    open_desk: OpenDesk, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = Pages(monkeypatch)
    async with open_desk(size=NARROW, profile="shop") as desk:
        pilot, service = desk.pilot, desk.service
        assert "never refreshed" in desk.screen().splitlines()[0]
        pages.give(1, 10, 10)
        pages.end()
        await desk.press("f5")
        assert "just now" in desk.screen().splitlines()[0]
        assert service.refresh.state().contacts == 10
        assert not desk.dashboard.query_one("#fetching").display

        await pilot.press("f5")
        pages.give(1, 25, 100)
        await shown(desk, "25 contacts of 100", "━━━━━", "25%", "Esc stops")
        pages.give(26, 25, 100)
        await shown(desk, "50 contacts of 100", "50%")
        await pilot.press("escape")
        await desk.until(lambda: not desk.dashboard.cache.is_busy)
        assert not desk.dashboard.query_one("#fetching").display
        assert desk.said == f"Refresh stopped: {STOPPED}"
        assert service.refresh.state().contacts == 10


async def test_f5_reads_edited_files_keeps_the_picked_contact_and_says_where_a_file_is_faulty(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    folder = shutil.copytree(sample_data(), tmp_path / "account")
    async with open_desk(at=tmp_path / "new", account=folder) as desk:
        with (folder / "contacts.csv").open("a", encoding="utf-8") as file:
            file.write("nobody\n")
        await desk.press("f5")
        assert "contacts.csv, line 252: " in desk.said
        assert "250 contacts" in desk.text_of("#status")

        await desk.press("f2", *"100", "enter", *"thor@", "enter")
        assert desk.form.request().external_id == "thor@example.com"
        good = (sample_data() / "contacts.csv").read_text(encoding="utf-8")
        good = good.replace("thor@example.com", "odinson@example.com").replace("sif@", "thor@")
        (folder / "contacts.csv").write_text(good, encoding="utf-8")
        await desk.press("f5")
        assert desk.form.request().external_id == "odinson@example.com"
        assert desk.text_of("#recipient") == "to Thor Odinson · contact 11"
        (cache,) = (tmp_path / "new" / "accounts").glob("*/cache.db")
        other = Contact("12", "", {"3": "odinson@example.com"})
        remember_lookup(cache, "3", "odinson@example.com", [other])
        await desk.press("f9")
        assert desk.said.endswith(f"Not sent: {RECIPIENT_CHANGED}")
        await desk.press("f5")
        await desk.press("f9")
        assert "accepted" in desk.text_of("#reply")

        (folder / "events.json").write_text("[")
        await desk.press("f2", *"101", "enter")
        assert desk.form.request().event_id == "101"
        await desk.press("f5")
        assert "events.json, line 1: Invalid JSON" in desk.said


async def test_a_contact_that_is_not_known_here_is_asked_for_and_put_into_the_form_unless_that_has_changed(
    open_desk: OpenDesk, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(profile="shop") as desk:
        service = desk.service
        await desk.press("ctrl+l")
        assert desk.said == f"Nothing to look up: {NOTHING_TYPED}"
        pages = Pages(monkeypatch)
        pages.end()
        await desk.press("f5", "f4", *"100", "tab", "tab", *"thor@example.com")
        assert "? Cannot predict the reply" in desk.text_of("#preflight")
        await desk.press("ctrl+l")
        assert desk.said == "Looked up: E-Mail (3) thor@example.com is Thor Odinson · contact 11."
        assert "✓ Will be accepted (0 OK)" in desk.text_of("#preflight")
        assert service.refresh.state().contacts == 1
        elsewhere = Cache(load_settings({"TRIGGERDESK_HOME": str(shop)}, "shop").cache)
        remember_lookup(elsewhere.path, "id", "14", [Contact("14", "", {})])
        elsewhere.close()
        desk.dashboard.cache.follow_others()
        assert "2 contacts" in desk.text_of("#status")

        typed = desk.dashboard.query_one("#contacts-filter", Input)
        await desk.press("f3")
        typed.value = "nobody@example.com"
        await desk.press("ctrl+l")
        assert desk.said == "Looked up: The account has no contact with E-Mail (3) nobody@example.com."
        typed.value = "sif@example.com"
        await desk.press("ctrl+l")
        assert desk.form.request().external_id == "sif@example.com"
        await desk.press("f3")
        typed.value = "twin@example.com"
        await desk.press("ctrl+l")
        assert desk.said.startswith("Looked up: 2 contacts share E-Mail (3) twin@example.com: ")

        answer = asyncio.Event()

        async def slow(_: ApiClient, key_id: str, value: str) -> tuple[Contact, ...]:
            await answer.wait()
            return (Contact("11", "u11", {key_id: value}),)

        monkeypatch.setattr(ApiClient, "lookup", slow)
        await desk.press("f4", *"loki@example.com")
        for keys in (("ctrl+u", *"sif"), ("f4", *"sif@example.com")):
            answer.clear()
            typed.value = "thor@example.com"
            typed.focus()
            await desk.settle()
            await desk.pilot.press("ctrl+l", *keys)
            wanted = desk.form.request().external_id
            answer.set()
            await desk.settle()
            assert desk.said.startswith("Looked up: E-Mail (3) thor@example.com is ")
            assert desk.form.request().external_id == wanted != "thor@example.com"

        async def refused(*_: object) -> None:
            raise ClientError("The account did not answer. Check the connection and try again.")

        monkeypatch.setattr(ApiClient, "lookup", refused)
        await desk.press("ctrl+l")
        assert "The account did not answer" in desk.said


async def test_send_is_off_while_the_first_filling_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()

    async def slowly(_: ApiClient, return_field: str = "3", limit: int = 0) -> AsyncIterator[Page]:
        await asyncio.to_thread(held.wait)
        yield ()  # type: ignore[misc]

    monkeypatch.setattr(ApiClient, "contacts", slowly)
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path / "new")}))
    app = TriggerDeskApp(Opening(lambda: service))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, service)
        await pilot.press(*"100", "tab", "f9")
        await shown(desk, "Loading the lists")
        held.set()
        await desk.settle()
        assert "Pick an event first" in desk.text_of("#why")
        assert list(service.history.list_attempts(0)) == []


STEPS = (
    (RefreshStep("events"), "⟳ refreshing: events", ""),
    (RefreshStep("contacts", 1500), "⟳ refreshing: 1,500 contacts", ""),
    (RefreshStep("storing", 5, 5, 0), "⟳ refreshing: storing 5 contacts", "100%"),
    (
        RefreshStep("contacts", 5, 10, 42),
        "⟳ refreshing: the account's rate limit is used up, waiting 42 s",
        "",
    ),
)


class BarApp(App[None]):
    """The bar alone."""

    CSS = "#fetching { height: 1; } #fetching > * { width: auto; margin-right: 3; } Bar { width: 20; }"

    def compose(self) -> ComposeResult:
        yield FetchBar()


async def test_the_bar_says_how_far_a_refresh_is_and_how_to_stop_it() -> None:
    async with BarApp().run_test() as pilot:
        for step, said, share in STEPS:
            pilot.app.query_one(FetchBar).step(step)
            await pilot.pause()
            line = "".join(one.text for one in pilot.app.screen._compositor.render_strips()[0])
            assert line.startswith(said)
            assert "Esc stops" in line
            assert share in line
            assert ("%" in line) is bool(share)


async def test_the_last_step_of_a_refresh_may_come_once_the_dashboard_is_gone(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        bar = desk.dashboard.fetch_bar
    bar.step(RefreshStep("storing"))
    assert not bar.display
