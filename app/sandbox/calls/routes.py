"""The calls of the API as data: method, path below the base URL, handler."""

from dataclasses import dataclass
from typing import Literal

from app.sandbox.calls import account, contacts, events, fields
from app.sandbox.calls.call import Handler
from app.sandbox.calls.trigger import trigger


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One call; `path` names its parts as Starlette does. `many`: it may gather thousands of contacts."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    many: bool = False


TRIGGER = ApiRoute("POST", "/event/{event_id}/trigger", trigger)

ROUTES = (
    TRIGGER,
    ApiRoute("GET", "/event", events.list_events),
    ApiRoute("GET", "/event/{event_id}", events.get_event),
    ApiRoute("GET", "/event/{event_id}/usages", events.event_usages),
    ApiRoute("GET", "/field", fields.list_fields),
    ApiRoute("GET", "/field/translate/{language}", fields.list_fields),
    ApiRoute("GET", "/field/{field_id}/choice", fields.list_choices),
    ApiRoute("GET", "/field/{field_id}/choice/translate/{language}", fields.list_choices),
    ApiRoute("POST", "/contact/getdata", contacts.getdata, many=True),
    ApiRoute("GET", "/contact/query", contacts.query, many=True),
    ApiRoute("POST", "/contact/checkids", contacts.checkids, many=True),
    ApiRoute("GET", "/contact", contacts.internal_id),
    ApiRoute("GET", "/contact/{pair:path}", contacts.internal_id),
    ApiRoute("GET", "/contactlist", account.contact_lists),
    ApiRoute("GET", "/contactlist/{list_id}", account.contact_list, many=True),
    ApiRoute("GET", "/contactlist/{list_id}/contacts", account.contact_list, many=True),
    ApiRoute("GET", "/settings", account.settings),
)
