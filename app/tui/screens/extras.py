"""Event time and attachments: their entries in the menu Insert, and the question that each asks."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from textual.app import App

from app.domain.errors import AppError
from app.domain.model import NO_EXTRAS, DataChoice, Extras, ExtrasError, extras_words, parse_event_time
from app.service.files import read_attachment, typed_path
from app.tui.screens.confirm import Ask
from app.tui.text import sanitize

TIME = "Event time in UTC, such as 2026-03-01T13:00:00Z. Leave it empty to send none."
FILE = "File to attach. Every attachment is sent with this trigger."


class HasExtras(Protocol):
    """The form."""

    extras: Extras


def extra_choices(extras: Extras) -> Iterator[DataChoice]:
    """The entries of the menu, with what the form holds now."""
    now = dict(extras_words(extras))
    yield DataChoice("event time", "Event time…", now.get("event time", "no event time"))
    names = ", ".join(value for name, value in extras_words(extras) if name == "attachment")
    yield DataChoice("attachment", "Attachment…", names or "no attachment")
    if now:
        yield DataChoice("no extras", "Remove event time and attachments", "\n".join(now.values()))


def ask_for_extra(app: App[Any], form: HasExtras, kind: str) -> None:
    """Asks for the event time or for a file, and puts it into the form, or removes all extras."""

    def put(typed: str | None) -> None:
        if typed is None:
            return
        try:
            form.extras = (
                _with_time(form.extras, typed) if kind == "event time" else _with_file(form.extras, typed)
            )
        except (ExtrasError, AppError) as error:
            app.notify(sanitize(str(error), 1000), title="Not inserted", severity="warning", markup=False)

    if kind == "event time":
        value = form.extras.event_time or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        app.push_screen(Ask(TIME, value=value, yes="Insert"), put)
    elif kind == "attachment":
        app.push_screen(Ask(FILE, value=f"{Path.cwd()}{os.sep}", yes="Attach"), put)
    else:
        form.extras = NO_EXTRAS


def _with_time(extras: Extras, typed: str) -> Extras:
    return replace(extras, event_time=parse_event_time(typed.strip() or None))


def _with_file(extras: Extras, typed: str) -> Extras:
    path = typed_path(typed)
    return replace(extras, attachments=(*extras.attachments, read_attachment(path)))
