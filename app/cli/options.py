"""The options before the verb, the session that they open, and what a shell completes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

from app.bootstrap import open_service
from app.cli.errors import ExitCode, echo_error
from app.domain.errors import AppError
from app.domain.masking import NO_MASK, Mask
from app.domain.text import sanitize
from app.service.attempts import attempt_choices
from app.service.catalog import event_choices
from app.service.masking import open_mask
from app.service.session import Session
from app.settings import Settings, home_folder, load_config, load_settings

Result = TypeVar("Result")

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}

PATH = click.Path(path_type=Path)
production_option = click.option(
    "--production", metavar="NAME", help="The profile's name, required for a live account."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")

WAIT_S = 60.0
"""How long a verb waits for files of the home that another program has locked."""


@dataclass(frozen=True, slots=True)
class Options:
    profile: str | None = None
    account: Path | None = None
    masked: bool = False

    def settings(self) -> Settings:
        """Raises SettingsError."""
        return load_settings(os.environ, self.profile, self.account)

    def mask(self) -> Mask:
        """The mask for everything that is printed; without --mask it changes nothing. Raises AppError."""
        return open_mask(home_folder(os.environ)) if self.masked else NO_MASK

    def run(self, action: Callable[[Session], Awaitable[Result]], *, filled: bool = True) -> Result:
        """Runs `action` on the live account and returns its result.

        If `filled`, a sandbox's cache that is empty or older than its files is filled first.
        """

        async def run() -> Result:
            async with self.opened(filled=filled) as service:
                return await action(service)

        return asyncio.run(run())

    @asynccontextmanager
    async def opened(self, *, filled: bool = True) -> AsyncIterator[Session]:
        """Opens the live account for the block, filled as in `run`."""
        settings = self.settings()
        if (notice := settings.profile.notice(datetime.now(UTC).date())) is not None:
            echo_error(notice.sentence)
        service = open_service(settings, WAIT_S, echo_error)
        try:
            if filled:
                await service.refresh.run_if_needed()
            yield service
        finally:
            await service.close()


def complete_profile(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    try:
        names = load_config(os.environ).profiles
    except AppError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(typed)]


def _completing(
    choices: Callable[[Settings, str], list[tuple[str, str]]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Completes by the choices on the account of the command line so far; by none if its files cannot be read."""

    def complete(ctx: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
        before = ctx.find_root().params
        profile = getattr(ctx.obj, "profile", None) or before.get("profile")
        try:
            found = choices(load_settings(os.environ, profile, before.get("account")), typed)
        except AppError:
            return []
        return [CompletionItem(sanitize(value), help=sanitize(words)) for value, words in found]

    return complete


complete_event = _completing(event_choices)
complete_attempt = _completing(attempt_choices)


def pass_options(verb: Callable[..., Result]) -> Callable[..., Result]:
    """Passes the options to a verb, which takes --profile and --mask after its name as well."""
    as_before = partial(click.option, expose_value=False, callback=_use, help="As before the verb.")
    passed: Callable[..., Result] = click.make_pass_decorator(Options)(verb)
    passed = as_before("--mask", "masked", is_flag=True)(passed)
    return as_before("--profile", metavar="NAME", shell_complete=complete_profile)(passed)


def pass_session(
    verb: Callable[..., Coroutine[Any, Any, ExitCode | None]] | None = None, *, filled: bool = True
) -> Callable[..., Any]:
    """Runs an async verb with the options and the session that they open; ends with the exit code it returns."""
    if verb is None:
        return partial(pass_session, filled=filled)

    def run(options: Options, **given: object) -> None:
        if code := options.run(lambda service: verb(options, service, **given), filled=filled):
            sys.exit(code)

    return pass_options(update_wrapper(run, verb))


def _use(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    if value not in (None, False):
        ctx.obj = replace(ctx.ensure_object(Options), **{str(option.name): value})


def found_argument(verb: Callable[..., Result]) -> Callable[..., Result]:
    """Adds what was found out about an unknown outcome, and how: `arrived` and `note`."""
    verb = click.option("--note", default="", metavar="TEXT", help="How you know.")(verb)
    found = click.Choice(["arrived", "did-not"])
    return click.argument("arrived", type=found, callback=lambda _, __, text: text == "arrived")(verb)


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell.

    It completes verbs, options, profiles, event ids and references of attempts. Add it to the shell's start-up file.
    """
    click.echo(SHELLS[shell](ctx.find_root().command, {}, "triggerdesk", "_TRIGGERDESK_COMPLETE").source())
