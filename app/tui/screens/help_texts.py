"""The words of the help: what each part is for, the straight line, what the symbols mean, how to get each reply."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Part(NamedTuple):
    """A part of the desk: its title, and what it is for."""

    title: str
    what_for: str


PARTS: Mapping[str, Part] = {
    "events": Part(
        "Events",
        "The external events of the account. Type a part of the name or of the id; the arrows move in the list "
        "meanwhile. Enter, or a click, chooses the row, fills in the event's example data and goes on to Contacts. "
        "A click on a title sorts.",
    ),
    "contacts": Part(
        "Contacts",
        "The contacts that are known here. Type any part of a name, an address or a number. Enter, or a click, "
        "chooses the row: its value of the key field becomes the external id. On the command line, "
        "`triggerdesk contacts import` adds those of a file, and `contacts forget` takes a person out.",
    ),
    "event-id": Part(
        "Event",
        "The external event, by its id, with or without spaces and thousands marks, or by its name, or a part of it "
        "that no other event has. Which event was taken for it stands beside it.",
    ),
    "key": Part(
        "Key field",
        "The field in which the account looks the external id up. E-Mail (3) is the usual one; contact id (id) and "
        "contact uid (uid) find one contact directly, also where several share an address. Ids of fields differ "
        "between accounts.",
    ),
    "external-id": Part(
        "External id",
        "The contact's value of the key field, sent as it is typed: nothing is trimmed. Whom it finds stands in "
        "Before sending.",
    ),
    "event-data": Part(
        "Event data",
        "A JSON object with what the mail is to say of this event; empty sends none. The line above tells a fault "
        "by line and column as it is typed. Fill has the event's example, what was last used, and templates. "
        "{{field:1}}, {{contact.id}}, {{contact.uid}} and {{event.name}} in a text are filled before it is sent; "
        "Before sending shows with what. Tab leaves the editor; ctrl+z undoes, also what was filled in.",
    ),
    "send": Part("Send", "Triggers the event once. Nothing is ever sent again by itself."),
    "trigger": Part("Trigger", "What is to be sent: event, key field, external id, event data."),
    "preflight": Part(
        "Before sending",
        "Whom the external id finds, what will be answered, and what to do where that is a refusal. It comes from "
        "what is known here of the account: where that is old or not complete, it says so.",
    ),
    "reply": Part(
        "Reply",
        "What was answered to the last trigger, what that means, what to do about it, and whether it was predicted. "
        "Where the outcome is unknown, what somebody settles about it later stands there too. "
        "By its reference, which can be read out over the telephone, the attempt is found again in the history.",
    ),
    "history": Part(
        "History",
        "Every attempt on this account, newest first. It is recorded before its first byte leaves. Enter, or a "
        "click, opens an attempt whole. The title tells how many there are and the share of each outcome, as far as "
        "the filter leaves them, and how many have come since one was on top.",
    ),
    "history-filter": Part(
        "Filter of the history",
        "A query, which holds as it is typed. What is begun is completed in grey, and the right arrow takes that. "
        "Where it is not understood, the line below says why and what was probably meant; Enter takes that. Down, "
        "or Enter, goes on to the rows; f and t there write a query for you.",
    ),
    "attempt": Part(
        "Attempt",
        "One attempt, whole: what came of it, what was asked, and both bodies as they went over the wire. What may "
        "follow it stands below, on a key each.",
    ),
    "request": Part(
        "The request",
        "What goes over the wire, to the byte, as a command for cURL, a Python program or JSON. Credentials are "
        "masked. Copying asks the terminal for its clipboard; where that is not to be had, a file is written.",
    ),
}  # fmt: skip

HERE = Part("Here", "These keys work here:")

STEPS = (
    "Type in Events until the event is on top, then Enter.",
    "Type in Contacts until the contact is on top, then Enter. The external id is filled in.",
    "Before sending tells what will be answered. Event data opens with the event's example.",
    "Enter on Send, or its key. The reply is shown at once, and stays in the history.",
)

EVERYWHERE = (
    ("tab", "To the next field; shift+tab to the one before"),
    ("↑ ↓", "In a filter: another row of its list"),
    ("enter", "Choose, and go on to what is to be decided next"),
    (
        "esc",
        "Clear a filter or close a list; elsewhere: stop waiting for the reply (asks first), or a refresh",
    ),
    ("^p", "Palette: every action by name, and why one is off"),
)

SIGNS: Sequence[tuple[str, str]] = (
    ("◆ name", "A sandbox: nothing leaves this machine"),
    ("◇ name", "An account that mails nobody real"),
    ("▲ name", "A real account: real people are mailed"),
    ("→ ▸", "What to do about it; a button that does it, without sending"),
    ("= ≠", "The reply was as predicted, or not: then the cache is stale"),
    ("!", "Something failed on this machine; beside the event data or before sending: look twice"),
)

REPLIES = (
    (0, "event 100, E-Mail (3), thor@example.com"),
    (2004, "key field: other key id …, then email"),
    (2005, "leave the external id empty"),
    (2008, "nobody@example.com"),
    (2010, "twin@example.com, which two contacts share"),
    (5001, "event 999"),
    (2012, "key field contact id (id), external id 999999"),
)

QUERIES = (
    ("hammer", 'a word in request, reply or note; -hammer: not there; "two words": as they stand'),
    ("outcome:", "accepted, partial, rejected, not_sent, unknown, sending; several with commas"),
    (
        "previous:",
        "the outcome of the attempt before it to the same contact; outcome:rejected previous:accepted: refused "
        "after a success",
    ),
    (
        "settled:",
        "no: an unknown outcome that nobody has settled; arrived, did-not: what somebody settled about it",
    ),
    ("code:", "a reply code, or none; status: in the same way an HTTP status"),
    ("event:", "an event id or name, * for any characters; key:, contact: and profile: likewise"),
    (
        "since:",
        "1h, 1d, 2w, today, yesterday, 2026-03-01, 2026-03-01T10:31; until: likewise, on: for one day",
    ),
    ("sort:", "time, outcome, event, key, contact, status, code, text, took; -took: the longest first"),
)
