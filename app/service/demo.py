"""Demo data for the built-in account: many contacts and a long history.

The demo is an account folder like any other. While it exists, the built-in account is served from it; the
sandbox's database and the cache are filled from it at once.
"""

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from app.domain.errors import AppError, reason_of
from app.domain.model import Contact, ExternalEvent, Field
from app.resources import sample_data
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.accounts.demo import sample_size, write_demo_folder
from app.sandbox.accounts.folder import CONTACTS, examples, read_events
from app.service.demo_attempts import Scene, made_up
from app.settings import Settings
from app.store.bulk_attempts import add_finished, remove_owned
from app.store.catalog import Cache

OWNER = "demo-data"
_PICKED = 20_000
_TOLD = 5000

Watch = Callable[[str, int, int], None]
"""Called with the step, the amount done and the total."""


class DemoError(AppError):
    """The demo data cannot be made; one sentence."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How much to make up, from which seed, and when the history ends."""

    contacts: int
    attempts: int
    seed: int
    end: datetime


@dataclass(frozen=True, slots=True)
class DemoReport:
    """How much the built-in account holds now."""

    contacts: int
    attempts: int


def make_demo(settings: Settings, plan: DemoPlan, watch: Watch) -> DemoReport:
    """Replaces the built-in account, or an earlier demo, by a demo account.

    It has at least the contacts of the sample, so that every reply can be produced. Raises DemoError,
    StoreError, AccountFolderError and AccountDatabaseError.
    """
    contacts = write_files(settings, plan, watch)
    fill_account(settings, contacts, watch)
    make_past(settings, plan, watch)
    return DemoReport(contacts, plan.attempts)


def write_files(settings: Settings, plan: DemoPlan, watch: Watch) -> int:
    """Step 1: writes the account folder; returns its number of contacts. Steps 2 and 3 need only this."""
    folder = _checked(settings)
    contacts = max(plan.contacts, sample_size(sample_data()))
    try:
        write_demo_folder(
            folder, sample_data(), contacts, plan.seed, lambda done, total: watch("contacts", done, total)
        )
    except OSError as error:
        raise DemoError(f"The demo account cannot be written to {folder}: {reason_of(error)}.") from error
    return contacts


def fill_account(settings: Settings, contacts: int, watch: Watch) -> None:
    """Step 2: builds the sandbox's database and fills the cache from the folder with `contacts` contacts."""
    _serve(settings, settings.demo, contacts, watch)


def make_past(settings: Settings, plan: DemoPlan, watch: Watch) -> None:
    """Step 3: replaces earlier made-up attempts by new ones."""
    watch("attempts", 0, plan.attempts)
    scene = _scene(settings, plan.contacts)
    remove_owned(settings.history, settings.profile.account_key, OWNER)
    for done in add_finished(settings.history, made_up(scene, plan.attempts, plan.seed, plan.end), OWNER):
        watch("attempts", done, plan.attempts)


def reset_demo(settings: Settings, watch: Watch) -> int:
    """Restores the original account and removes the made-up attempts; returns their number.

    Raises DemoError and StoreError.
    """
    folder = _checked(settings)
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise DemoError(f"The demo account cannot be removed from {folder}: {reason_of(error)}.") from error
    _serve(settings, sample_data(), sample_size(sample_data()), watch)
    return remove_owned(settings.history, settings.profile.account_key, OWNER)


def _checked(settings: Settings) -> Path:
    if not settings.profile.is_sandbox or settings.profile.folder is not None:
        raise DemoError("Demo data is for the built-in account only. Leave out --account and --profile.")
    return settings.demo


def _serve(settings: Settings, folder: Path, contacts: int, watch: Watch) -> None:
    """Builds the sandbox's database and fills the cache from this folder."""
    account = SandboxAccount(
        folder, settings.account_home / "sandbox.db", lambda done, total: watch("account", done, total)
    )
    with closing(account), closing(Cache(settings.cache)) as cache:
        fields = (
            Field(one.id, one.name, one.string_id, one.application_type) for one in account.fields.values()
        )
        with cache.replacing(complete=True, source=account.fingerprint) as load:
            load.events(ExternalEvent(event.id, event.name) for event in account.events.values())
            load.fields(fields)
            load.contacts(_watched(_contacts(folder / CONTACTS), contacts, watch))
            watch("order", 0, 0)


def _scene(settings: Settings, contacts: int) -> Scene:
    """The events that send something, and a sample of the contacts from the whole file."""
    folder = settings.demo
    events = [ExternalEvent(event.id, event.name) for event in read_events(folder) if event.attached]
    picked = list(_contacts(folder / CONTACTS, max(1, contacts // _PICKED)))
    return Scene(settings.profile.account_key, events, examples(folder), picked)


def _contacts(file: Path, every: int = 1) -> Iterator[Contact]:
    """Every `every`th contact of a file that is known to be valid."""
    with file.open(encoding="utf-8-sig", newline="") as raw:
        rows = csv.reader(raw)
        columns = next(rows)[2:]
        for row in islice(filter(None, rows), 0, None, every):
            cells = zip(columns, row[2:], strict=True)
            yield Contact(row[0], row[1], {column: cell for column, cell in cells if cell})


def _watched(contacts: Iterator[Contact], total: int, watch: Watch) -> Iterator[Contact]:
    for number, contact in enumerate(contacts):
        if number % _TOLD == 0:
            watch("cache", number, total)
        yield contact
