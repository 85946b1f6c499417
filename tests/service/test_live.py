"""What belongs to the live account is opened when it is needed, and closed whatever happens."""

from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.settings import load_settings


def open_logs(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.name.endswith(("-wal", "-shm"))]


async def test_what_cannot_be_closed_keeps_nothing_else_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}))
    await service.refresh.run()

    async def broken() -> None:
        raise OSError("the connection is gone")

    monkeypatch.setattr(service.client, "aclose", broken)
    with pytest.raises(OSError, match="the connection is gone"):
        await service.close()
    # SQLite takes these away when the last connection is closed.
    assert not open_logs(tmp_path)
