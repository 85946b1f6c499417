"""Demo data for the built-in account: many invented contacts and a long history, determined by a seed.

The demo is an account folder like any other. While it exists, the built-in account is served from it; the
sandbox's database and the cache are filled from it at once.
"""

import csv
import os
import random
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from app.domain.errors import AppError, reason_of
from app.domain.model import (
    UNKNOWN_REMEDY,
    Answer,
    Attempt,
    Contact,
    ExternalEvent,
    JsonObject,
    NoReply,
    Outcome,
    Reply,
    Settlement,
    TriggerRequest,
    outcome_of,
)
from app.domain.reply_codes import reply_text
from app.domain.wire import reply_body
from app.resources import sample_data
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.accounts.folder import CONTACTS, EVENTS, FIELDS, examples, read_events
from app.settings import Settings
from app.store.bulk_attempts import add_finished, remove_owned
from app.store.catalog import replacing

OWNER = "demo-data"
UNUSED_ID = 999_999
"""The contact id that the built-in account never has: it produces reply 2012."""

DAYS = 180
_WEEKEND_SHARE = 0.3
_NO_EVENT = ExternalEvent("999", "")
_PICKED = 20_000
_STEP = 5000

Watch = Callable[[str, int, int], None]
"""Called with the step in words, the amount done and the total."""

# fmt: off
_FIRST = (
    "Imogen", "Łukasz", "Sakura", "Ελένη", "Björn", "Astrid", "Chidi", "Amara", "Yūki", "Noor", "Freya",
    "Сергій", "María", "José", "François", "Ana", "Zoë", "Ingrid", "Tomáš", "Aylin", "Mei", "Rahul",
    "Ольга", "Søren", "Grace", "Oliver", "Ruth", "Idris", "Petra", "Jonas", "Lerato", "Kofi", "Hana",
    "Léa", "Marek", "Nadia",
)
_SURNAMES = (
    "Fairweather", "Źrebiński", "Hoshimi", "Παπαδοπούλου", "Ångström", "Okafor", "Tanaka", "Haddad",
    "Müller", "García", "Lefèvre", "Costa", "Jansen", "Novák", "Yılmaz", "Zhang", "Sharma", "Шевченко",
    "Østergaard", "Whitlock", "Brennan", "Mensah", "Dvořáková", "Petit", "Kowalska", "Aziz", "Moreau",
    "Lindqvist", "Byrne",
)
_CITIES = (
    "Ashcombe Vale", "Nowa Brzezina", "Άγιος Λέανδρος", "青葉野市", "Saint-Vérin", "Kirschental", "Puerto Sereno",
)
# fmt: on
_HOSTS = ("example.com", "mail.example.com", "post.example.com", "shop.example.com")
_WITHOUT_MARKS = str.maketrans({"ø": "o", "ł": "l", "ı": "i"})


class DemoPlan(NamedTuple):
    contacts: int
    attempts: int
    seed: int
    end: datetime


class Scene(NamedTuple):
    account: str
    events: Sequence[ExternalEvent]
    examples: Mapping[str, JsonObject]
    contacts: Sequence[Contact]


def make_demo(settings: Settings, plan: DemoPlan, watch: Watch) -> int:
    """Replaces the built-in account by a demo account, which has the contacts of the sample too; returns their number."""
    contacts = write_files(settings, plan, watch)
    fill_account(settings, settings.demo, watch)
    make_past(settings, plan, watch)
    return contacts


def write_files(settings: Settings, plan: DemoPlan, watch: Watch) -> int:
    folder = _checked(settings)
    try:
        return write_demo_folder(
            folder,
            sample_data(),
            plan.contacts,
            plan.seed,
            lambda done, total: watch("inventing contacts", done, total),
        )
    except OSError as error:
        raise AppError(f"The demo account cannot be written to {folder}: {reason_of(error)}.") from error


def fill_account(settings: Settings, folder: Path, watch: Watch) -> None:
    account = SandboxAccount(
        folder,
        settings.sandbox_database,
        lambda done, total: watch("building the account", done, total),
    )
    with closing(account), replacing(settings.cache, complete=True, source=account.fingerprint) as load:
        load.events(ExternalEvent(event.id, event.name) for event in account.events.values())
        load.fields(account.fields.values())
        load.contacts(_watched(_contacts(folder / CONTACTS), account.count_contacts(), watch))
        watch("sorting the cache", 0, 0)


def make_past(settings: Settings, plan: DemoPlan, watch: Watch) -> None:
    watch("inventing attempts", 0, plan.attempts)
    scene = _scene(settings, plan.contacts)
    remove_owned(settings.history, settings.profile.account_key, OWNER)
    for done in add_finished(settings.history, made_up(scene, plan.attempts, plan.seed, plan.end), OWNER):
        watch("inventing attempts", done, plan.attempts)


