"""One desk's connection to the team's database: claims, the log of attempts and facts, approvals, templates.

Every call can be repeated: rows have the ids of the desk, and what is already there stays as it is. So a call whose
connection breaks is made once more on a new one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.domain.model import Outcome, TeamMarks
from app.domain.team import Approval, Claim, Claims, Fact, TeamAttempt, TeamError, TeamKey, UnreachableError
from app.domain.text import sanitize
from app.team.schema import LOCK, ROLE, STEPS

Result = TypeVar("Result")
Connection = psycopg.Connection[dict[str, Any]]

CONNECT_S = 2
"""The shortest time that libpq waits for a connection."""

APPROVED_S = 3600
_NEWEST = 100
_PAGE = 5000
_DRIFT_S = 5
_OUTCOME = ("outcome", "http_status", "reply_code", "elapsed_ms", "reason", "sent", "reply_text")

_CLAIMS = """
    SELECT one.number, one.contact, one.generation, one.attempt_id, one.member, one.desk, one.data, one.outcome,
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
_ATTEMPTS = """
    SELECT a.seq, a.id, a.member, a.desk, a.event_id, a.event_name, a.key_id, a.contacts, a.data, a.parent_id,
        a.predicted_code, (extract(epoch FROM a.started_at) * 1000000)::bigint AS at, a.detail, f.body IS NOT NULL AS is_over,
        f.body ->> 'outcome' AS outcome, (f.body ->> 'http_status')::int AS http_status,
        (f.body ->> 'reply_code')::int AS reply_code, (f.body ->> 'elapsed_ms')::float AS elapsed_ms,
        f.body ->> 'reason' AS reason, f.body ->> 'sent' AS sent, f.body ->> 'detail' AS words,
        f.body ->> 'reply_text' AS reply_text
    FROM triggerdesk.attempt AS a LEFT JOIN triggerdesk.fact AS f ON f.attempt_id = a.id AND f.kind = 'outcome'
        AND f.id = a.id || ':outcome'
    WHERE a.account = %s AND a.seq > %s ORDER BY a.seq
"""
_FACTS = """
    SELECT f.seq, f.id, f.attempt_id, f.member, f.kind, f.body,
        (extract(epoch FROM f.at) * 1000000)::bigint AS at
    FROM triggerdesk.fact AS f
    WHERE f.account = %(account)s AND f.seq > %(after)s AND (f.kind <> 'outcome' OR f.id <> f.attempt_id || ':outcome'
        OR EXISTS (SELECT FROM triggerdesk.attempt WHERE id = f.attempt_id AND seq <= %(known)s))
    ORDER BY f.seq
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts: the team's name of the account, the member, and the id of the member's home."""

    account: str
    member: str
    desk_id: str


@dataclass(frozen=True, slots=True)
class Late:
    """An attempt to push that was sent without a claim, and its outcome if there is one."""

    attempt: TeamAttempt
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Push:
    """What a desk adds to the log. `window_s` is the time between two sends that counts as a double."""

    attempts: Sequence[TeamAttempt] = ()
    facts: Sequence[Fact] = ()
    late: Sequence[Late] = ()
    released: Sequence[str] = ()
    window_s: float = 3600


def install(uri: str, password: str | None, key: TeamKey) -> bool:
    """Makes or upgrades the schema; returns whether it is new, so that `key` is the team's. Raises TeamError."""
    with _translated(), psycopg.connect(uri, password=password, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('triggerdesk.schema'))")
        connection.execute("CREATE SCHEMA IF NOT EXISTS triggerdesk")
        there = connection.execute("SELECT to_regclass('triggerdesk.about') IS NOT NULL").fetchone()
        is_new = not (there and there[0])
        version = 0 if is_new else _version(connection)
        for step in STEPS[version:]:
            connection.execute(step)
        if is_new:
            values = (len(STEPS), key.check())
            connection.execute("INSERT INTO triggerdesk.about (version, key_check) VALUES (%s, %s)", values)
        elif version < len(STEPS):
            connection.execute("UPDATE triggerdesk.about SET version = %s", (len(STEPS),))
    return is_new


