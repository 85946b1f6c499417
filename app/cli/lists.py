"""`triggerdesk events` and `fields`, and the list of `contacts`: what the cache holds, as a table or as JSON Lines."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import click

from app.cli.options import Options
from app.cli.output import table
from app.cli.passing import pass_options
from app.domain.attempt_export import json_text
from app.domain.model import Contact, ExternalEvent, Field
from app.service.session import Session

Row = TypeVar("Row")
Command = Callable[..., Any]

_SHOWN_VALUES = (("1", "FIRST NAME"), ("2", "LAST NAME"), ("3", "E-MAIL"))


def list_options(command: Command) -> Command:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table."),
        click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, help="0: all."),
        click.option(
            "--filter", "text", default="", metavar="TEXT", help="Only what contains TEXT, case ignored."
        ),
    ):
        command = option(command)
    return pass_options(command)


@dataclass(frozen=True, slots=True)
class _Listing(Generic[Row]):
    """One kind of row: where it comes from, and how it is printed."""

    rows: Callable[[Session, str, int], Iterable[Row]]
    to_json: Callable[[Row], object]
    header: Sequence[str]
    to_cells: Callable[[Row], Sequence[str]]


_EVENTS: _Listing[ExternalEvent] = _Listing(
    lambda service, text, limit: service.events.containing(text, limit),
    lambda event: {"id": event.id, "name": event.name},
    ("ID", "NAME"),
    lambda event: (event.id, event.name),
)
_FIELDS: _Listing[Field] = _Listing(
    lambda service, text, limit: service.contacts.fields(text, limit),
    lambda field: {
        "id": field.id,
        "name": field.name,
        "string_id": field.string_id,
        "application_type": field.application_type,
    },
    ("ID", "NAME", "STRING ID", "TYPE"),
    lambda field: (field.id, field.name, field.string_id, field.application_type),
)
_CONTACTS: _Listing[Contact] = _Listing(
    lambda service, text, limit: service.contacts.containing(text, limit),
    lambda contact: {"id": contact.id, "uid": contact.uid, "fields": dict(contact.fields)},
    ("ID", "UID", *(title for _, title in _SHOWN_VALUES)),
    lambda contact: (contact.id, contact.uid, *(contact.value(key) for key, _ in _SHOWN_VALUES)),
)


@click.command()
@list_options
def events(options: Options, **asked: Any) -> None:
    """List the external events of the account, from the cache."""
    _print(_EVENTS, options, **asked)


@click.command()
@list_options
def fields(options: Options, **asked: Any) -> None:
    """List the contact fields of the account, from the cache."""
    _print(_FIELDS, options, **asked)


def list_contacts(options: Options, **asked: Any) -> None:
    """Prints the contacts of the cache, masked where that was asked for."""
    mask = options.mask()
    masked = replace(_CONTACTS, rows=lambda *wanted: map(mask.contact, _CONTACTS.rows(*wanted)))
    _print(masked, options, **asked)


def _print(listing: _Listing[Row], options: Options, *, text: str, limit: int, as_json: bool) -> None:
    async def lines(service: Session) -> None:
        found = iter(listing.rows(service, text, limit))
        first = list(islice(found, 1))
        if not first and not as_json:
            click.echo(_nothing(service), err=True)
        for line in _lines(listing, chain(first, found), as_json):
            click.echo(line)

    options.run(lines)


def contact_lines(found: Iterable[Contact], as_json: bool) -> Iterable[str]:
    """Contacts as they are listed: JSON Lines or a table, nothing for none."""
    return _lines(_CONTACTS, found, as_json)


def _lines(listing: _Listing[Row], found: Iterable[Row], as_json: bool) -> Iterable[str]:
    if as_json:
        return (json_text(listing.to_json(row)) for row in found)
    cells = [listing.to_cells(row) for row in found]
    return table(listing.header, cells) if cells else ()


def _nothing(service: Session) -> str:
    if service.refresh.state().refreshed_at is None:
        return (
            f"The cache of profile {service.profile.name} is empty: nothing was fetched from the account yet."
        )
    return "Nothing found."
