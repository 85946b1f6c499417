"""Whatever stands in names, replies and typed text: it neither crashes, acts, nor reaches the terminal raw."""

import json
import re
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, TextArea

from app.domain.history_query import QueryField, filter_text
from app.domain.model import Reply, TriggerRequest, new_attempt_id
from tests.tui.conftest import NARROW, WIDE, Desk, OpenDesk, SlowEndpoint

HOSTILE = [
    "[/]",
    "[@click=app.quit]x[bold]b[/bold]",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b31mnul\x00nul",
    "\u202egnp.exe e\u0301\u200d\u2066x 👩‍👩‍👧‍👦 🇳🇴 ❤️",
    "\r\n\tx",
    "x" * 100_000,
]
HALF_A_CHARACTER = "\ud800"
RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def _assert_safe(desk: Desk) -> None:
    assert not RAW.search(desk.screen())
    assert desk.app.is_running
    assert not desk.app._exit


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An account folder whose events, fields and contacts are named by the enemy, and a home."""
    folder, home = tmp_path_factory.mktemp("account"), tmp_path_factory.mktemp("home")
    names = [name.encode("utf-8", "replace").decode() for name in HOSTILE]
    events_ = [
        {"id": str(100 + n), "name": name, "example_data": {name: name}} for n, name in enumerate(names)
    ]
    fields = [
        {"id": "3", "name": "[/]\x1b[31m"},
        *({"id": str(n + 10), "name": name} for n, name in enumerate(names)),
    ]
    (folder / "events.json").write_text(json.dumps(events_), "utf-8")
    (folder / "fields.json").write_text(json.dumps(fields), "utf-8")
    quoted = [name.replace('"', '""').replace("\x00", "") for name in names if "\r" not in name]
    rows = [f'{n + 1},u{n},"{name}","{name}"' for n, name in enumerate(quoted)]
    (folder / "contacts.csv").write_text("\n".join(["id,uid,3,10", *rows]) + "\n", "utf-8")
    return folder, home


@pytest.mark.parametrize("size", [WIDE, pytest.param(NARROW, marks=pytest.mark.slow)])
async def test_a_hostile_account_is_shown_and_triggered_harmlessly(
    open_desk: OpenDesk, hostile_home: tuple[Path, Path], size: tuple[int, int]
) -> None:
    folder, home = hostile_home
    async with open_desk(size=size, at=home, account=folder) as desk:
        _assert_safe(desk)
        for _ in HOSTILE:
            await desk.press("down")
            _assert_safe(desk)
        for _ in range(3):
            await desk.press("f2", "up", "enter", "down", "enter", "f9")
            _assert_safe(desk)
        await desk.press("f6", "enter")
        _assert_safe(desk)
        await desk.press("escape", "f4")
        desk.app.screen.query_one("#key-field").focus()
        await desk.press("enter", "end", "home")
        _assert_safe(desk)


async def test_hostile_text_is_typed_pasted_sent_looked_for_read_and_compared_harmlessly(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        screen = desk.app.screen
        editor = screen.query_one("#event-data", TextArea)
        for text in HOSTILE:
            for name in ("events-filter", "contacts-filter", "event-id", "external-id"):
                screen.query_one(f"#{name}", Input).post_message(events.Paste(text))
            editor.post_message(events.Paste(text))
            await desk.settle()
            _assert_safe(desk)
            screen.query_one("#event-id", Input).value = "100"
            screen.query_one("#external-id", Input).value = text
            editor.text = json.dumps({"a": text}, ensure_ascii=False)
            await desk.press("f9")
            _assert_safe(desk)
        assert [attempt.request.external_id for attempt in desk.service.history.list_attempts(0)] == HOSTILE[
            ::-1
        ]
        editor.text = ""
        editor.focus()
        desk.app.post_message(events.Paste("x" * 2_000_000))
        await desk.settle()
        assert editor.text == ""
        assert "2,000,000 characters are too many for the editor. Nothing was pasted." in desk.said

        line = desk.history.line
        for text in HOSTILE[:-1]:
            line.write(f"outcome:{text}")
            line.write(filter_text(QueryField.CONTACT, text))
            await desk.settle()
            _assert_safe(desk)
            row = desk.history.table.row
            assert row is not None
            assert row.external_id == text

        line.write("")
        *short, _ = HOSTILE
        request = TriggerRequest("100", "3", "".join(short), {text: text for text in short})
        await desk.service.send(request, new_attempt_id())
        desk.dashboard.show_history()
        await desk.press("f6", "home", "m", "end", "enter")
        for keys in ("end", "b", "left", "left", "escape"):
            await desk.press(keys)
            _assert_safe(desk)
        for keys in (("end", "c", "e"), ("end",), ("escape", "f"), ("escape", "p")):
            await desk.press(*keys)
            _assert_safe(desk)


async def test_hostile_replies_are_shown_harmlessly(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        endpoint = SlowEndpoint(desk.service, monkeypatch)
        await desk.press(*"100", "enter", *"thor", "enter")
        for number, text in enumerate([HALF_A_CHARACTER, *HOSTILE]):
            body = json.dumps({"replyCode": 2008, "replyText": text}, ensure_ascii=False)
            raw = body.encode("utf-8", "surrogatepass")
            endpoint.answers.put_nowait(Reply(400, 2008, text, body=raw, body_length=len(raw)))
            desk.app.screen.query_one("#external-id", Input).value = str(number)
            await desk.press("f9")
            assert "2008" in desk.text_of("#reply")
            _assert_safe(desk)
        await desk.press("f6", "home", "enter", "end")
        _assert_safe(desk)
        assert "part 1 of 2" in desk.text_of("#attempt-reply")
        await desk.press("v")
        assert "part 2 of 2" in desk.text_of("#attempt-reply")
        _assert_safe(desk)
