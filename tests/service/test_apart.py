"""A refresh in a process of its own: what it tells, how it ends, and that a large account is filled by one."""

import asyncio
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.client.errors import ClientError
from app.resources import sample_data
from app.service.apart import ApartError, run_apart
from app.service.filling import FillStep
from app.settings import SettingsError, load_settings
from app.store.cache import Cache
from app.store.errors import FillingError
from tests.service import works


async def test_its_steps_and_its_refusal_are_told_here() -> None:
    steps: list[FillStep] = []
    await run_apart(works.two_steps, steps.append)
    assert steps == [FillStep("events"), FillStep("contacts", 5, 10)]
    with pytest.raises(FillingError, match="Another refresh of this account is under way"):
        await run_apart(works.refused, steps.append)


async def test_a_process_that_dies_is_told_in_a_sentence() -> None:
    with pytest.raises(ApartError, match="broke off"):
        await run_apart(works.dies, lambda _: None)


async def test_cancelled_it_puts_its_things_in_order_first(tmp_path: Path) -> None:
    begun = asyncio.Event()
    work = partial(works.goes_on, tmp_path / "ended")
    task = asyncio.create_task(run_apart(work, lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (tmp_path / "ended").exists()


async def test_a_large_account_is_filled_by_one_unless_its_files_are_others_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.bootstrap.LARGE", 100)
    folder = shutil.copytree(sample_data(), tmp_path / "account")
    settings = load_settings({"TRIGGERDESK_HOME": str(tmp_path / "home")}, account=folder)
    service = open_service(settings)
    steps: list[FillStep] = []
    try:
        state = await service.keeping.refresh(steps.append, apart=True)
        assert (state.contacts, state.complete, service.keeping.needs_refresh()) == (250, True, False)
        assert [step.stage for step in steps] == ["events", "fields", "contacts", "storing"]
        assert service.lists.contacts("thor").rows(0, 1)[0].id == "11"

        with Cache(settings.cache).alone(), pytest.raises(FillingError):
            await service.keeping.refresh(apart=True)

        events = folder / "events.json"
        events.write_text(events.read_text(encoding="utf-8").replace("purchase_confirmation", "bought"))
        with pytest.raises(SettingsError, match="have changed since it was opened"):
            await service.keeping.refresh(apart=True)
        assert service.keeping.state() == state
    finally:
        await service.close()


async def test_the_secret_of_a_real_account_is_asked_for_once(tmp_path: Path) -> None:
    asked, command = tmp_path / "asked", tmp_path / "secret.py"
    command.write_text(f"open({str(asked)!r}, 'a').write('x')\nprint('s3cret')\n")
    (tmp_path / "config.toml").write_text(
        "[profiles.shop]\nbase_url = 'http://127.0.0.1:9/api/v2'\nauth = 'wsse'\nuser = 'anna'\n"
        f"refresh_contacts = 'query:0'\nsecret_command = '{sys.executable} {command}'\n"
    )
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, "shop"))
    try:
        for _ in range(2):
            with pytest.raises(ClientError, match=r"127\.0\.0\.1"):
                await service.keeping.refresh(apart=True)
    finally:
        await service.close()
    assert asked.read_text() == "x"