def _version(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT version FROM triggerdesk.about").fetchone()
    return int(row[0]) if row else 0


class TeamServer:
    """The team's database for one desk, for any thread. Raises TeamError, and UnreachableError if it does not answer."""

    def __init__(
        self, uri: str, password: Callable[[], str | None], desk: Desk, statement_s: float | None = None
    ) -> None:
        """Statements end after `statement_s` seconds; None: never."""
        self.desk = desk
        self._uri = uri
        self._password = password
        self._statement_s = statement_s
        self._lock = RLock()
        self._open: Connection | None = None

    def close(self) -> None:
        with suppress(psycopg.Error):
            if self._open is not None:
                self._open.close()
        self._open = None

    def join(self, key: TeamKey) -> None:
        """Registers the desk. Raises TeamError if this is not the team's key or the schema is another version's."""

        def work(connection: Connection) -> None:
            row = connection.execute("SELECT version, key_check FROM triggerdesk.about").fetchone()
            if row is None or row["version"] != len(STEPS):
                raise TeamError("The team's database has another version. Run `triggerdesk team init` there.")
            if bytes(row["key_check"]) != key.check():
                raise TeamError("This is not the key of this team. Use the line that `team init` printed.")
            connection.execute(
                "INSERT INTO triggerdesk.member (account, name, desk) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (self.desk.account, self.desk.member, self.desk.desk_id),
            )

        self._run(work)

    def members(self) -> Sequence[str]:
        """The members with a desk on this account, by name."""
        sql = "SELECT DISTINCT name FROM triggerdesk.member WHERE account = %s ORDER BY name"
        return [row["name"] for row in self._all(sql, self.desk.account)]

    def clock_ahead_s(self, now: Callable[[], float]) -> float:
        """The seconds by which the server's clock is ahead of `now`; 0 up to 5."""
        before = now()
        server = self._all("SELECT extract(epoch FROM clock_timestamp())::float AS at")[0]["at"]
        ahead = float(server) - (before + now()) / 2
        return ahead if abs(ahead) > _DRIFT_S else 0.0

    # Claims

    def claims(self, event_id: str, contacts: Sequence[str]) -> Claims:
        """The newest claims of an event on a contact with these marks."""
        rows = self._all(
            _CLAIMS, [bytes.fromhex(one) for one in contacts], self.desk.account, event_id, _NEWEST
        )
        return Claims(tuple(_claim(row) for row in rows))

    def claim(
        self, event_id: str, wanted: Mapping[str, TeamMarks], generations: Mapping[str, int]
    ) -> frozenset[str]:
        """Claims contacts for attempts, each after the generation that was seen, all in one statement.

        `wanted` maps each attempt id to its marks. Returns the attempts that have all of their claims; for the others
        another desk was faster, and nothing of them stays claimed.
        """
        rows = sorted((mark, attempt, marks) for attempt, marks in wanted.items() for mark in marks.contacts)
        values = {
            "account": self.desk.account,
            "event": event_id,
            "member": self.desk.member,
            "desk": self.desk.desk_id,
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
                if partly := found.keys() - whole:
                    _settle(connection, dict.fromkeys(partly, Outcome.NOT_SENT))
            return frozenset(whole)

        return self._run(work)

    def release(self, attempt_ids: Sequence[str]) -> None:
        """Settles the claims of attempts that were not sent."""
        self._run(lambda connection: _settle(connection, dict.fromkeys(attempt_ids, Outcome.NOT_SENT)))

    # The log

    def push(self, push: Push) -> None:
        """Adds attempts and facts to the log, settles their claims, and claims what was sent without."""

        late = [self._late_values(one, push.window_s) for one in push.late]
        reached = [one.outcome not in (Outcome.REJECTED, Outcome.NOT_SENT) for one in push.late]
        outcomes = {
            one.attempt_id: Outcome(str(one.body["outcome"])) for one in push.facts if one.kind == "outcome"
        }

        def work(connection: Connection) -> None:
            # Each in a transaction of its own, which locks in the order of marks, and before looking for doubles: of two
            # desks that push at the same time at least one sees the other's claims.
            for values in late:
                while any(row["is_missing"] for row in connection.execute(_LATE_CLAIM, values)):
                    pass  # another desk took that generation
            with connection.transaction():
                connection.execute(LOCK)
                self._add(connection, push)
                for values in (one for one, counts in zip(late, reached, strict=True) if counts):
                    connection.execute(_DOUBLES, values)
                _settle(connection, outcomes | dict.fromkeys(push.released, Outcome.NOT_SENT))
                connection.execute("NOTIFY triggerdesk")

        self._run(work)

    def pull(self, after_attempt: int, after_fact: int) -> "Pulled":
        """What the log has after these numbers, in the state of one moment. Close it after reading."""
        return Pulled(self._connected(), self._lock, self.desk.account, after_attempt, after_fact)

    def wait(self, seconds: float) -> bool:
        """Returns whether a desk pushed something, as soon as one does, or after some seconds."""
        with self._lock, _translated():
            connection = self._connected()
            connection.execute("LISTEN triggerdesk")
            return any(True for _ in connection.notifies(timeout=seconds, stop_after=1))

    def forget(self, contacts: Sequence[str]) -> None:
        """Empties everything about contacts with these marks, here and at the next sync of every desk."""
        marks = [bytes.fromhex(one) for one in contacts]
        values = (self.desk.account, marks, self.desk.member)
        self._run(lambda connection: connection.execute("SELECT triggerdesk.forget(%s, %s, %s)", values))

    # Approvals

    def use_approval(self, request: str, attempt_id: str) -> bool:
        """Uses up an approval of this request, which is good for an hour, once; returns whether there was one."""
        sql = """
            UPDATE triggerdesk.approval SET used_by = %s, used_at = clock_timestamp() WHERE used_at IS NULL AND id = (
                SELECT id FROM triggerdesk.approval WHERE account = %s AND request = %s AND asked_by = %s
                    AND used_at IS NULL AND approved_at > clock_timestamp() - make_interval(secs => %s)
                ORDER BY approved_at LIMIT 1) RETURNING id"""
        values = (attempt_id, self.desk.account, bytes.fromhex(request), self.desk.member, APPROVED_S)
        return bool(self._all(sql, *values))

    def ask_approval(self, approval: Approval, request: str) -> None:
        """Asks the other members to approve a request, unless it was asked within the hour."""
        sql = """
            INSERT INTO triggerdesk.approval (id, account, request, event_id, event_name, contact, asked_by)
            SELECT %(id)s, %(account)s, %(request)s, %(event)s, %(name)s, %(contact)s, %(member)s
            WHERE NOT EXISTS (SELECT FROM triggerdesk.approval WHERE account = %(account)s AND request = %(request)s
                AND asked_by = %(member)s AND used_at IS NULL
                AND asked_at > clock_timestamp() - make_interval(secs => %(seconds)s)) RETURNING id"""
        values = {
            "id": approval.approval_id, "account": self.desk.account, "request": bytes.fromhex(request),
            "event": approval.event_id, "name": approval.event_name, "contact": approval.contact,
            "member": self.desk.member, "seconds": APPROVED_S,
        }  # fmt: skip
        self._all(sql, values)

    def approvals(self) -> Sequence[Approval]:
        """The requests of the last hour that wait for a yes, oldest first."""
        sql = """
            SELECT id, event_id, event_name, contact, asked_by, approved_by,
                extract(epoch FROM clock_timestamp() - asked_at)::float AS age_s
            FROM triggerdesk.approval WHERE account = %s AND approved_by IS NULL
                AND asked_at > clock_timestamp() - make_interval(secs => %s) ORDER BY asked_at"""
        return [
            Approval(
                row["id"], row["event_id"], row["event_name"], row["contact"], row["asked_by"], row["age_s"]
            )
            for row in self._all(sql, self.desk.account, APPROVED_S)
        ]

    def approve(self, approval_id: str) -> None:
        """Approves a request of another member. Raises TeamError for one's own."""
        sql = """
            UPDATE triggerdesk.approval SET approved_by = %s, approved_at = clock_timestamp()
            WHERE id = %s AND account = %s AND approved_by IS NULL RETURNING id"""
        try:
            found = self._all(sql, self.desk.member, approval_id, self.desk.account)
        except errors.CheckViolation:
            raise TeamError("Nobody approves their own request. Ask another member.") from None
        if not found:
            raise TeamError("Nothing waits for a yes under this id.")

    # Templates

    def templates(self) -> Mapping[str, tuple[int, list[str]]]:
        """The newest version of each template by name: its number, and event id and text."""
        sql = """
            SELECT DISTINCT ON (name) name, version, event_id, data_text FROM triggerdesk.template
            WHERE account = %s ORDER BY name, version DESC"""
        return {
            row["name"]: (row["version"], [row["event_id"], row["data_text"]])
            for row in self._all(sql, self.desk.account)
        }

    def save_template(self, name: str, version: int, event_id: str, data_text: str) -> bool:
        """Saves a version of a template; returns False if another member saved it first."""
        sql = """
            INSERT INTO triggerdesk.template (account, name, version, event_id, data_text, member)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING version"""
        return bool(self._all(sql, self.desk.account, name, version, event_id, data_text, self.desk.member))

    # The connection

    def _add(self, connection: Connection, push: Push) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO triggerdesk.attempt (id, account, member, desk, event_id, event_name, key_id, contacts,
                    data, parent_id, predicted_code, started_at, detail)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s), %s) ON CONFLICT DO NOTHING""",
                [
                    (
                        one.attempt_id, self.desk.account, self.desk.member, self.desk.desk_id, one.event_id,
                        one.event_name, one.key_id, [bytes.fromhex(mark) for mark in one.contacts],
                        bytes.fromhex(one.data), one.parent_id, one.predicted_code, one.at / 1_000_000,
                        None if one.detail is None else Jsonb(one.detail),
                    )
                    for one in push.attempts
                ],
            )  # fmt: skip
            cursor.executemany(
                """INSERT INTO triggerdesk.fact (id, account, attempt_id, member, kind, body)
                VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
                [
                    (
                        one.fact_id,
                        self.desk.account,
                        one.attempt_id,
                        self.desk.member,
                        one.kind,
                        Jsonb(one.body),
                    )
                    for one in push.facts
                ],
            )

    def _late_values(self, late: Late, window_s: float) -> Mapping[str, Any]:
        one = late.attempt
        return {
            "account": self.desk.account, "event": one.event_id, "attempt": one.attempt_id,
            "member": self.desk.member, "desk": self.desk.desk_id, "at": one.at / 1_000_000, "window": window_s,
            "data": bytes.fromhex(one.data), "contacts": [bytes.fromhex(mark) for mark in sorted(one.contacts)],
            "outcome": late.outcome and late.outcome.value,
        }  # fmt: skip

    def _all(self, sql: Any, *values: Any) -> list[dict[str, Any]]:
        given = values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        return self._run(lambda connection: connection.execute(sql, given).fetchall())

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
            with _translated():
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


