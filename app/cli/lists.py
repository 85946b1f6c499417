"""`triggerdesk events`, `fields` and the list of `contacts`: what the cache holds, as a table or as JSON Lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import click

from app.cli.options import Options, pass_options
from app.cli.output import echo_table
from app.domain.attempt_export import json_text
from app.domain.masking import Mask
from app.domain.model import Contact, ExternalEvent, Field
from app.service.session import Session

Row = TypeVar("Row")
Command = Callable[..., Any]

_SHOWN_FIELDS = (("1", "FIRST NAME"), ("2", "LAST NAME"), ("3", "E-MAIL"))


@dataclass(frozen=True, slots=True)
class ListOptions(Generic[Row]):
    """A kind of row: where it comes from, and how it is printed."""

    rows: Callable[[Session, Mask, str, int], Iterable[Row]]
    to_json: Callable[[Row], object]
    header: Sequence[str]
    to_cells: Callable[[Row], Sequence[str]]


EVENTS: ListOptions[ExternalEvent] = ListOptions(
    lambda service, _, text, limit: service.events.containing(text, limit),
    lambda event: {"id": event.id, "name": event.name},
    ("ID", "NAME"),
    lambda event: (event.id, event.name),
)
FIELDS: ListOptions[Field] = ListOptions(
    lambda service, _, text, limit: service.contacts.fields(text, limit),
    lambda field: {
        "id": field.id,
        "name": field.name,
        "string_id": field.string_id,
        "application_type": field.application_type,
    },
    ("ID", "NAME", "STRING ID", "TYPE"),
    lambda field: (field.id, field.name, field.string_id, field.application_type),
)
CONTACTS: ListOptions[Contact] = ListOptions(
    lambda service, mask, text, limit: map(mask.contact, service.contacts.containing(text, limit)),
    lambda contact: {"id": contact.id, "uid": contact.uid, "fields": dict(contact.fields)},
    ("ID", "UID", *(title for _, title in _SHOWN_FIELDS)),
    lambda contact: (contact.id, contact.uid, *(contact.value(key) for key, _ in _SHOWN_FIELDS)),
)


def list_options(command: Command) -> Command:
    """Adds the options of a list."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table."),
        click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True, help="0: all."),
        click.option(
            "--filter", "text", default="", metavar="TEXT", help="Rows that contain TEXT, case ignored."
        ),
    ):
        command = option(command)
    return pass_options(command)


@click.command()
@list_options
def events(options: Options, **given: Any) -> None:
    """List the external events of the account from the cache."""
    echo_list(EVENTS, options, **given)


@click.command()
@list_options
def fields(options: Options, **given: Any) -> None:
    """List the contact fields of the account from the cache."""
    echo_list(FIELDS, options, **given)


def echo_list(listing: ListOptions[Row], options: Options, *, text: str, limit: int, as_json: bool) -> None:
    """Prints the rows of the live account's cache, masked if asked for."""
    mask = options.mask()

    async def write(service: Session) -> None:
        rows: Iterator[Row] = iter(listing.rows(service, mask, text, limit))
        first = list(islice(rows, 1))
        if first:
            echo_rows(listing, chain(first, rows), as_json)
        elif not as_json:
            click.echo(_nothing(service), err=True)

    options.run(write)


def echo_rows(listing: ListOptions[Row], rows: Iterable[Row], as_json: bool) -> None:
    """Prints rows, at least one, as JSON Lines or as a table."""
    if not as_json:
        echo_table(listing.header, map(listing.to_cells, rows))
        return
    for row in rows:
        click.echo(json_text(listing.to_json(row)))


def _nothing(service: Session) -> str:
    if service.refresh.state().refreshed_at is None:
        return f"The cache of profile {service.profile.name} is empty. `triggerdesk refresh` fills it."
    return "Nothing found."
