"""One desk's connection to the team's database: claims, the log of attempts and facts, approvals, templates.

Every call can be repeated: rows have the ids of the desk, and what is already there stays as it is. So a call whose
connection breaks is made once more on a new one.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from threading import RLock
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import dict_row, tuple_row

from app.domain.model import Outcome, TeamMarks
from app.domain.team import (
    Approval,
    Claim,
    Claims,
    Fact,
    TeamError,
    TeamKey,
    UnreachableError,
)
from app.domain.text import replace_surrogates, sanitize
from app.team.schema import LOCK, ROLE, STEPS

Result = TypeVar("Result")
Values = Sequence[Any] | Mapping[str, Any]
Connection = psycopg.Connection[dict[str, Any]]

CONNECT_S = 2
"""The shortest time that libpq waits for a connection."""

PAGE = 20_000

_NEWEST = 100
_DRIFT_S = 5
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

_CLAIMS = """
    SELECT one.number, encode(one.contact, 'hex') AS contact, one.generation, one.attempt_id, one.member, one.desk,
        encode(one.data, 'hex') AS data, one.outcome,
        extract(epoch FROM clock_timestamp() - one.claimed_at)::float AS age_s,
        CASE WHEN one.outcome = 'unknown' OR one.outcome IS NULL THEN (
            SELECT (body ->> 'arrived')::boolean FROM triggerdesk.fact
            WHERE attempt_id = one.attempt_id AND kind = 'settled' ORDER BY seq DESC LIMIT 1) END AS arrived
    FROM unnest(%s::bytea[]) AS mark, LATERAL (
        SELECT * FROM triggerdesk.claim WHERE account = %s AND event_id = %s AND contact = mark
        ORDER BY generation DESC LIMIT %s) AS one
"""
_CLAIM = """
    INSERT INTO triggerdesk.claim (account, event_id, contact, generation, attempt_id, member, desk, data)
    SELECT %(account)s, %(event)s, contact, generation, attempt_id, %(member)s, %(desk)s, data
    FROM unnest(%(contacts)s::bytea[], %(generations)s::int[], %(attempts)s::text[], %(data)s::bytea[])
        AS wanted (contact, generation, attempt_id, data)
    ORDER BY contact ON CONFLICT DO NOTHING
"""
_CLAIMED = """
    SELECT wanted.attempt_id, count(*) AS found
    FROM unnest(%(contacts)s::bytea[], %(generations)s::int[], %(attempts)s::text[])
        AS wanted (contact, generation, attempt_id)
    JOIN triggerdesk.claim AS one USING (contact, generation, attempt_id)
    WHERE one.account = %(account)s AND one.event_id = %(event)s GROUP BY 1
"""
_LATE_CLAIM = """
    WITH wanted AS (
        SELECT mark FROM unnest(%(contacts)s::bytea[]) AS mark
        WHERE NOT EXISTS (SELECT FROM triggerdesk.claim WHERE attempt_id = %(attempt)s AND contact = mark)
            AND NOT EXISTS (SELECT FROM triggerdesk.tombstone
                WHERE account = %(account)s AND contact = mark AND at >= to_timestamp(%(at)s))
    ), added AS (
        INSERT INTO triggerdesk.claim
            (account, event_id, contact, generation, attempt_id, member, desk, data, claimed_at, outcome)
        SELECT %(account)s, %(event)s, mark, 1 + coalesce((SELECT max(generation) FROM triggerdesk.claim
            WHERE account = %(account)s AND event_id = %(event)s AND contact = mark), 0),
            %(attempt)s, %(member)s, %(desk)s, %(data)s, to_timestamp(%(at)s), %(outcome)s
        FROM wanted ORDER BY mark ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*) FROM wanted) > (SELECT count(*) FROM added) AS is_missing
