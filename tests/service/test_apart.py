"""A refresh in a process of its own: what it tells, how it ends, and that a large account is filled by one."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.client.api import ApiClient
from app.client.errors import ClientError
from app.domain.model import Reply, TriggerRequest
from app.resources import sample_data
from app.sandbox.accounts.folder import AccountFolderError
from app.service.apart import ApartError, run_apart
from app.service.filling import FillStep
from app.service.session import Session
from app.settings import load_settings
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


async def test_a_process_that_cannot_be_started_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ApartError, match="broke off"):
        await run_apart(works.two_steps, lambda _: None)


async def test_cancelled_it_puts_its_things_in_order_first(tmp_path: Path) -> None:
    begun = asyncio.Event()
    work = partial(works.goes_on, tmp_path / "ended")
    task = asyncio.create_task(run_apart(work, lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (tmp_path / "ended").exists()


async def code(service: Session, external_id: str) -> int | None:
    """What the running account answers by now."""
    answer = await service.client.trigger(TriggerRequest("100", "3", external_id))
    assert isinstance(answer, Reply)
    return answer.reply_code


def edit(file: Path, before: str, after: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


@pytest.mark.parametrize("large", [100, 1_000_000])
async def test_a_refresh_reads_the_files_as_they_are_by_now_and_the_running_account_answers_by_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr("app.bootstrap.LARGE", large)
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

        edit(folder / "contacts.csv", "thor@example.com", "loki@example.com")
        edit(folder / "events.json", "purchase_confirmation", "bought")
        assert (await code(service, "thor@example.com"), await code(service, "loki@example.com")) == (0, 2008)
        assert service.lists.event_name("100") == "purchase_confirmation"

        state = await service.keeping.refresh(apart=True)
        assert (await code(service, "thor@example.com"), await code(service, "loki@example.com")) == (2008, 0)
        assert service.lists.event_name("100") == "bought"
        assert service.lists.contacts("loki").rows(0, 2)[0].id == "11"
        assert not service.keeping.needs_refresh()

        with (folder / "contacts.csv").open("a", encoding="utf-8") as file:
            file.write("nobody\n")
        with pytest.raises(AccountFolderError, match=r"contacts\.csv, line 252: .*cells"):
            await service.keeping.refresh(apart=True)
        assert service.keeping.state() == state
        assert await code(service, "loki@example.com") == 0
    finally:
        await service.close()


async def test_a_stopped_refresh_leaves_the_running_account_as_the_lists_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(sample_data(), tmp_path / "account")
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path / "home")}, account=folder))
    try:
        await service.keeping.refresh(apart=True)
        assert await code(service, "thor@example.com") == 0
        edit(folder / "contacts.csv", "thor@example.com", "loki@example.com")

        async def never(_: ApiClient, return_field: str = "3", limit: int = 0) -> AsyncIterator[None]:
            raise asyncio.CancelledError
            yield

        with monkeypatch.context() as patched:
            patched.setattr(ApiClient, "contacts", never)
            with pytest.raises(asyncio.CancelledError):
                await service.keeping.refresh(apart=True)
        assert service.lists.contacts("thor@example.com").rows(0, 2)[0].id == "11"
        assert await code(service, "thor@example.com") == 0
        await service.keeping.refresh(apart=True)
        assert await code(service, "thor@example.com") == 2008
    finally:
        await service.close()


async def test_the_running_account_follows_a_cache_that_another_program_has_filled(tmp_path: Path) -> None:
    folder = shutil.copytree(sample_data(), tmp_path / "account")
    settings = load_settings({"TRIGGERDESK_HOME": str(tmp_path / "home")}, account=folder)
    service = open_service(settings)
    try:
        await service.keeping.refresh()
        assert await code(service, "loki@example.com") == 2008
        edit(folder / "contacts.csv", "thor@example.com", "loki@example.com")
        other = open_service(settings)
        await other.keeping.fill_where_needed()
        await other.close()
        assert service.lists.contacts("loki").rows(0, 2)[0].id == "11"
        assert await code(service, "loki@example.com") == 0
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
