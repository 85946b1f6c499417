"""The calls of the API as data: method, path below the base URL, handler."""

from dataclasses import dataclass
from typing import Literal

from app.sandbox import account_calls, contact_calls, events, fields
from app.sandbox.calls import Handler
from app.sandbox.trigger import trigger


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One call; `path` names its parts as Starlette does."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler


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
    ApiRoute("POST", "/contact/getdata", contact_calls.getdata),
    ApiRoute("GET", "/contact/query", contact_calls.query),
    ApiRoute("POST", "/contact/checkids", contact_calls.checkids),
    ApiRoute("GET", "/contact", contact_calls.internal_id),
    ApiRoute("GET", "/contact/{pair:path}", contact_calls.internal_id),
    ApiRoute("GET", "/contactlist", account_calls.contact_lists),
    ApiRoute("GET", "/contactlist/{list_id}", account_calls.contact_list),
    ApiRoute("GET", "/contactlist/{list_id}/contacts", account_calls.contact_list),
    ApiRoute("GET", "/settings", account_calls.settings),
)
