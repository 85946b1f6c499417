"""Checks: cases of a file, made ready for an account, run there, and kept from an attempt."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from app.domain.checks import Case, case_toml, parse_cases
from app.domain.errors import AppError, FileFaultError, read_text
from app.domain.identifiers import Resolved
from app.domain.model import Attempt, Outcome, TriggerRequest, new_attempt_id
from app.service.files import new_file
from app.service.guard import GuardError
from app.service.session import Session


def read_cases(path: Path) -> tuple[Case, ...]:
    return parse_cases(str(path), read_text(path))


def ready(service: Session, cases: Iterable[Case]) -> list[TriggerRequest]:
    """The requests of the cases, ids for names and placeholders filled. Raises AppError for one that cannot be sent."""
    if service.profile.is_production:
        raise AppError(
            f"The profile {service.profile.name!r} reaches real customers. Run checks on a test account."
        )
    return [_ready(service, case) for case in cases]


def _ready(service: Session, case: Case) -> TriggerRequest:
    found = service.events.resolve(case.request.event_id)
    if not isinstance(found, Resolved):
        raise FileFaultError(case.file, case.line, found.sentence)
    request = replace(case.request, event_id=found.event_id)
    filled = service.drafts.fill(request)
    if filled.fault:
        raise FileFaultError(case.file, case.line, filled.fault)
    request = replace(request, data=filled.data)
    try:
        service.guard(request, None)
    except GuardError as error:
        raise FileFaultError(case.file, case.line, str(error)) from None
    return request


async def run_case(service: Session, case: Case, request: TriggerRequest, stop: asyncio.Event) -> Attempt:
    """Sends the request of a case, also if this desk or a colleague sent it before; raises what `send` raises."""
    attempt_id = new_attempt_id()
    note = f"check: {case.file}: {case.name}"
    return await service.send(
        replace(request, trigger_id=attempt_id), attempt_id, stop, note=note, repeats=True
    )


def as_case(attempt: Attempt, taken: Collection[str] = ()) -> str:
    if attempt.outcome is Outcome.SENDING:
        raise AppError("The attempt is still being sent. Wait for its outcome.")
    return case_toml(attempt, taken)


def keep_as_case(path: Path, attempt: Attempt) -> str:
    """Adds the case of an attempt to a file; returns its name. Raises AppError; the file then stays as it was."""
    text = read_text(path) if path.exists() else ""
    cases = parse_cases(str(path), text) if text.strip() else ()
    added = as_case(attempt, [case.name for case in cases])
    whole = f"{text.rstrip()}\n\n{added}" if text.strip() else added
    name = parse_cases(str(path), whole)[-1].name
    with new_file(path, replace=True) as file:
        file.write(whole)
    return name
