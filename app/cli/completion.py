"""`triggerdesk completion SHELL`, and the completion of profiles, events and attempts."""

import os
from collections.abc import Callable

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

from app.domain.errors import AppError
from app.domain.text import sanitize
from app.service.completion import Choices, attempt_choices, event_choices
from app.settings import Settings, load_config, load_settings

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
_VARIABLE = "_TRIGGERDESK_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell.

    It completes verbs, options, profiles, event ids and references of attempts. Add it to the shell's start-up file.
    """
    click.echo(SHELLS[shell](ctx.find_root().command, {}, "triggerdesk", _VARIABLE).source())


def complete_profile(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    try:
        names = load_config(os.environ).profiles
    except AppError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(typed)]


def complete_event(ctx: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    return _items(ctx, event_choices, typed)


def complete_attempt(ctx: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    return _items(ctx, attempt_choices, typed)


def _items(
    ctx: click.Context, choices: Callable[[Settings, str], Choices], typed: str
) -> list[CompletionItem]:
    """The choices on the account of the command line so far; none if its files cannot be read."""
    before = ctx.find_root().params
    profile = getattr(ctx.obj, "profile", None) or before.get("profile")
    try:
        found = choices(load_settings(os.environ, profile, before.get("account")), typed)
    except AppError:
        return []
    return [CompletionItem(sanitize(value), help=sanitize(words)) for value, words in found]
