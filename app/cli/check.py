"""`triggerdesk check`: run the cases of TOML files and compare the replies with the expected ones."""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC
from itertools import groupby
from pathlib import Path, PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import click

from app.cli.errors import ExitCode, Failure, failing_with, not_sent_on_ctrl_c, stopped_by_signal
from app.cli.options import PATH, Options, pass_options
from app.cli.output import MAX_LINE, open_output
from app.domain.attempt_export import json_text
from app.domain.checks import Case, CaseResult, Result, result_json
from app.domain.masking import Mask
from app.domain.text import count, sanitize, short_id
from app.service.checks import read_cases, ready, run_case
from app.service.session import NotRecordedError, StoreError

_SYMBOLS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.ERROR: "?", Result.SKIPPED: "-"}


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="Only cases with this tag; repeatable.")
@click.option("--against", metavar="A,B", help="Run each case on two profiles and compare their replies.")
@click.option("--fail-fast", is_flag=True, help="Stop after the first case that is not ok.")
@click.option("--junit", type=PATH, metavar="FILE", help="Write JUnit XML, personal data hidden.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each case.")
@pass_options
@not_sent_on_ctrl_c()
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
        click.echo(json_text(result_json(one, mask)) if as_json else sanitize(_line(one, mask), MAX_LINE))

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
        stop = await stopped_by_signal(*sessions)
        results: list[CaseResult] = []
        is_over = False
        for case, *sent in zip(cases, *requests, strict=True):
            each = [] if is_over or stop.is_set() else list(zip(sessions, sent, strict=True))
            sends = [await run_case(session, case, request, stop) for session, request in each]
            one = CaseResult(case, *sends)
            results.append(one)
            show(one)
            is_over = is_over or (fail_fast and one.result is not Result.PASSED)
        return results, stop.is_set()


def _line(one: CaseResult, mask: Mask) -> str:
    case = one.case
    name = mask.text(case.name, case.request.external_id)
    if one.result is Result.PASSED:
        return f"{_SYMBOLS[one.result]} {name}"
    attempts = [short_id(each.attempt_id) for each in (one.attempt, one.other) if each is not None]
    why = "; ".join(one.why(mask)) or "skipped"
    reference = f" (attempt {', '.join(attempts)})" if attempts else ""
    return f"{_SYMBOLS[one.result]} {case.where}: {name}: {why}{reference}"


def _summary(results: Sequence[CaseResult]) -> str:
    numbers = {result: sum(one.result is result for one in results) for result in Result}
    parts = ", ".join(f"{number} {result.value}" for result, number in numbers.items() if number)
    return f"{count(len(results), 'case')}: {parts}"


def _exit_code(results: Sequence[CaseResult], was_stopped: bool) -> ExitCode:
    found = {one.result for one in results}
    if Result.ERROR in found:
        return ExitCode.UNKNOWN
    if Result.FAILED in found:
        return ExitCode.REJECTED
    return ExitCode.STOPPED if was_stopped else ExitCode.OK


# JUnit


_MAX_TEXT = 2000
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {Result.FAILED: "failure", Result.ERROR: "error", Result.SKIPPED: "skipped"}


def junit_xml(results: Sequence[CaseResult], mask: Mask) -> str:
    root = Element("testsuites", _attributes(_totals(results)))
    for file, some in groupby(results, lambda one: one.case.file):
        found = list(some)
        totals = {**_totals(found), "skipped": str(sum(one.result is Result.SKIPPED for one in found))}
        if started := [one.attempt.started_at for one in found if one.attempt is not None]:
            totals["timestamp"] = f"{min(started).astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        suite = SubElement(root, "testsuite", _attributes({"name": file, **totals}))
        for one in found:
            _add(suite, one, mask)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _totals(results: Sequence[CaseResult]) -> dict[str, str]:
    count = Counter(one.result for one in results)
    return {
        "tests": str(len(results)),
        "failures": str(count[Result.FAILED]),
        "errors": str(count[Result.ERROR]),
        "time": f"{sum(one.elapsed_s for one in results):.3f}",
    }


def _add(suite: Element, one: CaseResult, mask: Mask) -> None:
    case = one.case
    attributes = {
        "name": mask.text(case.name, case.request.external_id),
        "classname": ".".join(PurePath(case.file).with_suffix("").parts).lstrip("./"),
        "time": f"{one.elapsed_s:.3f}",
    }
    entry = SubElement(suite, "testcase", _attributes(attributes))
    if one.result is Result.SKIPPED:
        SubElement(entry, "skipped", {"message": "The run ended before this case."})
    elif one.result is not Result.PASSED:
        why = "; ".join(one.why(mask))
        kind = {"message": why, "type": "unknown outcome" if one.result is Result.ERROR else "wrong reply"}
        told = SubElement(entry, _ELEMENTS[one.result], _attributes(kind))
        attempts = [short_id(each.attempt_id) for each in (one.attempt, one.other) if each is not None]
        told.text = _clean(f"{why}\n{case.where}\nattempt {', '.join(attempts)}")


def _attributes(values: Mapping[str, str]) -> dict[str, str]:
    return {name: _clean(sanitize(value, _MAX_TEXT)) for name, value in values.items()}


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
