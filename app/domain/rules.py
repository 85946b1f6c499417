"""The error rules of the trigger endpoint: the sandbox judges by them, and the dashboard predicts by them.

They are in the order of the documented table; this program assumes that the service checks them in this order.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

from app.domain.model import CONTACT_KEYS, Account, TriggerRequest
from app.domain.reply_codes import reply_text


class Verdict(NamedTuple):
    code: int
    text: str


class Rule(NamedTuple):
    """`broken` is None if the account does not know; `scope` is what a broken rule rejects of a batch."""

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


def _contact_unknown(request: TriggerRequest, account: Account) -> bool | None:
    if not _by_contact_key(request):
        return False
    found = account.matches(request.key_id, request.external_id)
    return not found.ids if found.complete else None


RULES: tuple[Rule, ...] = (
    Rule(2004, partial(reply_text, 2004), _key_unknown, "request"),
    Rule(2005, partial(reply_text, 2005), lambda request, _: request.external_id == "", "contact"),
    Rule(2008, partial(reply_text, 2008), _nobody_found, "contact"),
    Rule(2010, partial(reply_text, 2010), _several_found, "contact"),
    Rule(
        5001,
        partial(reply_text, 5001),
        lambda request, account: _unless(account.has_event(request.event_id)),
        "request",
    ),
    Rule(2012, partial(reply_text, 2012), _contact_unknown, "contact"),
)


def judge(request: TriggerRequest, account: Account, rules: tuple[Rule, ...] = RULES) -> Verdict:
    """The verdict of an account that knows everything: the first broken rule, or code 0."""
    broken = (Verdict(rule.code, rule.text(request)) for rule in rules if rule.broken(request, account))
    return next(broken, Verdict(0, reply_text(0, request)))


def broken_rules(request: TriggerRequest, account: Account) -> tuple[Verdict, ...]:
    return tuple(Verdict(rule.code, rule.text(request)) for rule in RULES if rule.broken(request, account))


def predict(request: TriggerRequest, account: Account) -> Verdict | None:
    """The predicted verdict; None if the account cannot decide a rule before the first broken one."""
    for rule in RULES:
        broken = rule.broken(request, account)
        if broken is None:
            return None
        if broken:
            return Verdict(rule.code, rule.text(request))
    return Verdict(0, reply_text(0, request))
