"""`triggerdesk team`: found or join a team, see and sync it, approve, take unknown outcomes over."""

import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import update_wrapper
from getpass import getuser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from app.cli.errors import ExitCode, Failure, echo_error, failing_with
from app.cli.options import Options, found_argument, pass_options
from app.cli.output import echo_resolved, echo_table
from app.domain.attempt_export import json_text
from app.domain.team import TeamError, TeamKey, UnreachableError
from app.domain.text import count, duration, sanitize
from app.service.session import Session
from app.settings import CONFIG, SettingsError, change_profile, home_folder, load_config
from app.settings.config import PROFILE_KEYS
from app.settings.files import atomic_write
from app.settings.secrets import secret_variable

if TYPE_CHECKING:
    from app.service.team import Team

_EXTRA = "A team needs the extra `team`: pip install 'triggerdesk[team]'."
_profile = click.argument("name", metavar="PROFILE")


def _with_team(verb: Callable[..., None]) -> Callable[..., Any]:
    """Runs a verb with the team of its first argument, PROFILE."""

    def run(options: Options, name: str, **given: object) -> None:
        _run(options, name, lambda joined: verb(joined, **given))

    return _profile(pass_options(update_wrapper(run, verb)))


@click.group()
def team() -> None:
    """Share claims and attempts with the desks of a team."""


@team.command("init")
@click.argument("uri")
def init(uri: str) -> None:
    """Make or upgrade the team's schema in the PostgreSQL database at URI.

    It prints, once, the line that joins a desk, with the team's key. The role `triggerdesk_desk` has all rights that
    desks need: grant it to the login of each. The password is read from TRIGGERDESK_TEAM_SECRET or libpq's passfile.
    """
    try:
        from app.team.server import install  # noqa: PLC0415 - psycopg is an extra
    except ModuleNotFoundError:
        raise Failure(_EXTRA) from None
    if why := PROFILE_KEYS["team"](uri):
        raise Failure(f"URI {why}.")
    key = TeamKey(urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"))
    if install(uri, os.environ.get("TRIGGERDESK_TEAM_SECRET"), key):
        parts = urlsplit(uri)
        at = parts._replace(netloc=f"LOGIN@{parts.netloc.rpartition('@')[2]}").geturl()
        click.echo(f"triggerdesk team join PROFILE --uri {at} --key {key.text}")
        echo_error(
            "The team is ready. Run this line on every desk, with its own profile and database login; grant the role "
            "triggerdesk_desk to each login. The key is not shown again."
        )
    else:
        echo_error("The team's schema is up to date. Its key was printed when it was made.")


@team.command("join")
@_profile
@click.option("--uri", required=True, metavar="URI", help="The team's database, without a password.")
@click.option("--key", required=True, metavar="KEY", help="The team's key, as `team init` printed it.")
@click.option("--member", metavar="NAME", help="Your name in the team. Default: the login name.")
@pass_options
def join(options: Options, *, name: str, uri: str, key: str, member: str | None) -> None:
    """Join the team with PROFILE, which every desk should name alike or give the same `team_account`."""
    if not TeamKey(key).is_valid:
        raise Failure("--key is not a team's key. Use the line that `team init` printed.")
    home = home_folder(os.environ)
    before = load_config(os.environ).profiles.get(name)
    settings = replace(options, profile=name).settings()
    file = settings.team_key
    had_key = file.exists()
    if had_key and file.read_text(encoding="ascii").strip() != key:
        raise SettingsError(f"{file} has the key of another team. Leave that team and remove the file first.")
    atomic_write(file, f"{key}\n")
    who = member or settings.member or getuser()
    change_profile(home / CONFIG, name, {"team": uri}, {"member": who})
    try:
        _run(options, name, lambda joined: joined.server.join(joined.settings.key))
    except TeamError:
        change_profile(home / CONFIG, name, {"team": before and before.team})
        if not had_key:
            file.unlink()
        raise
    click.echo(f"{who} joined the team with the profile {name!r}.")
    echo_error(f"A password is read from {secret_variable(f'{name}-team')}, the keyring or libpq's passfile.")


@team.command("leave")
@_profile
def leave(name: str) -> None:
    """Leave the team with PROFILE. What was sent stays in both histories."""
    change_profile(home_folder(os.environ) / CONFIG, name, {"team": None})
    click.echo(f"The profile {name!r} has no team any more.")


@team.command("status")
@_with_team
@click.option("--json", "as_json", is_flag=True, help="The status as JSON.")
def status(joined: "Team", *, as_json: bool) -> None:
    """Show whether the team of PROFILE is reachable, its members, and what is not pushed yet."""
    found = joined.status()
    if as_json:
        click.echo(json_text({**asdict(found), "members": list(found.members)}))
        return
    rows = [
        ("team", "✓ reachable" if found.reachable else "✗ not reachable"),
        ("you are", found.member),
        ("members", ", ".join(found.members) or "not known"),
        ("not pushed yet", f"{found.pending:,}"),
        ("last sync", found.last_sync or "never"),
    ]
    echo_table(("", ""), rows)


@team.command("sync")
@_with_team
def sync(joined: "Team") -> None:
    """Push and pull the attempts of the team of PROFILE now.

    Exit codes: 0 synced, 2 configuration, 4 the team is not reachable.
    """
    joined.sync()
    click.echo("Synced.")


@team.command("approve")
@_with_team
@click.argument("request", required=False)
def approve(joined: "Team", *, request: str | None) -> None:
    """List the sends that wait for another member's yes, or approve the REQUEST with this id."""
    if request is not None:
        found = joined.server.approve(request)
        event, who = sanitize(found.event_id), sanitize(found.asked_by)
        click.echo(f"Approved for an hour, once: event {event}, asked by {who}.")
        return
    rows = [
        (one.approval_id[:8], f"{one.event_id} {one.event_name or ''}".rstrip(), one.contact, one.asked_by,
         f"{duration(int(one.age_s))} ago" if one.age_s >= 1 else "just now")
        for one in joined.server.approvals()
    ]  # fmt: skip
    if rows:
        echo_table(("REQUEST", "EVENT", "CONTACT", "ASKED BY", "ASKED"), rows)
    else:
        click.echo("Nothing waits for a yes.")


@team.command("take")
@_with_team
@click.argument("attempt")
def take(joined: "Team", *, attempt: str) -> None:
    """Take over an ATTEMPT of unknown outcome, so that the team sees who is on it."""
    taken = joined.take_over(attempt)
    joined.sync()
    click.echo(f"Attempt {taken.attempt_id} is assigned to you.")


@team.command("settle")
@_with_team
@click.argument("attempt")
@found_argument
def settle(joined: "Team", *, attempt: str, arrived: bool, note: str) -> None:
    """Resolve an unknown ATTEMPT of any member: it arrived, or did not. The member's desk shows it too."""
    settled = joined.settle(attempt, arrived=arrived, note=note)
    joined.sync()
    echo_resolved(settled)


def _run(options: Options, name: str, work: "Callable[[Team], None]") -> None:
    """Does the work with the team; then the desk does what the team asks of it. Raises Failure."""

    async def run(service: Session) -> None:
        if (joined := service.team) is None:
            raise Failure(f"The profile {name!r} has no team. `triggerdesk team join` joins one.")
        with failing_with(ExitCode.NOT_SENT, UnreachableError):
            work(joined)
        if gone := joined.forget_here():
            echo_error(f"{count(gone, 'person')} forgotten, as another desk did.")
        for sentence in joined.news():
            echo_error(sentence)

    replace(options, profile=name).run(run, filled=False)
