"""What belongs to the live account is opened when it is needed, and closed whatever happens."""

from pathlib import Path

import pytest

from app.service.session import Session


def open_logs(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.name.endswith(("-wal", "-shm"))]


async def test_what_cannot_be_closed_keeps_nothing_else_open(
    service: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def broken() -> None:
        raise OSError("the connection is gone")

    monkeypatch.setattr(service.client, "aclose", broken)
    with pytest.raises(OSError, match="the connection is gone"):
        await service.close()
    # SQLite takes these away when the last connection is closed.
    assert not open_logs(tmp_path)
