"""The error rules of the trigger endpoint, once: the sandbox judges by them, the desk predicts by them.

They stand in the order of the documented table. That they are judged in this order is an
assumption; the documentation does not say.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.domain.account import Account
from app.domain.model import CONTACT_KEYS, TriggerRequest

OK = "OK"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reply code with its reply text; code 0 is `OK`."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the documented error table.

    `broken` answers None where the account does not know; `scope` tells a batch whether
    the rule refuses the whole request or one contact of it.
    """

    code: int
    text: Callable[[TriggerRequest], str]
    broken: Callable[[TriggerRequest, Account], bool | None]
    scope: Literal["request", "contact"]


def _by_contact_key(request: TriggerRequest) -> bool:
    return request.key_id in CONTACT_KEYS


def _unless(known: bool | None) -> bool | None:
    return None if known is None else not known


def _key_unknown(request: TriggerRequest, account: Account) -> bool | None:
    return False if _by_contact_key(request) else _unless(account.has_field(request.key_id))


def _value_missing(request: TriggerRequest, _: Account) -> bool:
    return request.external_id == ""


def _nobody_found(request: TriggerRequest, account: Account) -> bool | None:
    if _by_contact_key(request):
        return False
    found = account.matches(request.key_id, request.external_id)
    if found.ids:
        return False
    return True if found.complete else None


def _several_found(request: TriggerRequest, account: Account) -> bool | None:
    if _by_contact_key(request):
        return False
    found = account.matches(request.key_id, request.external_id)
    if len(found.ids) > 1:
        return True
    return False if found.complete else None


def _event_unknown(request: TriggerRequest, account: Account) -> bool | None:
    return _unless(account.has_event(request.event_id))


def _contact_unknown(request: TriggerRequest, account: Account) -> bool | None:
    if not _by_contact_key(request):
        return False
    found = account.matches(request.key_id, request.external_id)
    return not found.ids if found.complete else None


RULES: tuple[Rule, ...] = (
    Rule(2004, lambda r: f"Invalid key field id: {r.key_id}", _key_unknown, "request"),
    Rule(2005, lambda r: f"No value provided for key field: {r.key_id}", _value_missing, "contact"),
    Rule(
        2008,
        lambda r: f"No contact found with the external id: {r.key_id} - {r.external_id}",
        _nobody_found,
        "contact",
    ),
    Rule(
        2010,
        lambda r: f"More contacts found with the external id: {r.key_id} - {r.external_id}.",
        _several_found,
        "contact",
    ),
    Rule(5001, lambda _: "Invalid event id for customer.", _event_unknown, "request"),
    Rule(2012, lambda _: "Invalid contact id for customer.", _contact_unknown, "contact"),
)


def _judged(
    request: TriggerRequest, account: Account, rules: tuple[Rule, ...]
) -> Iterator[tuple[Rule, bool | None]]:
    return ((rule, rule.broken(request, account)) for rule in rules)


def judge(request: TriggerRequest, account: Account, rules: tuple[Rule, ...] = RULES) -> Verdict:
    """The first broken rule as a verdict, else code 0: what an account that knows all answers."""
    for rule, broken in _judged(request, account, rules):
        if broken:
            return Verdict(rule.code, rule.text(request))
    return Verdict(0, OK)


def broken_rules(request: TriggerRequest, account: Account) -> tuple[Verdict, ...]:
    """Every rule that the request is known to break, in the order of judging."""
    return tuple(
        Verdict(rule.code, rule.text(request)) for rule, broken in _judged(request, account, RULES) if broken
    )


def predict(request: TriggerRequest, account: Account) -> Verdict | None:
    """What will be answered; None where something not known here comes before the first broken rule."""
    for rule, broken in _judged(request, account, RULES):
        if broken is None:
            return None
        if broken:
            return Verdict(rule.code, rule.text(request))
    return Verdict(0, OK)
