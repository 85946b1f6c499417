"""The key of the mask: a file of the home's owner, made once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.errors import AppError
from app.domain.history_query import HistoryQuery
from app.domain.model import Attempt, Reply, TriggerRequest
from app.service.masking import masked_attempt_row, open_mask
from app.store.attempts import History


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    masked = open_mask(home).value("thor@example.com")
    assert (home / "mask.key").stat().st_mode & 0o777 == 0o600
    assert list(home.iterdir()) == [home / "mask.key"]
    assert open_mask(home).value("thor@example.com") == masked


def test_another_home_masks_otherwise(tmp_path: Path) -> None:
    assert open_mask(tmp_path / "a").value("thor@example.com") != open_mask(tmp_path / "b").value(
        "thor@example.com"
    )


def test_a_key_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "mask.key").write_bytes(b"")
    with pytest.raises(AppError, match=r"mask\.key is not a mask key"):
        open_mask(tmp_path)
    (tmp_path / "mask.key").unlink()
    (tmp_path / "mask.key").mkdir()
    with pytest.raises(AppError, match="cannot be used"):
        open_mask(tmp_path)


def test_a_row_of_the_history_is_masked_whole(tmp_path: Path) -> None:
    mask = open_mask(tmp_path)
    request = TriggerRequest("100", "3", "thor@example.com")
    history = History(tmp_path / "history.db")
    history.begin(Attempt("a1", "shop", "shop", request, "purchase", datetime.now(UTC), None), b"{}")
    history.finish("a1", Reply(400, 2008, "No contact: 3 - thor@example.com"), 1.0, None)
    rows = history.search.rows(HistoryQuery(), "shop")
    rows.read_first()
    (row,) = rows.rows(0, 1)
    masked = masked_attempt_row(mask, row)
    history.close()
    assert masked.external_id == mask.value("thor@example.com")
    assert masked.reply_text == f"No contact: 3 - {mask.value('thor@example.com')}"
    assert (masked.event_name, masked.reply_code) == ("purchase", 2008)
