"""Event time and attachments in the form: inserted from the menu, shown, sent, kept in drafts and templates."""

from pathlib import Path

import pytest

from app.domain.model import Extras, attach
from tests.tui.conftest import OpenDesk

TO_THOR = (*"100", "enter", *"thor", "enter")
TIME = "2026-03-01T13:00:00Z"


async def test_event_time_and_attachment_are_inserted_shown_sent_and_kept(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    extras = Extras(TIME, (attach("a.pdf", b"%PDF"),))
    async with open_desk() as desk:
        await desk.press(*TO_THOR, "f8", "down", "enter", "ctrl+u", *"now", "enter")
        assert "'now' is not an event time" in desk.said
        await desk.press("f8", "down", "enter", "ctrl+u", *TIME, "enter")
        await desk.press("f8", "down", "down", "enter", *"b.pdf", "enter")
        assert "b.pdf cannot be read: No such file" in desk.said
        await desk.press("f8", "down", "down", "enter", *"a.pdf", "enter")
        assert desk.text_of("#extras") == f"event time: {TIME} attachment: a.pdf, 4 bytes"
        await desk.press("f8", "s", *"both", "enter", "f9")
        (row,) = desk.attempts().rows(0, 2)
        sent = desk.service.history.find_attempt(row.attempt_id)
        assert sent.request.extras == extras
        await desk.press("f6", "enter")
        assert f"Event time {TIME} Attachment a.pdf, 4 bytes" in desk.text_of("#attempt")
        await desk.press("escape", "f4")
        await desk.press("f8", "end", "enter")
        assert desk.text_of("#extras") == ""
        (template,) = [one for one in desk.service.drafts.data_choices("100") if one.kind == "template"]
        assert (template.name, template.extras) == ("both", extras)
