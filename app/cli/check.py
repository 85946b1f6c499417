"""`triggerdesk check`: run the cases of TOML files and compare the replies with the expected ones."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import click

from app.cli.errors import (
    ExitCode,
    Failure,
    failing_with,
    sending_nothing_after_ctrl_c,
    stopped_by_signal,
)
from app.cli.options import Options, pass_options
from app.cli.output import MAX_LINE, open_output
from app.domain.attempt_export import json_text
from app.domain.checks import Case, CaseResult, Result, result_json
from app.domain.junit import junit_xml
from app.domain.masking import Mask
from app.domain.text import count, sanitize, short_id
from app.service.checks import read_cases, ready, run_case
from app.service.session import NotRecordedError, StoreError

_SYMBOLS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.ERROR: "?", Result.SKIPPED: "-"}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="Only cases with this tag; repeatable.")
@click.option("--against", metavar="A,B", help="Run each case on two profiles and compare their replies.")
@click.option("--fail-fast", is_flag=True, help="Stop after the first case that is not ok.")
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML, personal data hidden."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each case.")
@pass_options
@sending_nothing_after_ctrl_c()
def check(
    options: Options,
    *,
    files: Sequence[Path],
    tags: Sequence[str],
    against: str | None,
    fail_fast: bool,
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run the cases of TOML files: send each trigger and compare the reply with the expected one.

    Live accounts are refused. Exit codes: 0 all as expected, 1 some not, 2 a faulty file or refused, 3 an unknown
    outcome that was not expected.
    """
    cases = [case for file in files for case in read_cases(file)]
    if tags:
        cases = [case for case in cases if set(tags) & set(case.tags)]
    if not cases:
        raise Failure("No case has this tag." if tags else "The files hold no case.")
    mask = options.mask()

    def show(one: CaseResult) -> None:
        line = json_text(result_json(one, mask)) if as_json else _line(one, mask)
        click.echo(line)

    with open_output(junit) as file:
        with failing_with(ExitCode.UNKNOWN, NotRecordedError), failing_with(ExitCode.NOT_SENT, StoreError):
            results, was_stopped = asyncio.run(_run(_accounts(options, against), cases, fail_fast, show))
        if junit is not None:
            click.echo(junit_xml(results, replace(options, masked=True).mask()), file=file, nl=False)
    if not as_json:
        click.echo(_summary(results))
    sys.exit(_exit_code(results, was_stopped))


def _accounts(options: Options, against: str | None) -> list[Options]:
    """The options for each account: the live one, or the two to compare. Raises Failure."""
    if against is None:
        return [options]
    names = [name.strip() for name in against.split(",")]
    if len(names) != 2 or not all(names):
        raise Failure("--against needs two profiles, such as sandbox,staging.")
    return [replace(options, profile=name) for name in names]


async def _run(
    accounts: Sequence[Options], cases: Sequence[Case], fail_fast: bool, show: Callable[[CaseResult], None]
) -> tuple[list[CaseResult], bool]:
    """Runs each case on every account; returns the results, and whether a signal ended the run."""
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(one.opened()) for one in accounts]
        requests = [ready(session, cases) for session in sessions]
        for session in sessions:
            await session.open_client()
        stop = stopped_by_signal()
        # A ctrl+c from just before takes effect here, while nothing is recorded.
        await asyncio.sleep(0)
        results: list[CaseResult] = []
        is_over = False
        for case, *sent in zip(cases, *requests, strict=True):
            each = [] if is_over or stop.is_set() else list(zip(sessions, sent, strict=True))
            one = CaseResult(
                case, *[await run_case(session, case, request, stop) for session, request in each]
            )
            results.append(one)
            show(one)
            is_over = is_over or (fail_fast and one.result is not Result.PASSED)
        return results, stop.is_set()


def _line(one: CaseResult, mask: Mask) -> str:
    case = one.case
    name = mask.text(case.name, case.request.external_id)
    if one.result is Result.PASSED:
        return sanitize(f"{_SYMBOLS[one.result]} {name}", MAX_LINE)
    attempts = [short_id(each.attempt_id) for each in (one.attempt, one.other) if each is not None]
    why = "; ".join(one.why(mask)) or "skipped"
    reference = f" (attempt {', '.join(attempts)})" if attempts else ""
    return sanitize(f"{_SYMBOLS[one.result]} {case.where}: {name}: {why}{reference}", MAX_LINE)


def _summary(results: Sequence[CaseResult]) -> str:
    counts = [(sum(one.result is result for one in results), result.value) for result in Result]
    return (
        f"{count(len(results), 'case')}: {', '.join(f'{number} {word}' for number, word in counts if number)}"
    )


def _exit_code(results: Sequence[CaseResult], was_stopped: bool) -> ExitCode:
    found = {one.result for one in results}
    if Result.ERROR in found:
        return ExitCode.UNKNOWN
    if Result.FAILED in found:
        return ExitCode.REJECTED
    return ExitCode.STOPPED if was_stopped else ExitCode.OK