"""
_DOUBLES = """
    INSERT INTO triggerdesk.fact (id, account, attempt_id, member, kind, body)
    SELECT DISTINCT %(attempt)s || ':double:' || attempt_id, account, %(attempt)s, %(member)s, 'double',
        jsonb_build_object('other', attempt_id, 'other_member', member)
    FROM triggerdesk.claim
    WHERE account = %(account)s AND event_id = %(event)s AND contact = ANY (%(contacts)s) AND data = %(data)s
        AND desk <> %(desk)s AND outcome IS DISTINCT FROM 'rejected' AND outcome IS DISTINCT FROM 'not_sent'
        AND abs(extract(epoch FROM claimed_at) - %(at)s) <= %(window)s
    ON CONFLICT DO NOTHING
"""
_ADD_ATTEMPTS = """
    INSERT INTO triggerdesk.attempt (id, account, member, desk, event_id, event_name, key_id, contacts, data, parent_id,
        predicted_code, started_at, detail)
    SELECT attempt_id, %(account)s, %(member)s, %(desk)s, event_id, event_name, key_id,
        ARRAY(SELECT decode(mark, 'hex') FROM unnest(contacts) AS mark), decode(data, 'hex'), parent_id, predicted_code,
        to_timestamp(at / 1000000.0), detail
    FROM jsonb_to_recordset(%(attempts)s) AS one (attempt_id text, event_id text, event_name text, key_id text,
        contacts text[], data text, parent_id text, predicted_code integer, at bigint, detail jsonb)
    ON CONFLICT DO NOTHING
"""
_ADD_FACTS = """
    INSERT INTO triggerdesk.fact (id, account, attempt_id, member, kind, body)
    SELECT fact_id, %(account)s, attempt_id, %(member)s, kind, body
    FROM jsonb_to_recordset(%(facts)s) AS one (fact_id text, attempt_id text, kind text, body jsonb)
    ON CONFLICT DO NOTHING
"""
# An attempt that was given back after it was pushed.
_NOT_SENT = """
    INSERT INTO triggerdesk.fact (id, account, attempt_id, member, kind, body)
    SELECT id || ':outcome', account, id, member, 'outcome', jsonb_build_object('outcome', 'not_sent',
        'reason', 'given_back', 'sent', 'no', 'detail', 'Nothing was sent.')
    FROM triggerdesk.attempt WHERE id = ANY (%s) ON CONFLICT DO NOTHING
"""
_SETTLE = """
    UPDATE triggerdesk.claim SET outcome = known.outcome FROM unnest(%s::text[], %s::text[])
        AS known (attempt_id, outcome) WHERE claim.attempt_id = known.attempt_id AND claim.outcome IS NULL
"""
# The columns of PULLED, so that a desk copies rows and works on none of them.
_ATTEMPTS = """
    SELECT a.seq, a.id, a.parent_id, a.event_id, a.event_name, a.key_id,
        coalesce(a.detail ->> 'external_id', '#' || left(encode(a.contacts[1], 'hex'), 12), '(forgotten)'),
        a.detail ->> 'trigger_id', (extract(epoch FROM a.started_at) * 1000000)::bigint, a.predicted_code, a.member,
        ('x' || left(encode(a.contacts[1], 'hex'), 16))::bit(64)::bigint,
        CASE WHEN a.contacts <> '{}' THEN '{"account": "", "claimed": true, "data": "' || encode(a.data, 'hex')
            || '", "contacts": ' || replace(to_json(a.contacts)::text, '\\\\x', '') || '}' END,
        CASE WHEN f.body IS NULL THEN 'sending'
            WHEN f.body ->> 'outcome' IN ('accepted', 'partial', 'rejected', 'not_sent') THEN f.body ->> 'outcome'
            ELSE 'unknown' END,
        (f.body ->> 'http_status')::int, (f.body ->> 'reply_code')::int, f.body ->> 'reply_text',
        (f.body ->> 'elapsed_ms')::float, f.body ->> 'reason', f.body ->> 'sent', f.body ->> 'detail',
        convert_to((a.detail || jsonb_build_object('key_id', a.key_id))::text, 'UTF8'), (a.detail -> 'data')::text
    FROM triggerdesk.attempt AS a LEFT JOIN triggerdesk.fact AS f ON f.attempt_id = a.id AND f.kind = 'outcome'
        AND f.id = a.id || ':outcome'
    WHERE a.account = %s AND a.seq > %s ORDER BY a.seq LIMIT %s
