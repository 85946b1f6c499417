"""Keep as check: an attempt becomes a case of a file, or the dashboard says why not."""

from pathlib import Path

import pytest

from app.domain.masking import Mask
from app.service.checks import read_cases
from app.tui.privacy import PrivacyMode
from tests.tui.conftest import OpenDesk

TO_THOR = (*"100", "enter", *"thor", "enter")


async def test_an_attempt_is_added_to_a_file_of_checks(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "checks.toml"
    async with open_desk(privacy=PrivacyMode(lambda: Mask(b"k" * 32))) as desk:
        await desk.press(*TO_THOR, "f9", "f6", "enter", "t", "enter")
        assert "purchase_confirmation replies 0, in " in desk.said
        await desk.press("t", "enter")
        first, second = read_cases(file)
        assert (first.request, second.name) == (second.request, "purchase_confirmation replies 0 2")
        assert first.request.external_id == "thor@example.com"
        file.write_text("[[case]]\nname = 1\n")
        await desk.press("t", "enter")
        assert "line 2: name: a case needs a name" in desk.said
        await desk.press("escape", "ctrl+b", "f6", "enter", "t")
        assert "Show personal data first." in desk.said
    assert file.read_text() == "[[case]]\nname = 1\n"
