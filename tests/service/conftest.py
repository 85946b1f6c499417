"""A session on the built-in account, whose lists are there already."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.service.session import Session
from app.settings import load_settings


def opened(home: Path) -> Session:
    return open_service(load_settings({"TRIGGERDESK_HOME": str(home)}))


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was refreshed once; tests copy it."""
    home = tmp_path_factory.mktemp("home")

    async def fill() -> None:
        service = opened(home)
        await service.refresh.run()
        await service.close()

    asyncio.run(fill())
    return home


@pytest.fixture(scope="module")
def reading(filled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One session for all tests of a module that only read."""
    home = tmp_path_factory.mktemp("reading")
    shutil.copytree(filled_home, home, dirs_exist_ok=True)
    service = opened(home)
    yield service
    asyncio.run(service.close())


@pytest.fixture
async def service(filled_home: Path, tmp_path: Path) -> AsyncIterator[Session]:
    shutil.copytree(filled_home, tmp_path, dirs_exist_ok=True)
    service = opened(tmp_path)
    yield service
    await service.close()
