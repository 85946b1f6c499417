"""The calls of the API as data: method, path below the base URL, handler."""

from dataclasses import dataclass
from typing import Literal

from app.sandbox import account_calls, contact_calls, events, fields
from app.sandbox.calls import Handler
from app.sandbox.trigger import trigger


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
    ApiRoute("POST", "/contact/getdata", contact_calls.getdata, many=True),
    ApiRoute("GET", "/contact/query", contact_calls.query, many=True),
    ApiRoute("POST", "/contact/checkids", contact_calls.checkids, many=True),
    ApiRoute("GET", "/contact", contact_calls.internal_id),
    ApiRoute("GET", "/contact/{pair:path}", contact_calls.internal_id),
    ApiRoute("GET", "/contactlist", account_calls.contact_lists),
    ApiRoute("GET", "/contactlist/{list_id}", account_calls.contact_list, many=True),
    ApiRoute("GET", "/contactlist/{list_id}/contacts", account_calls.contact_list, many=True),
    ApiRoute("GET", "/settings", account_calls.settings),
)