class Pulled:
    """The log after a point, read in pages in one snapshot: the attempts, then the facts about all of them."""

    def __init__(
        self, connection: Connection, lock: RLock, account: str, after_attempt: int, after_fact: int
    ) -> None:
        self._connection, self._lock, self._account = connection, lock, account
        self._after_attempt, self._after_fact = after_attempt, after_fact

    def __enter__(self) -> "Pulled":
        self._lock.acquire()
        with _translated():
            self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")
        self._lock.release()

    def attempts(self) -> Iterator[Sequence[TeamAttempt]]:
        """The attempts, each with its outcome if it has one."""
        for page in self._pages(_ATTEMPTS, (self._account, self._after_attempt)):
            yield [_attempt(row) for row in page]

    def facts(self) -> Iterator[Sequence[Fact]]:
        """The facts, without the outcomes that `attempts` gave."""
        values = {"account": self._account, "after": self._after_fact, "known": self._after_attempt}
        for page in self._pages(_FACTS, values):
            yield [
                Fact(
                    row["id"],
                    row["attempt_id"],
                    row["kind"],
                    row["body"],
                    row["member"],
                    row["seq"],
                    row["at"],
                )
                for row in page
            ]

    def tombstones(self, after: int) -> Sequence[tuple[int, str]]:
        """The number and the mark of each contact that was forgotten."""
        sql = "SELECT seq, contact FROM triggerdesk.tombstone WHERE account = %s AND seq > %s ORDER BY seq"
        with _translated():
            rows = self._connection.execute(sql, (self._account, after)).fetchall()
        return [(row["seq"], row["contact"].hex()) for row in rows]

    def _pages(self, sql: Any, values: Any) -> Iterator[list[dict[str, Any]]]:
        with _translated(), self._connection.cursor(name="pulled", binary=True) as cursor:
            cursor.execute(sql, values)
            while page := cursor.fetchmany(_PAGE):
                yield page


