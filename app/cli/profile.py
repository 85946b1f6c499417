"""`triggerdesk profile`: how accounts are reached: added, listed, checked, removed."""

import os
import sys
from typing import Any

import click

from app.cli.failures import ExitCode, Failure, complain
from app.cli.options import Options
from app.cli.output import at_terminal, table
from app.cli.passing import pass_options
from app.domain.attempt_export import json_text
from app.service.profile_check import WSSE_ENDS, Finding, State, check_account
from app.service.session import Session
from app.settings import CONFIG, SANDBOX, Profile, add_profile, home_folder, load_config, remove_profile
from app.settings.secrets import (
    NoKeyringError,
    Secret,
    forget_secret,
    other_ways,
    secret_variable,
    store_secret,
)

_SIGN: dict[State, str] = {"ok": "✓ ok", "failed": "✗ failed", "unknown": "? unknown"}


@click.group()
def profile() -> None:
    """Say how accounts are reached: add, list, check, remove profiles."""


@profile.command("add")
@click.argument("name")
@click.option("--base-url", metavar="URL", help="The API's address; ends in /api/v2 or /api/v3.")
@click.option("--account", metavar="FOLDER", help="Instead: an account folder for the sandbox.")
@click.option("--auth", type=click.Choice(["none", "wsse", "oauth"]), help="How to sign in; default: none.")
@click.option("--user", metavar="NAME", help="The API user, for wsse.")
@click.option("--client-id", metavar="TEXT", help="The client id, for oauth.")
@click.option("--token-url", metavar="URL", help="Where tokens come from, for oauth.")
@click.option("--secret-command", metavar="COMMAND", help="A command that prints the secret.")
@click.option("--production/--no-production", default=None, help="Whether real people are mailed.")
@click.option(
    "--test-contact",
    "test_contacts",
    multiple=True,
    metavar="TEXT",
    help="Who may be triggered: a value or @domain; may be repeated.",
)
@click.option("--refresh-contacts", metavar="WHICH", help="none, list:ID or query:N.")
@click.option("--deadline-s", type=float, metavar="SECONDS", help="How long a trigger may take in all.")
@click.option("--proxy", metavar="URL", help="A proxy to go through.")
@click.option("--default", is_flag=True, help="Make it the profile that is live when none is named.")
def add(name: str, *, default: bool, **given: Any) -> None:
    """Add the profile NAME. Its secret is asked for, never given as an argument."""
    values = {key: list(value) if key == "test_contacts" else value for key, value in given.items()}
    values = {key: value for key, value in values.items() if value not in (None, [])}
    home = home_folder(os.environ)
    added = add_profile(home / CONFIG, name, values, default=default)
    click.echo(f"The profile {name!r} was added to {home / CONFIG}.")
    if added.is_production:
        complain(f"{name!r} is a production account: a trigger needs --production {name}.")
    if added.auth == "wsse":
        complain(WSSE_ENDS)
    if added.auth != "none":
        _keep_secret(added)
    complain(f"`triggerdesk --profile {name} profile check` tells whether it works.")


@profile.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of a table.")
def list_profiles(as_json: bool) -> None:
    """List the profiles."""
    config = load_config(os.environ)
    for line in _listed(sorted(config.profiles.values(), key=_order), config.default_profile, as_json):
        click.echo(line)


@profile.command("check")
@click.argument("name", required=False)
@pass_options
def check(options: Options, *, name: str | None) -> None:
    """Tell whether a profile works: its address, sign-in, clock and permissions. Sends no trigger.

    Exit codes: 0 nothing is wrong, 1 something is, 2 configuration.
    """
    asked = Options(name or options.profile, options.account)

    async def look(service: Session) -> tuple[Finding, ...]:
        return await check_account(service.profile, service.client)

    findings = asked.run(look, filled=False)
    rows = [(finding.what, _SIGN[finding.state], finding.detail) for finding in findings]
    for line in table(("CHECK", "RESULT", "DETAIL"), rows):
        click.echo(line)
    if asked.settings().profile.auth == "wsse":
        complain(WSSE_ENDS)
    if any(finding.state == "failed" for finding in findings):
        sys.exit(ExitCode.REJECTED)


@profile.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, *, yes: bool) -> None:
    """Remove the profile NAME and its secret from the keyring. Its history and cache stay."""
    home = home_folder(os.environ)
    if not yes:
        if not at_terminal():
            raise Failure(f"Nobody can be asked here: add --yes to remove the profile {name!r}.")
        if not click.confirm(f"Remove the profile {name!r} and its secret?", err=True):
            raise Failure("Nothing was removed.")
    remove_profile(home / CONFIG, name)
    try:
        was_held = forget_secret(name, complain)
        secret = "its secret was taken out of the keyring" if was_held else "the keyring held no secret"
    except NoKeyringError as error:
        secret = f"no secret was looked for: {error}"
    click.echo(f"The profile {name!r} was removed; {secret}. Its history and its cache stay in {home}.")


def _keep_secret(added: Profile) -> None:
    """Asks for the secret where somebody can be asked and it has a place; else says where it is looked for."""
    if added.secret_command is not None or os.environ.get(secret_variable(added.name)):
        return
    if not at_terminal():
        complain(f"Its secret is still missing: {other_ways(added.name)}.")
        return
    prompt = "Secret (not shown; nothing to leave it out)"
    secret = Secret(click.prompt(prompt, "", hide_input=True, show_default=False, err=True))
    if not secret.reveal():
        complain(f"Its secret is still missing: {other_ways(added.name)}.")
        return
    try:
        store_secret(added.name, secret, complain)
    except NoKeyringError as error:
        complain(f"The secret was not kept, {error}: {other_ways(added.name)}.")
    else:
        complain("The secret is in the keyring of this system.")


def _order(profile: Profile) -> tuple[bool, str]:
    return profile.name != SANDBOX, profile.name


def _listed(profiles: list[Profile], default: str, as_json: bool) -> Any:
    if as_json:
        return (json_text(_as_json(profile, profile.name == default)) for profile in profiles)
    rows = [
        (
            profile.name,
            profile.base_url or str(profile.folder or "built in"),
            profile.auth,
            "production" if profile.is_production else "",
            "default" if profile.name == default else "",
        )
        for profile in profiles
    ]
    return table(("NAME", "ADDRESS", "AUTH", "KIND", ""), rows)


def _as_json(profile: Profile, default: bool) -> dict[str, object]:
    return {
        "name": profile.name,
        "base_url": profile.base_url,
        "account": None if profile.folder is None else str(profile.folder),
        "auth": profile.auth,
        "production": profile.is_production,
        "default": default,
    }
