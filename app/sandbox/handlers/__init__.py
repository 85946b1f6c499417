"""The calls of the API as data: method, path below the base URL, handler."""

from app.sandbox.context import Handler
from app.sandbox.handlers import catalog, contacts, trigger

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/event/{event_id:path}/trigger", trigger.trigger),
    ("GET", "/event", catalog.list_events),
    ("GET", "/event/{event_id}", catalog.get_event),
    ("GET", "/event/{event_id}/usages", catalog.event_usages),
    ("GET", "/field", catalog.list_fields),
    ("GET", "/field/translate/{language}", catalog.list_fields),
    ("GET", "/field/{field_id}/choice", catalog.list_choices),
    ("GET", "/field/{field_id}/choice/translate/{language}", catalog.list_choices),
    ("POST", "/contact/getdata", contacts.getdata),
    ("GET", "/contact/query", contacts.query),
    ("GET", "/contact/query/{pair:path}", contacts.internal_id),
    ("POST", "/contact/checkids", contacts.checkids),
    ("POST", "/contact/getcontacthistory", contacts.contact_history),
    ("GET", "/contact", contacts.internal_id),
    ("GET", "/contact/{pair:path}", contacts.internal_id),
    ("GET", "/contactlist", contacts.list_contact_lists),
    ("GET", "/contactlist/{list_id}", contacts.get_contact_list),
    ("GET", "/contactlist/{list_id}/contacts", contacts.get_contact_list),
    ("GET", "/contactlist/{list_id}/contactIds", contacts.list_contact_ids),
    ("GET", "/contactlist/{list_id}/count", contacts.count_contacts),
    ("GET", "/email/{email_id}", catalog.get_email),
    ("GET", "/settings", catalog.settings),
)