def _settle(connection: Connection, outcomes: Mapping[str, Outcome]) -> None:
    """Settles open claims; those that have an outcome keep it."""
    if outcomes:
        connection.execute(
            """UPDATE triggerdesk.claim SET outcome = known.outcome FROM unnest(%s::text[], %s::text[])
                AS known (attempt_id, outcome) WHERE claim.attempt_id = known.attempt_id AND claim.outcome IS NULL""",
            (list(outcomes), [one.value for one in outcomes.values()]),
        )


def _claim(row: Mapping[str, Any]) -> Claim:
    outcome = None if row["outcome"] is None else Outcome(row["outcome"])
    return Claim(
        row["number"], row["contact"].hex(), row["generation"], row["attempt_id"], row["member"], row["desk"],
        row["data"].hex(), outcome, row["age_s"], row["arrived"],
    )  # fmt: skip


def _attempt(row: Mapping[str, Any]) -> TeamAttempt:
    outcome = {name: row[name] for name in _OUTCOME} | {"detail": row["words"]} if row["is_over"] else None
    return TeamAttempt(
        row["seq"], row["id"], row["member"], row["desk"], row["event_id"], row["event_name"], row["key_id"],
        tuple([mark.hex() for mark in row["contacts"]]), (row["data"] or b"").hex(), row["parent_id"],
        row["predicted_code"], row["at"], row["detail"], outcome,
    )  # fmt: skip


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
