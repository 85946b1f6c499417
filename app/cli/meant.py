"""What a person meant by what they typed: the event by its name, the placeholders by their contact, each of it said.

Separate from `trigger` because here the cache is asked, and there what was typed is read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from app.cli.failures import Failure, complain
from app.domain.identifiers import Resolved
from app.domain.model import Attempt, TriggerRequest
from app.service.duplicates import second_send_words
from app.service.session import Session
from app.service.stored import SentMeanwhileError

LISTED = "`triggerdesk events` lists the ids."


def as_meant(service: Session, request: TriggerRequest) -> TriggerRequest:
    """The request with its event id resolved and its event data filled. Raises Failure where either cannot be."""
    found = service.events.resolve(request.event_id)
    if not isinstance(found, Resolved):
        raise Failure(found.sentence if found.events else f"{found.sentence} {LISTED}")
    if found.said:
        complain(found.said)
    resolved = replace(request, event_id=found.event_id)
    filled = service.drafts.fill(resolved)
    if filled.fault:
        raise Failure(f"--data: {filled.fault}")
    return replace(resolved, data=filled.data)


def warn_of_second_send(service: Session, request: TriggerRequest) -> None:
    """Says so where the same was sent before."""
    earlier = service.preflight.second_send(request)
    if earlier is not None:
        complain(second_send_words(earlier, datetime.now(UTC)))


async def sent_with_warning(send: Callable[[str | None], Awaitable[Attempt]]) -> Attempt:
    """The attempt that `send` makes, told which earlier one a warning has named; a second send is warned of, and sent."""
    warned_of = None
    while True:
        try:
            return await send(warned_of)
        except SentMeanwhileError as error:
            complain(second_send_words(error.earlier, datetime.now(UTC)))
            warned_of = error.earlier.attempt_id
