"""The calls about e-mails: one of them, and those that were launched to contacts."""

from datetime import UTC, date, datetime

from starlette.responses import Response

from app.domain.mails import account_time
from app.domain.wire import scalar_text
from app.sandbox.context import ApiRequest
from app.sandbox.idempotency import Launch
from app.sandbox.responses import INVALID_PARAMETER, Rejected, ok

MAX_CONTACTS = 1000


async def get_email(request: ApiRequest) -> Response:
    """GET email/<id>: its name and subject. Raises Rejected (6004)."""
    wanted = request.path_params["email_id"]
    for event in request.context.account.events.values():
        for mail in event.mails:
            if mail.id == wanted:
                return ok({"id": mail.id, "name": mail.name, "subject": mail.subject})
    raise Rejected(6004, "Invalid email ID")


async def contact_history(request: ApiRequest) -> Response:
    """POST contact/getcontacthistory: the e-mails launched to up to 1000 contacts. Raises Rejected (10001, 1001)."""
    first = _day(request, "startDate", date.min)
    last = _day(request, "endDate", date.max)
    launches = request.context.accepted.launches(_contacts(request))
    timed = ((launch, account_time(datetime.fromtimestamp(launch.at, UTC))) for launch in launches)
    return ok(
        [
            entry
            for launch, moment in timed
            if first <= moment.date() <= last
            for entry in _launched(request, launch, moment)
        ]
    )


def _launched(request: ApiRequest, launch: Launch, moment: datetime) -> list[dict[str, object]]:
    event = request.context.account.events.get(launch.event_id)
    return [
        {
            "emailId": int(mail.id),
            "contactId": launch.contact_id,
            "launch_date": f"{moment:%Y-%m-%d %H:%M:%S}",
            "delivery_status": "launched",
            "bounce_status": "",
        }
        for mail in (event.mails if event and event.attached else ())
    ]


def _contacts(request: ApiRequest) -> list[str]:
    if "contacts" not in request.payload:
        raise Rejected(10001, "Missing parameter: contacts")
    contacts = request.payload["contacts"]
    if not isinstance(contacts, list):
        raise Rejected(10001, "contacts must be an array")
    if len(contacts) > MAX_CONTACTS:
        raise Rejected(10001, "Max. number of contacts: 1000")
    ids = [scalar_text(contact) for contact in contacts]
    if None in ids:
        raise Rejected(*INVALID_PARAMETER)
    return [contact_id for contact_id in ids if contact_id is not None]


def _day(request: ApiRequest, name: str, default: date) -> date:
    if name not in request.payload:
        return default
    value = request.payload[name]
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Rejected(*INVALID_PARAMETER) from None
