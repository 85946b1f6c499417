"""`triggerdesk history show`, `diff`, `note` and `ticket`: what is done with one attempt, or two, without sending.

An attempt is named by its id, the beginning of it, or its reference.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from app.cli.attempt_text import attempt_lines, whole_lines
from app.cli.failures import Failure
from app.cli.options import Options
from app.cli.output import opened
from app.cli.passing import pass_options
from app.domain.attempt_export import json_text, whole_attempt_json
from app.domain.formatting import count
from app.domain.json_diff import AttemptDiff, JsonDiff, diff_attempts
from app.domain.model import Attempt
from app.domain.outcome import LABEL
from app.domain.sanitize import sanitize
from app.domain.short_id import short_id
from app.service.session import Session

_LONGEST_LINE = 2000


@click.command()
@click.argument("attempt")
@click.option("--json", "as_json", is_flag=True, help="The attempt as JSON, with its bodies.")
@pass_options
def show(options: Options, *, attempt: str, as_json: bool) -> None:
    """Show an ATTEMPT whole: request, reply, what it means, what it sent again, its note."""
    mask = options.mask()

    async def write(service: Session) -> None:
        found = service.history.find_attempt(attempt)
        shown = mask.attempt(found)
        if as_json:
            click.echo(json_text(whole_attempt_json(shown)))
            return
        lines = (*attempt_lines(shown, service), *whole_lines(shown, service.history.chain(found.attempt_id)))
        click.echo("\n".join(lines))

    options.run(write)


@click.command()
@click.argument("left")
@click.argument("right", required=False)
@click.option("--json", "as_json", is_flag=True, help="The differences as JSON.")
@pass_options
def diff(options: Options, *, left: str, right: str | None, as_json: bool) -> None:
    """Show the differences between two attempts, LEFT and RIGHT, in request and reply.

    One attempt alone is compared with the attempt before it on the same contact, which is then the left one. Lines
    that start with - are of the left attempt, + of the right one.
    """
    mask = options.mask()

    async def write(service: Session) -> None:
        names = (_before(service, left), left) if right is None else (left, right)
        both = [mask.attempt(service.history.find_attempt(one)) for one in names]
        found = diff_attempts(*both)
        if as_json:
            ids = {side: one.attempt_id for side, one in zip(("left", "right"), both, strict=True)}
            click.echo(json_text({**ids, **asdict(found)}))
        else:
            click.echo("\n".join(_difference_lines(both, found)))

    options.run(write)


def _before(service: Session, attempt: str) -> str:
    before = service.history.before(service.history.find_attempt(attempt))
    if before is None:
        raise Failure("Nothing was sent to this contact before. Name the attempt to compare with.")
    return before.attempt_id


@click.command()
@click.argument("attempt")
@click.argument("text")
@pass_options
def note(options: Options, *, attempt: str, text: str) -> None:
    """Write TEXT to an ATTEMPT as its note, in place of an earlier one; '' takes it away."""

    async def write(service: Session) -> None:
        noted = service.history.note(attempt, text)
        click.echo(f"attempt {noted.attempt_id}: {'noted' if noted.note else 'no note any more'}")

    options.run(write, filled=False)


@click.command()
@click.argument("attempt")
@click.option("--unmasked", is_flag=True, help="With the personal data as they are.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE.")
@pass_options
def ticket(options: Options, *, attempt: str, unmasked: bool, output: Path | None) -> None:
    """Print an ATTEMPT as a ticket in Markdown: what was sent, what came back, what it means, a cURL command.

    Personal data are masked, unless --unmasked is given.
    """
    masked = options.masked or not unmasked

    async def write(service: Session) -> None:
        text = service.history.ticket(service.history.find_attempt(attempt), masked=masked)
        with opened(output) as file:
            click.echo(text, file=file, nl=False)

    options.run(write)


def _difference_lines(both: list[Attempt], found: AttemptDiff) -> Iterator[str]:
    for sign, one in zip("-+", both, strict=True):
        symbol, word = LABEL[one.outcome]
        yield f"{sign} {short_id(one.attempt_id)} {symbol} {word}, {one.started_at.astimezone():%Y-%m-%d %H:%M:%S}"
    yield from _diff_lines("request", found.request)
    yield from _diff_lines("reply", found.reply)


def _diff_lines(title: str, diff: JsonDiff) -> Iterator[str]:
    if diff.is_equal:
        yield f"{title}: no differences ({count(diff.identical, 'identical value')})"
        return
    yield f"{title}:"
    for line in diff.around_differences():
        yield (
            "    …"
            if line is None
            else f"  {line.side.replace('=', ' ')} {sanitize(line.text, _LONGEST_LINE)}"
        )
    yield f"  {count(diff.identical, 'identical value')}"
    if diff.left_out:
        yield f"  … {count(diff.left_out, 'line')} more not compared"
