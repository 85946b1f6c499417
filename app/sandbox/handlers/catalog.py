"""The calls about external events and their mails, contact fields, and the account itself."""

import re

from starlette.responses import Response

from app.sandbox.accounts.folder import EventEntry
from app.sandbox.context import ApiRequest
from app.sandbox.responses import Rejected, ok

_LANGUAGE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2})?")


async def list_events(request: ApiRequest) -> Response:
    """GET event: all events, unpaged."""
    return ok([_event(event) for event in request.context.account.events.values()])


async def get_event(request: ApiRequest) -> Response:
    """GET event/<id>: an object, as on the 2016 page; a newer page shows an array. Raises Rejected (5001)."""
    return ok(_event(_known_event(request)))


async def event_usages(request: ApiRequest) -> Response:
    used = [mail.id for mail in _known_event(request).mails]
    return ok({"program_ids": [], "email_ids": used, "interactions_program_ids": []})


async def get_email(request: ApiRequest) -> Response:
    """GET email/<id>: its name and subject. Raises Rejected (6004)."""
    events = request.context.account.events.values()
    mails = {mail.id: mail for event in events for mail in event.mails}
    mail = mails.get(request.path_params["email_id"])
    if mail is None:
        raise Rejected(6004, "Invalid email ID")
    return ok({"id": mail.id, "name": mail.name, "subject": mail.subject})


async def list_fields(request: ApiRequest) -> Response:
    """GET field and GET field/translate/<language>: all fields, unpaged. Raises Rejected (1002)."""
    _check_language(request)
    return ok([field._asdict() for field in request.context.account.fields.values()])


async def list_choices(request: ApiRequest) -> Response:
    """GET field/<id>/choice. Raises Rejected (1002, 2006)."""
    _check_language(request)
    field_id = request.path_params["field_id"]
    if not request.context.account.has_field(field_id):
        raise Rejected(2006, f"Invalid field id: {field_id}")
    # GUESS: One contact list, with everybody; settings of an invented account; fields without choices
    return ok([])


async def settings(_: ApiRequest) -> Response:
    """GET settings: clients call it to test their sign-in."""
    return ok(
        {"id": "1", "environment": "sandbox", "timezone": "Europe/Berlin", "name": "sandbox", "country": "de"}
    )


def _known_event(request: ApiRequest) -> EventEntry:
    event = request.context.account.events.get(request.path_params["event_id"])
    if event is None:
        raise Rejected(5001, "No event found with the specified ID.")
    return event


def _event(event: EventEntry) -> dict[str, str]:
    shown = {"id": event.id, "name": event.name}
    return shown | {"created": event.created} if event.created else shown


def _check_language(request: ApiRequest) -> None:
    if not _LANGUAGE.fullmatch(request.path_params.get("language", "en")):
        raise Rejected(1002, "Invalid language code")