"""
_FACTS = """
    SELECT f.id AS fact_id, f.attempt_id, f.kind, f.body, f.member, f.seq,
        (extract(epoch FROM f.at) * 1000000)::bigint AS at
    FROM triggerdesk.fact AS f
    WHERE f.account = %(account)s AND f.seq > %(after)s AND (f.kind <> 'outcome' OR f.id <> f.attempt_id || ':outcome'
        OR EXISTS (SELECT FROM triggerdesk.attempt WHERE id = f.attempt_id AND seq <= %(known)s))
    ORDER BY f.seq LIMIT %(page)s
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts: the team's name of the account, the member, and the id of the member's home."""

    account: str
    member: str
    desk_id: str


def install(uri: str, password: str | None, key: TeamKey) -> bool:
    """Makes or upgrades the schema; returns whether it is new, so that `key` is the team's. Raises TeamError."""
    with _translated(), psycopg.connect(uri, password=password, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('triggerdesk.schema'))")
        connection.execute("CREATE SCHEMA IF NOT EXISTS triggerdesk")
        there = connection.execute("SELECT to_regclass('triggerdesk.about') IS NOT NULL").fetchone()
        row = (
            connection.execute("SELECT version FROM triggerdesk.about").fetchone()
            if there and there[0]
            else None
        )
        version = 0 if row is None else int(row[0])
        for step in STEPS[version:]:
            connection.execute(step)
        if version == 0:
            values = (len(STEPS), key.check())
            connection.execute("INSERT INTO triggerdesk.about (version, key_check) VALUES (%s, %s)", values)
        elif version < len(STEPS):
            connection.execute("UPDATE triggerdesk.about SET version = %s", (len(STEPS),))
    return version == 0


