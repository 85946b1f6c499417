"""What it costs to fill and to import a cache, against the least that makes the same contacts findable.

In CPU time: nobody is waited for.
"""

import csv
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from app.domain.csv_rows import open_csv
from app.domain.model import Field
from app.resources import sample_data
from app.sandbox.accounts.folder import CONTACTS, read_fields
from app.service.catalog import ContactLines
from app.service.demo import write_demo_folder
from app.store.catalog import Cache, replacing
from app.store.contacts import import_contacts
from tests.benchmarks import homes
from tests.benchmarks.table import Row
from tests.benchmarks.timing import cpu_s

COLUMNS = ("id", "uid", "1", "2", "3", "11", "37", "10142")


def rows(scale: float) -> list[Row]:
    """Two rows: `contacts import` of six fields, and the filling of a cache from an account folder."""
    home = homes.large(scale)
    contacts = home.contacts
    what = f"{contacts:,} contacts"
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_demo_folder(folder / "account", sample_data(), contacts, homes.SEED, lambda *_: None)
        _write_six_fields(folder / "account" / CONTACTS, folder / CONTACTS)
        floor = cpu_s(_bare_load, folder / CONTACTS, folder / "bare.db")
        (folder / "bare.db").unlink()
        with closing(_empty_cache(folder / "cache.db", folder / "account")) as cache:
            ours = cpu_s(_import, folder / CONTACTS, cache)
            assert cache.state().contacts == contacts
            assert _finds(cache, "example.com")
    filled = home.spent["filling the cache"] + home.spent["sorting the cache"]
    return [
        Row(f"import {what} / csv.reader, executemany, the same indexes", floor, ours, "s", 3.0),
        Row(f"fill the cache with {what} / the same", floor, filled, "s", 3.0),
    ]


def _finds(cache: Cache, text: str) -> bool:
    found = cache.search_contacts(text)
    found.read_first()
    return len(found.rows(0, 50)) == 50


def _write_six_fields(source: Path, target: Path) -> None:
    with _opened(source) as lines, target.open("w", encoding="utf-8", newline="") as to:
        rows = csv.reader(lines)
        header = next(rows)
        places = [header.index(column) for column in COLUMNS]
        written = csv.writer(to)
        written.writerow(COLUMNS)
        written.writerows([row[place] for place in places] for row in rows)


def _bare_load(file: Path, database: Path) -> None:
    columns = [f"c{column}" for column in COLUMNS]
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    with closing(sqlite3.connect(database, isolation_level=None)) as db, _opened(file) as lines:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768")
        db.execute("BEGIN")
        db.execute(f"CREATE TABLE contact ({names})")
        db.executemany(f"INSERT INTO contact VALUES ({marks})", islice(csv.reader(lines), 1, None))  # noqa: S608
        for column in columns:
            db.execute(f"CREATE INDEX by_{column} ON contact ({column})")
        db.execute(
            f"CREATE VIRTUAL TABLE search USING fts5({names}, content='', columnsize=0, "
            "prefix='1 2 3 4 5 6 7', tokenize='unicode61 remove_diacritics 2')"
        )
        db.execute(f"INSERT INTO search (rowid, {names}) SELECT rowid, {names} FROM contact")  # noqa: S608
        db.execute("COMMIT")


def _empty_cache(file: Path, account: Path) -> Cache:
    cache = Cache(file)
    with replacing(cache.path, complete=False) as load:
        load.fields(_fields(account))
        load.contacts(())
    return cache


def _import(file: Path, cache: Cache) -> None:
    with open_csv(file) as lines:
        for _ in import_contacts(cache.path, ContactLines(lines, cache.fields(), _no_fault).contacts()):
            pass


def _fields(account: Path) -> Sequence[Field]:
    return [Field(one.id, one.name, one.string_id, one.application_type) for one in read_fields(account)]


def _no_fault(line: int, reason: str) -> None:
    raise AssertionError(f"line {line}: {reason}")


def _opened(file: Path) -> TextIO:
    return file.open(encoding="utf-8", newline="")
