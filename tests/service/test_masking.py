"""The key of the mask: a file of the home's owner, made once."""

from pathlib import Path

import pytest

from app.service.masking import MaskKeyError, open_mask


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
    with pytest.raises(MaskKeyError, match=r"mask\.key is no key"):
        open_mask(tmp_path)
    (tmp_path / "mask.key").unlink()
    (tmp_path / "mask.key").mkdir()
    with pytest.raises(MaskKeyError, match="cannot be used"):
        open_mask(tmp_path)
