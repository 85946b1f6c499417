"""What a trigger costs the endpoint on a port, in CPU time, against a bare ASGI hello."""

import tempfile
from pathlib import Path

from app.sandbox.accounts.account import SandboxAccount
from tests.benchmarks.sandbox_accounts import write_account
from tests.benchmarks.sandbox_load import drive, requests
from tests.benchmarks.sandbox_servers import Server, running
from tests.benchmarks.table import Row

CONTACTS = 1_000_000
REQUESTS = 6000
ROUNDS = 3


def rows(scale: float) -> list[Row]:
    """One row, the best of some rounds; scale 1 has an account of a million contacts."""
    contacts, count = max(2000, round(CONTACTS * scale)), max(2000, round(REQUESTS * scale))
    with tempfile.TemporaryDirectory() as name:
        folder, database = write_account(Path(name, "account"), contacts), Path(name, "account.db")
        SandboxAccount(folder, database).close()
        with running("hello") as hello, running("sandbox", str(folder), str(database)) as sandbox:
            floor, ours = (
                min(_cpu_us(server, contacts, count, turn, server is sandbox) for turn in range(ROUNDS))
                for server in (hello, sandbox)
            )
    return [Row("CPU of a trigger / bare ASGI hello", floor, ours, "us", 2.5)]


def _cpu_us(server: Server, contacts: int, count: int, turn: int, checked: bool) -> float:
    work = requests(count, contacts, turn)
    before = server.cpu_s()
    drive(server.port, work, checked)
    return (server.cpu_s() - before) / count * 1e6
