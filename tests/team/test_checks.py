"""Checks on an account that a team shares."""

import asyncio

from app.domain.checks import parse_cases
from app.domain.model import Outcome
from app.service.checks import ready, run_case
from tests.team.conftest import OPENED

CASE = """
[[case]]
name = "thor gets his mail"
event = "100"
key = "3"
external_id = "thor@example.com"
expect = { outcome = "accepted" }
"""


async def test_a_check_repeats_what_a_colleague_sent(homes: OPENED) -> None:
    anna, bert = await homes("Anna"), await homes("Bert")
    await anna.send()
    anna.team.sync()
    (case,) = parse_cases("checks.toml", CASE)
    (request,) = ready(bert.session, [case])
    for _ in range(2):
        attempt = await run_case(bert.session, case, request, asyncio.Event())
        assert attempt.outcome is Outcome.ACCEPTED
