"""`triggerdesk history resend`: send an attempt's request again, as an attempt of its own that names it."""

import sys

import click

from app.cli.failures import ExitCode, failing_with
from app.cli.meant import sent_with_warning
from app.cli.options import Options
from app.cli.passing import pass_options
from app.cli.sent import Printed, print_sent, sending_nothing_after_ctrl_c
from app.cli.signals import stopped_by_signal
from app.domain.model import new_attempt_id
from app.service.guard import check_production
from app.service.session import Session, StoreError


@click.command()
@click.argument("attempt")
@click.option("--same-trigger", is_flag=True, help="With the trigger id of the earlier one.")
@click.option("--production", metavar="NAME", help="Needed for a production account: the profile's name.")
@click.option("--json", "as_json", is_flag=True, help="The new attempt as JSON.")
@pass_options
@sending_nothing_after_ctrl_c()
def resend(
    options: Options, *, attempt: str, same_trigger: bool, production: str | None, as_json: bool
) -> None:
    """Send the request of an ATTEMPT again, as it was.

    A trigger of its own, unless --same-trigger is given: then an account that received it before can know it for the
    same. Exit codes as of `trigger`.
    """
    printed = Printed(options.mask(), as_json)
    check_production(options.settings().profile, production)

    async def send(service: Session) -> ExitCode:
        service.client  # noqa: B018 - opened while ctrl+c still ends the wait for a keyring
        stop = stopped_by_signal()
        earlier = service.history.find_attempt(attempt)
        new = new_attempt_id()
        sending = sent_with_warning(
            lambda warned_of: service.resend(
                earlier.attempt_id,
                same_trigger=same_trigger,
                new_attempt_id=new,
                stop=stop,
                production=production,
                asked_about=warned_of,
            )
        )
        return await print_sent(sending, new, service, printed)

    with failing_with(ExitCode.NOT_SENT, StoreError):
        exit_code = options.run(send)
    sys.exit(exit_code)