def reset_demo(settings: Settings, watch: Watch) -> int:
    """Restores the original account and removes the made-up attempts; returns their number."""
    folder = _checked(settings)
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise AppError(f"The demo account cannot be removed from {folder}: {reason_of(error)}.") from error
    fill_account(settings, sample_data(), watch)
    return remove_owned(settings.history, settings.profile.account_key, OWNER)


def _checked(settings: Settings) -> Path:
    if not settings.profile.is_sandbox or settings.profile.folder is not None:
        raise AppError("Demo data is for the built-in account only. Leave out --account and --profile.")
    return settings.demo


def _scene(settings: Settings, contacts: int) -> Scene:
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
        if number % _STEP == 0:
            watch("filling the cache", number, total)
        yield contact


def write_demo_folder(
    folder: Path, sample: Path, contacts: int, seed: int, progress: Callable[[int, int], None]
) -> int:
    """Writes an account folder with the contacts of the sample and invented ones; returns their number. Raises OSError."""
    making = folder.with_name(f"{folder.name}.{os.urandom(4).hex()}.making")
    making.mkdir(parents=True, mode=0o700)
    try:
        for name in (EVENTS, FIELDS):
            shutil.copyfile(sample / name, making / name)
        with (sample / CONTACTS).open(encoding="utf-8", newline="") as own:
            header, *rows = csv.reader(own)
        total = max(contacts, len(rows))
        invented = islice(_people(header[2:], int(rows[-1][0]) + 1, seed), total - len(rows))
        with (making / CONTACTS).open("w", encoding="utf-8", newline="") as target:
            written = csv.writer(target)
            written.writerow(header)
            for number, row in enumerate(chain(rows, invented), start=1):
                written.writerow(row)
                if number % _STEP == 0 or number == total:
                    progress(number, total)
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return total


def _people(columns: Sequence[str], first: int, seed: int) -> Iterator[list[str]]:
    """Endless rows for these columns, by ascending id; each has six values."""
    chance = random.Random(seed)  # noqa: S311 - repeatable data, no secret
    number = first
    while True:
        if number != UNUSED_ID:
            given = _person(number, chance.getrandbits(96))
            uid = f"{chance.getrandbits(42):x}{number:x}"
            yield [str(number), uid, *(given.get(column, "") for column in columns)]
        number += 1


def _person(number: int, bits: int) -> dict[str, str]:
    bits, first = divmod(bits, len(_FIRST))
    bits, last = divmod(bits, len(_SURNAMES))
    bits, city = divmod(bits, len(_CITIES))
    bits, host = divmod(bits, len(_HOSTS))
    # Ofcom reserves these numbers for drama. Two people may share one.
    bits, phone = divmod(bits, 100_000)
    return {
        "1": _FIRST[first],
        "2": _SURNAMES[last],
        "3": f"{_letters(_FIRST[first])}.{_letters(_SURNAMES[last])}{number}@{_HOSTS[host]}",
        "11": _CITIES[city],
        "37": f"+44 7700 9{phone:05}",
        "10142": f"C-{10_000 + number}",
    }


