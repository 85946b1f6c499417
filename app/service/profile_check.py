"""Checks a profile: address, sign-in, clock, permissions.

It makes each read-only call once. A permission that only a trigger could test is reported as unknown.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.domain import wire
from app.domain.model import Answer, NoReply, Reply
from app.domain.reply_codes import ALLOWED_SKEW_S, advise_status, clock_skew_s
from app.domain.text import duration, sanitize
from app.settings import Profile

if TYPE_CHECKING:
    from app.client.api import ApiClient

State = Literal["ok", "failed", "unknown"]

NEXT_API_HOST = "api.sap.emarsys.net"
NO_EVENTS = (
    f"{NEXT_API_HOST} is the next API, which has no external events. Use https://api.emarsys.net/api/v3."
)

_NO_USAGES = "Without it nothing says what an event starts, and `history evidence` does not work."
_NO_MAIL = "Without it mails have an id, but no name and no subject."
_NO_HISTORY = "Without it `history evidence` does not work."
_LONGEST_TEXT = 200
_NOT_ASKED = "not asked"


class Finding(NamedTuple):
    what: str
    state: State
    detail: str


class _Probe(NamedTuple):
    """A read-only call that needs one permission; `without` says what works less without it."""

    purpose: wire.Purpose
    method: str
    path: str
    body: bytes | None = None
    query: Mapping[str, str | int] | None = None
    without: str = ""

    @property
    def what(self) -> str:
        return self.purpose.what if self.purpose is wire.MAIL_HISTORY else self.purpose.permission


async def check_account(profile: Profile, client: "ApiClient") -> tuple[Finding, ...]:
    """All findings, each after those that it depends on. Never raises for a reply of the account."""
    events, *others = _probes(profile)
    first = await _ask(client, events)
    findings = [_address(first), _sign_in(profile, events, first), _clock(first)]
    if isinstance(first, NoReply):
        findings += [Finding(probe.what, "unknown", _NOT_ASKED) for probe in (events, *others)]
    else:
        findings.append(_permission(events, first))
        findings += [_permission(probe, await _ask(client, probe)) for probe in others]
    unasked = Finding("externalevent.trigger", "unknown", "only a real trigger could test it")
    return (*findings, unasked)


def _probes(profile: Profile) -> list[_Probe]:
    """The call that needs no more than a sign-in, and those for the other permissions; none finds anything to change."""
    one_contact = wire.dumps({"keyId": "id", "keyValues": ["0"], "fields": ["3"]})
    one_day = wire.dumps({"contacts": [0], "startDate": "2000-01-01", "endDate": "2000-01-01"})
    probes = [
        _Probe(wire.EVENTS, "GET", "event"),
        _Probe(wire.FIELDS, "GET", "field"),
        _Probe(wire.CONTACT_DATA, "POST", "contact/getdata", one_contact),
        _Probe(wire.CONTACTS, "GET", "contact/query/", query={"return": "3", "limit": 1}),
    ]
    if profile.refresh_contacts.startswith("list:"):
        probes.append(_Probe(wire.CONTACT_LIST, "GET", "contactlist"))
    return [
        *probes,
        _Probe(wire.USAGES, "GET", "event/0/usages", without=_NO_USAGES),
        _Probe(wire.MAIL, "GET", "email/0", without=_NO_MAIL),
        _Probe(wire.MAIL_HISTORY, "POST", "contact/getcontacthistory", one_day, without=_NO_HISTORY),
    ]


async def _ask(client: "ApiClient", probe: _Probe) -> Answer:
    return await client.probe(probe.method, probe.path, probe.body, probe.query)


def _address(answer: Answer) -> Finding:
    match answer:
        case NoReply(reason="no_token"):
            return Finding("address", "unknown", f"{_NOT_ASKED}: fix the sign-in first")
        case NoReply(detail=detail):
            return Finding("address", "failed", detail)
        case Reply(http_status=status):
            return Finding("address", "ok", f"answers (HTTP {status})")


def _sign_in(profile: Profile, probe: _Probe, answer: Answer) -> Finding:
    match answer:
        case NoReply(reason="no_token", detail=detail):
            return Finding("sign-in", "failed", detail)
        case NoReply():
            return Finding("sign-in", "unknown", _NOT_ASKED)
        case Reply(http_status=401):
            return Finding("sign-in", "failed", _advice(answer, probe, profile.user_word))
        case Reply():
            how = "none is needed" if profile.auth == "none" else f"{profile.auth} accepted"
            return Finding("sign-in", "ok", how)


def _clock(answer: Answer) -> Finding:
    skew = clock_skew_s(answer.date, datetime.now(UTC)) if isinstance(answer, Reply) else None
    if skew is None:
        return Finding("clock", "unknown", "the account sent no time")
    differs = f"{duration(skew)} {'behind' if skew > 0 else 'ahead of'} the account's"
    if abs(skew) > ALLOWED_SKEW_S:
        return Finding("clock", "failed", f"{differs}: set the clock of this machine")
    return Finding("clock", "ok", "agrees with the account's" if abs(skew) < 2 else differs)


def _permission(probe: _Probe, answer: Answer) -> Finding:
    match answer:
        case NoReply(detail=detail):
            return Finding(probe.what, "unknown", detail)
        case Reply(http_status=401):
            return Finding(probe.what, "unknown", "not signed in")
        case Reply(http_status=403):
            return Finding(probe.what, "failed", f"{_advice(answer, probe)} {probe.without}".rstrip())
        case Reply(http_status=status, reply_code=int()) if status // 100 == 2:
            return Finding(probe.what, "ok", _said(answer))
        case Reply(http_status=status, reply_code=int()) if status // 100 == 4 and status != 429:
            return Finding(probe.what, "ok", f"allowed ({_said(answer)})")
        case Reply():
            return Finding(probe.what, "unknown", f"{_said(answer)}. {_advice(answer, probe)}")


def _advice(reply: Reply, probe: _Probe, user: str = "user") -> str:
    return advise_status(reply, datetime.now(UTC), probe.purpose.permission, user) or "Try again later."


def _said(reply: Reply) -> str:
    text = sanitize(reply.reply_text or "", _LONGEST_TEXT)
    return f"HTTP {reply.http_status} {'' if reply.reply_code is None else reply.reply_code} {text}".strip()
