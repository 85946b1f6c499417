"""`triggerdesk profile`: add, list, check and remove profiles."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import click

from app.bootstrap import open_client
from app.cli.errors import ExitCode, Failure, echo_error
from app.cli.options import Options, complete_profile, pass_options, yes_option
from app.cli.output import at_terminal, confirm, echo_lines, echo_table
from app.domain.attempt_export import json_text
from app.service.profile_check import NEXT_API_HOST, NO_EVENTS, Finding, State, check_account
from app.service.session import Session
from app.settings import (
    CONFIG,
    SANDBOX,
    Profile,
    add_profile,
    home_folder,
    load_config,
    move_to_oauth,
    remove_profile,
)
from app.settings.secrets import (
    NoKeyringError,
    Secret,
    find_secret,
    forget_secret,
    other_ways,
    secret_variable,
    store_secret,
)

_SIGN: dict[State, str] = {"ok": "✓ ok", "failed": "✗ failed", "unknown": "? unknown"}


@click.group()
def profile() -> None:
    """Manage profiles."""


@profile.command("add")
@click.argument("name")
@click.option("--base-url", metavar="URL", help="Address of the API, ending in /api/v2 or /api/v3.")
@click.option("--account", metavar="FOLDER", help="Instead: an account folder for the sandbox.")
@click.option("--auth", type=click.Choice(["none", "wsse", "oauth"]), help="How to sign in. Default: none.")
@click.option("--user", metavar="NAME", help="API user, for wsse.")
@click.option("--client-id", metavar="TEXT", help="Client id, for oauth.")
@click.option("--token-url", metavar="URL", help="Where tokens come from, for oauth.")
@click.option("--secret-command", metavar="COMMAND", help="A command that prints the secret.")
@click.option(
    "--production/--no-production", default=None, help="Whether the account is live: reaches real customers."
)
@click.option(
    "--test-contact",
    "test_contacts",
    multiple=True,
    metavar="TEXT",
    help="Allowed external id or @domain. Repeatable.",
)
@click.option("--refresh-contacts", metavar="WHICH", help="none, list:ID or query:N.")
@click.option("--deadline-s", type=float, metavar="SECONDS", help="Time limit of a trigger.")
@click.option("--proxy", metavar="URL", help="Proxy for all requests.")
@click.option("--default", is_flag=True, help="Use it when no profile is named.")
def add(name: str, *, default: bool, **given: Any) -> None:
    """Add the profile NAME. It asks for the secret, which is never an argument."""
    given["test_contacts"] = list(given["test_contacts"])
    values = {key: value for key, value in given.items() if value not in (None, [])}
    home = home_folder(os.environ)
    added = add_profile(home / CONFIG, name, values, default=default)
    click.echo(f"Added the profile {name!r} to {home / CONFIG}.")
    if added.is_production:
        echo_error(f"{name!r} is a live account: a trigger needs --production {name}.")
    if urlsplit(added.base_url or "").hostname == NEXT_API_HOST:
        echo_error(NO_EVENTS)
    if (notice := added.notice(datetime.now(UTC).date())) is not None:
        echo_error(notice.sentence)
    if added.auth != "none" and not _is_held_elsewhere(added):
        secret = _typed_secret("Secret (hidden; Enter to skip)")
        if secret is None:
            echo_error(f"The secret is still missing: {other_ways(name)}.")
        else:
            _store(name, secret)
    echo_error(f"`triggerdesk profile check {name}` tests it.")


@profile.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table.")
def list_profiles(as_json: bool) -> None:
    """List the profiles."""
    config = load_config(os.environ)
    profiles = sorted(config.profiles.values(), key=lambda profile: (profile.name != SANDBOX, profile.name))
    members = [
        {
            "name": one.name,
            "base_url": one.base_url,
            "account": None if one.folder is None else str(one.folder),
            "auth": one.auth,
            "production": one.is_production,
            "default": one.name == config.default_profile,
        }
        for one in profiles
    ]
    if as_json:
        echo_lines(map(json_text, members))
        return
    rows = [
        (
            one.name,
            one.base_url or str(one.folder or "built in"),
            one.auth,
            "live" if one.is_production else "test",
            "default" if one.name == config.default_profile else "",
        )
        for one in profiles
    ]
    echo_table(("NAME", "ADDRESS", "AUTH", "KIND", ""), rows)


@profile.command("check")
@click.argument("name", required=False, shell_complete=complete_profile)
@pass_options
def check(options: Options, *, name: str | None) -> None:
    """Test address, sign-in, clock and permissions of a profile. Sends no trigger.

    Exit codes: 0 no check failed, 1 a check failed, 2 configuration.
    """
    named = replace(options, profile=name or options.profile)

    async def look(service: Session) -> tuple[Finding, ...]:
        return await check_account(service.profile, service.client)

    if _failed(named.run(look, filled=False)):
        sys.exit(ExitCode.REJECTED)


@profile.command("move")
@click.argument("name", shell_complete=complete_profile)
@click.option("--client-id", required=True, metavar="TEXT", help="Client id, for oauth.")
@click.option("--token-url", metavar="URL", help="Where tokens come from. Default: as before, or Emarsys.")
def move(name: str, *, client_id: str, token_url: str | None) -> None:
    """Move the profile NAME from X-WSSE to OAuth 2; its name, history and guards stay.

    It asks for the client secret and tests it first. If the account cannot be reached, or the sign-in fails, nothing
    changes.

    Exit codes: 0 moved, 1 a check failed, 2 configuration.
    """
    path = home_folder(os.environ) / CONFIG
    moved = move_to_oauth(path, name, client_id, token_url, write=False)
    if held_elsewhere := _is_held_elsewhere(moved):
        secret = find_secret(moved, os.environ, echo_error)
    elif (typed := _typed_secret("Client secret (hidden)")) is None:
        raise Failure(f"The client secret is missing: {other_ways(name)}. The profile {name!r} is unchanged.")
    else:
        secret = typed
    failed = _failed(asyncio.run(_checked(moved, secret)))
    if set(failed) & {"address", "sign-in"}:
        raise Failure(f"The profile {name!r} is unchanged.", ExitCode.REJECTED)
    move_to_oauth(path, name, client_id, token_url, write=True)
    echo_error(f"The profile {name!r} signs in by OAuth 2 now.")
    if not held_elsewhere:
        _store(name, secret)
    if failed:
        sys.exit(ExitCode.REJECTED)


async def _checked(profile: Profile, secret: Secret) -> Sequence[Finding]:
    async with aclosing(open_client(profile, lambda: secret)) as client:
        return await check_account(profile, client)


def _failed(findings: Sequence[Finding]) -> list[str]:
    """Prints the findings; returns the checks that failed."""
    rows = [(finding.what, _SIGN[finding.state], finding.detail) for finding in findings]
    echo_table(("CHECK", "RESULT", "DETAIL"), rows)
    return [finding.what for finding in findings if finding.state == "failed"]


@profile.command("remove")
@click.argument("name", shell_complete=complete_profile)
@yes_option
def remove(name: str, *, yes: bool) -> None:
    """Remove the profile NAME and its secret from the keyring. Its history and cache stay."""
    home = home_folder(os.environ)
    if name != SANDBOX and name in load_config(os.environ).profiles:
        confirm(f"Remove the profile {name!r} and its secret?", yes)
    remove_profile(home / CONFIG, name)
    try:
        was_held = forget_secret(name, echo_error)
        secret = "Its secret is removed from the keyring." if was_held else "The keyring held no secret."
    except NoKeyringError as error:
        secret = f"The keyring was not searched for its secret: {error}."
    click.echo(f"Removed the profile {name!r}. {secret} Its history and cache stay in {home}.")


def _is_held_elsewhere(added: Profile) -> bool:
    return added.secret_command is not None or bool(os.environ.get(secret_variable(added.name)))


def _typed_secret(prompt: str) -> Secret | None:
    """The secret that is typed; None if nothing is, or without a terminal."""
    typed = click.prompt(prompt, "", hide_input=True, show_default=False, err=True) if at_terminal() else ""
    return Secret(typed) if typed else None


def _store(name: str, secret: Secret) -> None:
    try:
        store_secret(name, secret, echo_error)
    except NoKeyringError as error:
        echo_error(f"The secret is not stored, {error}: {other_ways(name)}.")
    else:
        echo_error("The secret is stored in the keyring of this system.")
