"""The results of checks as JUnit XML; a module of its own, so that the dashboard does without the XML library."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from itertools import groupby
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.domain.checks import CaseResult, Result
from app.domain.masking import Mask
from app.domain.text import sanitize, short_id

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