def _letters(name: str) -> str:
    """A name for an e-mail address: Latin letters without accents, or `kontakt` if it has none."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_WITHOUT_MARKS))
    return "".join(letter for letter in plain if "a" <= letter <= "z") or "kontakt"


class _Kind(NamedTuple):
    """One way for an attempt to end: in `weight` of 1,000 attempts, after about `took_ms`."""

    weight: int
    status: int
    code: int | None
    text: str = ""
    remedy: str | None = None
    reason: str = ""
    took_ms: float = 90


_KINDS = (
    _Kind(858, 200, 0, "OK"),
    _Kind(49, 400, 2008, remedy="Check the spelling."),
    _Kind(15, 400, 2010, remedy="Use the contact id."),
    _Kind(9, 400, 2012, remedy="Check the contact id."),
    _Kind(9, 400, 5001, remedy="Choose the event from the list."),
    _Kind(6, 400, 2004, remedy="Choose the key field from the list."),
    _Kind(7, 400, 2005, remedy="Enter the external id."),
    _Kind(7, 400, 5005, "No program or campaign is triggered.", "Attach the event to a program."),
    _Kind(6, 429, 7003, "Too many requests.", "Wait a minute."),
    _Kind(4, 401, 1, "Invalid credentials.", "Check the secret."),
    _Kind(7, 502, None, "", f"The service failed with HTTP 502. {UNKNOWN_REMEDY}"),
    _Kind(9, 0, None, "", f"No reply came in time. {UNKNOWN_REMEDY}", "deadline", 30_000),
    _Kind(4, 0, None, "", f"You stopped waiting for the reply. {UNKNOWN_REMEDY}", "stopped", 4_000),
    _Kind(10, 0, None, "", "The connection was refused. Safe to send again.", "refused", 3),
)
_WEIGHTS = tuple(kind.weight for kind in _KINDS)
_OUTAGE = (timedelta(hours=33), timedelta(hours=28))
"""When, before the end, the gateway began to fail and stopped: yesterday, if `end` is by day."""

_OUTAGE_WEIGHTS = tuple(
    kind.weight * (60 if kind.status == 502 or kind.reason == "deadline" else 1) for kind in _KINDS
)
"""During this time, about every second attempt is unknown."""

_LOOKED_INTO = timedelta(days=2)

_GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def made_up(scene: Scene, count: int, seed: int, end: datetime) -> Iterator[Attempt]:
    """`count` finished attempts, oldest first, none after `end`."""
    chance = random.Random(seed)  # noqa: S311 - repeatable data, no secret
    for moment in _moments(chance, count, end):
        fails = end - _OUTAGE[0] <= moment < end - _OUTAGE[1]
        (kind,) = chance.choices(_KINDS, _OUTAGE_WEIGHTS if fails else _WEIGHTS)
        attempt = _attempt(chance, scene, kind, moment)
        is_old = moment < end - _LOOKED_INTO
        yield _looked_into(attempt) if is_old and attempt.outcome is Outcome.UNKNOWN else attempt


def _moments(chance: random.Random, count: int, end: datetime) -> list[datetime]:
    """Moments in ascending order: more by day than by night, fewer at the weekend."""
    days = [end - timedelta(days=back) for back in range(1, DAYS + 1)]
    weights = [_WEEKEND_SHARE if day.weekday() >= 5 else 1.0 for day in days]
    chosen = chance.choices(days, weights, k=count)
    return sorted(day + timedelta(days=chance.triangular(0, 1, 0.55)) for day in chosen)


def _attempt(chance: random.Random, scene: Scene, kind: _Kind, moment: datetime) -> Attempt:
    attempt_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    event = _NO_EVENT if kind.code == 5001 else scene.events[int(len(scene.events) * chance.random() ** 2)]
    key_id, value = _key(chance, scene, kind)
    request = TriggerRequest(event.id, key_id, value, scene.examples.get(event.id), attempt_id)
    answer = _answer(kind, request)
    return Attempt(
        attempt_id=attempt_id,
        profile=scene.account,
        account=scene.account,
        request=request,
        event_name=event.name or None,
        started_at=moment,
        predicted_code=kind.code if kind.status in (200, 400) else 0,
        outcome=outcome_of(answer),
        answer=answer,
        elapsed_ms=round(kind.took_ms * chance.lognormvariate(0, 0.5), 3),
        remedy=kind.remedy,
    )


def _looked_into(attempt: Attempt) -> Attempt:
    """The attempt, resolved an hour later if its id says so."""
    place = uuid.UUID(attempt.attempt_id).int % 4
    if not place:
        return attempt
    arrived = place > 1
    note = "Found it in the account." if arrived else "There is no trace of it in the account."
    return replace(attempt, settlement=Settlement(arrived, note, attempt.started_at + timedelta(hours=1)))


def _key(chance: random.Random, scene: Scene, kind: _Kind) -> tuple[str, str]:
    contact = chance.choice(scene.contacts)
    match kind.code:
        case 2004:
            return "4711", contact.value("3")
        case 2005:
            return "3", ""
        case 2008:
            return "3", f"x{contact.value('3')}"
        case 2010:
            return "3", "twin@example.com"
        case 2012:
            return "id", "999999"
        case _:
            key_id = chance.choices(("3", "10142", "id"), (80, 14, 6))[0]
            return (key_id, contact.value(key_id)) if contact.value(key_id) else ("id", contact.id)


def _answer(kind: _Kind, request: TriggerRequest) -> Answer:
    if kind.reason == "refused":
        return NoReply("refused", "no", "The connection was refused.")
    if kind.reason:
        return NoReply(kind.reason, "maybe", "No reply was read before the end.")
    if kind.code is None:
        return Reply(kind.status, None, None, body=_GATEWAY, body_length=len(_GATEWAY))
    text = kind.text or reply_text(kind.code, request)
    body = reply_body(kind.code, text)
    return Reply(kind.status, kind.code, text, body=body, body_length=len(body))
