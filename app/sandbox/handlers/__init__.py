"""The calls of the API as data: method, path below the base URL, handler."""

from dataclasses import dataclass
from typing import Literal

from app.sandbox.context import Handler
from app.sandbox.handlers import catalog, contacts, mails, trigger


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One call; `path` names its parts as Starlette does."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler


ROUTES = (
    ApiRoute("POST", "/event/{event_id:path}/trigger", trigger.trigger),
    ApiRoute("GET", "/event", catalog.list_events),
    ApiRoute("GET", "/event/{event_id}", catalog.get_event),
    ApiRoute("GET", "/event/{event_id}/usages", catalog.event_usages),
    ApiRoute("GET", "/field", catalog.list_fields),
    ApiRoute("GET", "/field/translate/{language}", catalog.list_fields),
    ApiRoute("GET", "/field/{field_id}/choice", catalog.list_choices),
    ApiRoute("GET", "/field/{field_id}/choice/translate/{language}", catalog.list_choices),
    ApiRoute("POST", "/contact/getdata", contacts.getdata),
    ApiRoute("GET", "/contact/query", contacts.query),
    ApiRoute("GET", "/contact/query/{pair:path}", contacts.internal_id),
    ApiRoute("POST", "/contact/checkids", contacts.checkids),
    ApiRoute("POST", "/contact/getcontacthistory", mails.contact_history),
    ApiRoute("GET", "/contact", contacts.internal_id),
    ApiRoute("GET", "/contact/{pair:path}", contacts.internal_id),
    ApiRoute("GET", "/contactlist", contacts.list_contact_lists),
    ApiRoute("GET", "/contactlist/{list_id}", contacts.get_contact_list),
    ApiRoute("GET", "/contactlist/{list_id}/contacts", contacts.get_contact_list),
    ApiRoute("GET", "/contactlist/{list_id}/contactIds", contacts.list_contact_ids),
    ApiRoute("GET", "/contactlist/{list_id}/count", contacts.count_contacts),
    ApiRoute("GET", "/email/{email_id}", mails.get_email),
    ApiRoute("GET", "/settings", catalog.settings),
)