class TeamServer:
    """The team's database for one desk, for any thread. Raises TeamError, and UnreachableError if it does not answer."""

    def __init__(
        self, uri: str, password: Callable[[], str | None], desk: Desk, statement_s: float | None = None
    ) -> None:
        self.desk = desk
        self._uri = uri
        self._password = password
        self._statement_s = statement_s
        self._who = {"account": desk.account, "member": desk.member, "desk": desk.desk_id}
        self._lock = RLock()
        self._open: Connection | None = None

    def close(self) -> None:
        with suppress(psycopg.Error):
            if self._open is not None:
                self._open.close()
        self._open = None

    def join(self, key: TeamKey) -> None:
        """Registers the desk. Raises TeamError if this is not the team's key or the schema is another version's."""
        about = self._all("SELECT version, key_check FROM triggerdesk.about")
        if [row["version"] for row in about] != [len(STEPS)]:
            raise TeamError("The team's database has another version. Run `triggerdesk team init` there.")
        if bytes(about[0]["key_check"]) != key.check():
            raise TeamError("This is not the key of this team. Use the line that `team init` printed.")
        self._all(
            """INSERT INTO triggerdesk.member (account, name, desk) VALUES (%(account)s, %(member)s, %(desk)s)
            ON CONFLICT DO NOTHING RETURNING name""",
            self._who,
        )

    def members(self) -> Sequence[str]:
        sql = "SELECT DISTINCT name FROM triggerdesk.member WHERE account = %s ORDER BY name"
        return [row["name"] for row in self._all(sql, (self.desk.account,))]

    def clock_ahead_s(self, now: Callable[[], float]) -> float:
        """The seconds by which the server's clock is ahead of `now`; 0 up to 5."""
        before = now()
        server = self._all("SELECT extract(epoch FROM clock_timestamp())::float AS at")[0]["at"]
        ahead = float(server) - (before + now()) / 2
        return ahead if abs(ahead) > _DRIFT_S else 0.0

    # Claims

    def claims(self, event_id: str, contacts: Sequence[str]) -> Claims:
        """The newest claims of an event on the contacts with these marks."""
        found: dict[str, list[Claim]] = {}
        values = ([bytes.fromhex(one) for one in contacts], self.desk.account, event_id, _NEWEST)
        for row in self._all(_CLAIMS, values):
            outcome = None if row["outcome"] is None else Outcome(row["outcome"])
            found.setdefault(row["contact"], []).append(Claim(**row | {"outcome": outcome}))
        return Claims(found)

    def claim(
        self, event_id: str, wanted: Mapping[str, TeamMarks], generations: Mapping[str, int]
    ) -> frozenset[str]:
        """Claims contacts in one statement; returns the attempts that have all, the others have none."""
        rows = sorted((mark, attempt, marks) for attempt, marks in wanted.items() for mark in marks.contacts)
        values = {
            **self._who,
            "event": event_id,
            "contacts": [bytes.fromhex(mark) for mark, _, _ in rows],
            "generations": [generations.get(mark, 0) + 1 for mark, _, _ in rows],
            "attempts": [attempt for _, attempt, _ in rows],
            "data": [bytes.fromhex(marks.data) for _, _, marks in rows],
        }

        def work(connection: Connection) -> frozenset[str]:
            with connection.transaction():
                connection.execute(_CLAIM, values)
                # Asked for, not returned by the insert: after a broken connection the claims may be there already.
                found = {row["attempt_id"]: row["found"] for row in connection.execute(_CLAIMED, values)}
                whole = {one for one, marks in wanted.items() if found.get(one) == len(marks.contacts)}
                _settle(connection, dict.fromkeys(found.keys() - whole, Outcome.NOT_SENT))
            return frozenset(whole)

        return self._run(work)

    # The log

    def push(
        self,
        attempts: Sequence[Mapping[str, Any]],
        facts: Sequence[Fact] = (),
        released: Sequence[str] = (),
        window_s: float = 3600,
    ) -> None:
        """Adds attempts and facts to the log, settles their claims, and claims what was sent without.

        Of an attempt `contacts` and `data` are marks in hex; `at` is by the server's clock, in microseconds since 1970;
        `detail` has external id, event data and trigger id if they are shared; `is_claimed` says if it was claimed.
        `released` are attempts that were not sent after all; two sends within `window_s` count as a double.
        """
        late = [self._late(one, window_s) for one in attempts if not one["is_claimed"]]
        outcomes = {
            one.attempt_id: Outcome(str(one.body["outcome"])) for one in facts if one.kind == "outcome"
        } | dict.fromkeys(released, Outcome.NOT_SENT)
        values = {
            **self._who,
            "attempts": _json(attempts),
            "facts": _json([asdict(one) for one in facts]),
        }

        def work(connection: Connection) -> None:
            # Each in a transaction of its own, which locks in the order of marks, and before looking for doubles: of two
            # desks that push at the same time at least one sees the other's claims.
            for one in late:
                while any(row["is_missing"] for row in connection.execute(_LATE_CLAIM, one)):
                    pass  # another desk took that generation
            with connection.transaction():
                connection.execute(LOCK)
                connection.execute(_ADD_ATTEMPTS, values)
                connection.execute(_ADD_FACTS, values)
                if released:
                    connection.execute(_NOT_SENT, (list(released),))
                for one in late:
                    if one["outcome"] not in (Outcome.REJECTED, Outcome.NOT_SENT):
                        connection.execute(_DOUBLES, one)
                _settle(connection, outcomes)
                connection.execute("NOTIFY triggerdesk")

        self._run(work)

    def _late(self, one: Mapping[str, Any], window_s: float) -> Mapping[str, Any]:
        return {
            **self._who, "event": one["event_id"], "attempt": one["attempt_id"], "outcome": one["outcome"],
            "at": one["at"] / 1_000_000, "window": window_s, "data": bytes.fromhex(one["data"]),
            "contacts": [bytes.fromhex(mark) for mark in sorted(one["contacts"])],
        }  # fmt: skip

    @contextmanager
    def pull(self) -> "Iterator[Log]":
        with self._lock, _translated():
            connection = self._connected()
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield Log(connection, self.desk.account)

    def wait(self, seconds: float) -> bool:
        """Returns whether a desk pushed something, as soon as one does, or after some seconds."""
        with self._lock, _translated():
            connection = self._connected()
            connection.execute("LISTEN triggerdesk")
            return any(True for _ in connection.notifies(timeout=seconds, stop_after=1))

    def forget(self, contacts: Sequence[str]) -> None:
        """Empties everything about contacts with these marks, here and at the next sync of every desk."""
        values = (self.desk.account, [bytes.fromhex(one) for one in contacts], self.desk.member)
        self._all("SELECT triggerdesk.forget(%s, %s, %s)", values)

    # Approvals

    def use_approval(self, request: str, attempt_id: str) -> bool:
        """Uses up an approval of this request for an attempt; returns whether there is one. It is good for an hour, once."""
        sql = """
            WITH used AS (
                UPDATE triggerdesk.approval SET used_by = %(attempt)s, used_at = clock_timestamp()
                WHERE used_at IS NULL AND id = (
                    SELECT id FROM triggerdesk.approval WHERE account = %(account)s AND request = %(request)s
                        AND asked_by = %(member)s AND used_at IS NULL
                        AND approved_at > clock_timestamp() - interval '1 hour'
                        AND NOT EXISTS (SELECT FROM triggerdesk.approval WHERE used_by = %(attempt)s)
                    ORDER BY approved_at LIMIT 1) RETURNING id
            )
            SELECT id FROM used UNION ALL
            SELECT id FROM triggerdesk.approval WHERE request = %(request)s AND used_by = %(attempt)s"""
        return bool(self._all(sql, {**self._who, "request": bytes.fromhex(request), "attempt": attempt_id}))

    def ask_approval(self, approval: Approval, request: str) -> None:
        """Asks the other members to approve a request, unless it was asked within the hour."""
        sql = """
            INSERT INTO triggerdesk.approval (id, account, request, event_id, event_name, contact, asked_by)
            SELECT %(approval_id)s, %(account)s, %(request)s, %(event_id)s, %(event_name)s, %(contact)s, %(asked_by)s
            WHERE NOT EXISTS (SELECT FROM triggerdesk.approval WHERE account = %(account)s AND request = %(request)s
                AND asked_by = %(asked_by)s AND used_at IS NULL
                AND asked_at > clock_timestamp() - interval '1 hour')"""
        values = {**self._who, **asdict(approval), "request": bytes.fromhex(request)}

        def work(connection: Connection) -> None:
            connection.execute(sql, values)
            connection.execute("NOTIFY triggerdesk")

        self._run(work)

    def approvals(self) -> Sequence[Approval]:
        """The requests of the last hour that wait for a yes, oldest first."""
        sql = """
            SELECT id AS approval_id, event_id, event_name, contact, asked_by,
                extract(epoch FROM clock_timestamp() - asked_at)::float AS age_s
            FROM triggerdesk.approval WHERE account = %s AND approved_by IS NULL
                AND asked_at > clock_timestamp() - interval '1 hour' ORDER BY asked_at"""
        return [Approval(**row) for row in self._all(sql, (self.desk.account,))]

    def approve(self, reference: str) -> Approval:
        """Approves the request of another member whose id begins so. Raises TeamError, also for one's own."""
        found = [one for one in self.approvals() if one.approval_id.startswith(reference)]
        if len(found) != 1:
            raise TeamError(
                f"{len(found) or 'No'} requests that wait have an id that begins with {reference!r}."
            )
        sql = """
            UPDATE triggerdesk.approval SET approved_by = %s, approved_at = clock_timestamp()
            WHERE id = %s AND approved_by IS NULL RETURNING id"""
        try:
            if not self._all(sql, (self.desk.member, found[0].approval_id)):
                raise TeamError("Another member has approved this request already.")
        except errors.CheckViolation:
            raise TeamError("Nobody approves their own request. Ask another member.") from None
        return found[0]

    # Templates

    def templates(self) -> Mapping[str, tuple[int, list[str]]]:
        sql = """
            SELECT DISTINCT ON (name) name, version, event_id, data_text FROM triggerdesk.template
            WHERE account = %s ORDER BY name, version DESC"""
        return {
            row["name"]: (row["version"], [row["event_id"], row["data_text"]])
            for row in self._all(sql, (self.desk.account,))
        }

    def save_template(self, name: str, version: int, event_id: str, data_text: str) -> bool:
        """Saves a version of a template; returns False if another member saved it first."""
        sql = """
            INSERT INTO triggerdesk.template (account, name, version, event_id, data_text, member)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING version"""
        return bool(self._all(sql, (self.desk.account, name, version, event_id, data_text, self.desk.member)))

    # The connection

    def _all(self, sql: LiteralString, values: Values = ()) -> list[dict[str, Any]]:
        return self._run(lambda connection: connection.execute(sql, values).fetchall())

    def _run(self, work: Callable[[Connection], Result]) -> Result:
        """The result of `work`, which is repeated once if a connection that was open before has broken."""
        with self._lock, _translated():
            reused = self._open is not None and not self._open.closed
            connection = self._connected()
            try:
                return work(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self.close()
                if not reused:
                    raise
                return work(self._connected())

    def _connected(self) -> Connection:
        if self._open is None or self._open.closed:
            self._open = psycopg.connect(
                self._uri,
                password=self._password(),
                connect_timeout=CONNECT_S,
                autocommit=True,
                row_factory=dict_row,
            )
            self._open.execute(f"SET ROLE {ROLE}")
            if self._statement_s is not None:
                self._open.execute(f"SET statement_timeout = {int(self._statement_s * 1000)}")
        return self._open


class Log:
    """The team's log in a transaction that sees one moment of it. Its pages are read while it is open."""

    def __init__(self, connection: Connection, account: str) -> None:
        self._connection = connection
        self._account = account

    def attempts(self, after: int) -> Iterator[Sequence[tuple[Any, ...]]]:
        """The attempts after a number, with their outcomes, as the columns PULLED; the next page is read meanwhile."""
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(self._page, after)
            while page := coming.result():
                coming = reader.submit(self._page, page[-1][0])
                yield page

    def _page(self, after: int) -> Sequence[tuple[Any, ...]]:
        cursor = self._connection.cursor(binary=True, row_factory=tuple_row)
        return cursor.execute(_ATTEMPTS, (self._account, after, PAGE)).fetchall()

    def facts(self, after: int, known: int) -> Iterator[Sequence[Fact]]:
        """The facts after a number, without the outcomes that come with the attempts after `known`."""
        while True:
            values = {"account": self._account, "after": after, "known": known, "page": PAGE}
            rows = self._connection.execute(_FACTS, values).fetchall()
            if not rows:
                return
            yield [Fact(**row) for row in rows]
            after = rows[-1]["seq"]

    def tombstones(self, after: int) -> Sequence[tuple[int, str]]:
        sql = """
            SELECT seq, encode(contact, 'hex') AS mark FROM triggerdesk.tombstone
            WHERE account = %s AND seq > %s ORDER BY seq"""
        return [(row["seq"], row["mark"]) for row in self._connection.execute(sql, (self._account, after))]


def _settle(connection: Connection, outcomes: Mapping[str, Outcome]) -> None:
    if outcomes:
        connection.execute(_SETTLE, (list(outcomes), [one.value for one in outcomes.values()]))


def _json(value: object) -> str:
    """The value as JSON, with U+FFFD for what PostgreSQL cannot keep: NUL and halves of characters."""
    text = replace_surrogates(json.dumps(value, ensure_ascii=False))
    return _NUL.sub(r"\1" + "\ufffd", text)


@contextmanager
def _translated() -> Iterator[None]:
    """Turns errors of the database into TeamError; a broken constraint stays as it is."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnreachableError(f"The team's database does not answer: {_line(error)}.") from error
    except errors.CheckViolation:
        raise
    except psycopg.Error as error:
        raise TeamError(f"The team's database refused: {_line(error)}.") from error


def _line(error: psycopg.Error) -> str:
    text = str(error).strip().splitlines()
    return sanitize(text[0], 300).rstrip(".") if text else type(error).__name__
