"""Check cases: a trigger with the reply that is expected, read from and written as TOML; their results."""

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from app.domain.attempt_export import description_of, reply_parts
from app.domain.errors import FileFaultError
from app.domain.event_data import EventDataError, parse_event_data
from app.domain.json_text import compact
from app.domain.masking import NO_MASK, Mask
from app.domain.model import (
    LABEL,
    Attempt,
    ExtrasError,
    JsonObject,
    Outcome,
    TriggerRequest,
    extras_json,
    parse_extras,
)
from app.domain.text import sanitize
from app.domain.wire import scalar_text, sent_json

MAX_NAME = 200
OUTCOMES = tuple(one for one in Outcome if one is not Outcome.SENDING)

_REQUIRED = ("event", "key", "external_id")
_CASE_KEYS = ("name", *_REQUIRED, "data", "event_time", "attachment", "tags", "expect")
_EXPECT_KEYS = {
    "outcome": (str, "text"),
    "code": (int, "an integer"),
    "status": (int, "an integer"),
    "text": (str, "text"),
    "predicted": (bool, "true"),
}
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*case[ \t]*\]\]", re.MULTILINE)
_LONG_TEXT = re.compile(r'("""|\'\'\')(?s:.*?)\1')
_MAX_SHOWN = 300


class _FaultError(Exception):
    def __init__(self, key: str, sentence: str) -> None:
        self.key = key
        super().__init__(sentence)


class Expected(NamedTuple):
    """What is expected of an attempt; None for what does not matter. A `text` between slashes is a pattern."""

    outcome: Outcome | None = None
    code: int | None = None
    status: int | None = None
    text: str | None = None
    predicted: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a file. The event may be named; placeholders in the event data are not filled yet."""

    file: str
    line: int
    name: str
    request: TriggerRequest
    expected: Expected
    tags: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.line}"


# Reading


def parse_cases(file: str, text: str) -> tuple[Case, ...]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        end = f"at line {text.count(chr(10)) + 1}, the end"
        fault = str(error).replace("at end of document", end)
        raise FileFaultError(file, None, f"not valid TOML: {fault}.") from None
    places = _places(text)
    tables = document.get("case", [])
    if set(document) - {"case"} or not isinstance(tables, list) or len(tables) != len(places):
        raise FileFaultError(file, 1, "a check file holds [[case]] tables and nothing else.")
    cases: dict[str, Case] = {}
    for table, (line, section) in zip(tables, places, strict=True):
        try:
            case = _case(file, line, table)
            if case.name in cases:
                raise _FaultError("name", f"{case.name!r} is the name of an earlier case too.")
        except _FaultError as fault:
            at = line + _line_in(section, fault.key)
            raise FileFaultError(file, at, f"{fault.key}: {fault}") from None
        cases[case.name] = case
    return tuple(cases.values())


def _places(text: str) -> list[tuple[int, str]]:
    """The line of each `[[case]]`, and its text up to the next one."""
    plain = _LONG_TEXT.sub(lambda found: '""' + "\n" * found[0].count("\n"), text)
    starts = [found.start() for found in _HEADER.finditer(plain)]
    ends = [*starts[1:], len(plain)]
    return [
        (plain.count("\n", 0, start) + 1, plain[start:end])
        for start, end in zip(starts, ends, strict=False)  # without a start there is still an end
    ]


def _line_in(section: str, key: str) -> int:
    """The line of a key, such as `code` of `expect.code`, in a case; 0, its header, if it is not there."""
    at = 0
    for name in map(re.escape, key.split(".")):
        own = rf"^[ \t]*(?:\[+case\.)?[\"']?{name}[\"']?[ \t]*[\].=]|[{{,][ \t]*{name}[ \t]*="
        if found := re.compile(own, re.MULTILINE).search(section, at):
            at = found.end()
    return section.count("\n", 0, at)


def _case(file: str, line: int, table: Mapping[str, Any]) -> Case:
    _only(table, _CASE_KEYS, "")
    name = table.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise _FaultError("name", f"a case needs a name of at most {MAX_NAME} characters.")
    try:
        extras = parse_extras(table)
    except ExtrasError as error:
        raise _FaultError(error.key, str(error)) from None
    event, key, external_id = (_text(table, one) for one in _REQUIRED)
    request = TriggerRequest(event, key, external_id, _event_data(table.get("data")), extras=extras)
    tags = table.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _FaultError("tags", "must be a list of texts.")
    return Case(file, line, name, request, _expected(table.get("expect", {})), tuple(tags))


def _only(table: Mapping[str, Any], known: Collection[str], before: str) -> None:
    for key in table:
        if key not in known:
            raise _FaultError(f"{before}{key}", f"unknown key. Known: {', '.join(known)}.")


def _text(table: Mapping[str, Any], key: str) -> str:
    text = scalar_text(table.get(key))
    if text is None:
        raise _FaultError(key, "missing, or neither text nor an integer.")
    return text


def _event_data(value: object) -> JsonObject | None:
    """Event data from a table, or from JSON text, which also holds what TOML cannot say. Raises _FaultError."""
    if value is None:
        return None
    try:
        return parse_event_data(value if isinstance(value, str) else json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        own = isinstance(error, EventDataError)
        raise _FaultError(
            "data", str(error) if own else "holds a date, inf or nan. Put it in quotes."
        ) from None


def _expected(table: object) -> Expected:
    if not isinstance(table, Mapping) or not table:
        raise _FaultError("expect", f"says nothing. Give one of {', '.join(_EXPECT_KEYS)}.")
    _only(table, _EXPECT_KEYS, "expect.")
    for key, value in table.items():
        kind, words = _EXPECT_KEYS[key]
        if type(value) is not kind:
            raise _FaultError(f"expect.{key}", f"must be {words}.")
    outcome, text = table.get("outcome"), table.get("text", "")
    if outcome is not None and outcome not in OUTCOMES:
        raise _FaultError("expect.outcome", f"unknown outcome {outcome!r}. Use {', '.join(OUTCOMES)}.")
    if table.get("predicted") is False:
        raise _FaultError("expect.predicted", "can only be true. Leave it out instead.")
    try:
        re.compile(_pattern(text) or "")
    except re.error as error:
        raise _FaultError("expect.text", f"not a regular expression: {error}.") from None
    return Expected(**{**table, "outcome": outcome and Outcome(outcome)})


def _pattern(text: str) -> str | None:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "/" else None


# Writing


def case_toml(attempt: Attempt, taken: Collection[str] = ()) -> str:
    """The case of a finished attempt, with a name that is not `taken`. Its data stays as it was sent."""
    request, (status, code, text) = attempt.request, reply_parts(attempt)
    replies = LABEL[attempt.outcome][1] if code is None else f"replies {code}"
    name = free = f"{attempt.event_name or request.event_id} {replies}"[: MAX_NAME - 10]
    number = 1
    while free in taken:
        number += 1
        free = f"{name} {number}"
    if text is not None and _pattern(text) is not None:
        text = f"/^{re.escape(text)}$/"
    case = {
        "name": free,
        "event": request.event_id,
        "key": request.key_id,
        "external_id": request.external_id,
        **extras_json(request.extras),
    }
    expected = {"outcome": attempt.outcome.value, "code": code, "status": status, "text": text}
    lines = ["[[case]]", *_members(case), *_data_lines(request.data)]
    lines += ["[case.expect]", *_members({key: one for key, one in expected.items() if one is not None})]
    return "\n".join(lines) + "\n"


def _data_lines(data: JsonObject | None) -> list[str]:
    """A table if it says exactly what was sent, else the JSON as text: TOML has no null and respells numbers."""
    if data is None:
        return []
    lines = ["[case.data]", *_members(data)]
    try:
        read = tomllib.loads("\n".join(lines))["case"]["data"]
        if json.dumps(read, separators=(",", ":")) == sent_json(data):
            return lines
    except (tomllib.TOMLDecodeError, RecursionError):
        pass  # such as a null
    text = compact(getattr(data, "text", sent_json(data)))
    return [f"data = '{text}'" if text.isprintable() and "'" not in text else f"data = {_quoted(text)}"]


def _members(table: Mapping[str, object]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)


def _value(value: object) -> str:
    match value:
        case str():
            return _quoted(value)
        case Mapping():
            return f"{{ {', '.join(_members(value))} }}" if value else "{}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return json.dumps(value)  # null is no TOML, which the caller notices


# Results


class Result(StrEnum):
    """How a case went; an error is an unknown outcome that was not expected."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class CaseResult(NamedTuple):
    """A case and its attempt, None if it was not run; `other` is the attempt on the account to compare with."""

    case: Case
    attempt: Attempt | None = None
    other: Attempt | None = None

    @property
    def result(self) -> Result:
        if self.attempt is None:
            return Result.SKIPPED
        if self.other is not None:
            is_error = Outcome.UNKNOWN in (self.attempt.outcome, self.other.outcome)
        else:
            is_expected = self.case.expected.outcome is Outcome.UNKNOWN
            is_error = self.attempt.outcome is Outcome.UNKNOWN and not is_expected
        if is_error:
            return Result.ERROR
        return Result.FAILED if self.why() else Result.PASSED

    def why(self, mask: Mask = NO_MASK) -> list[str]:
        if self.attempt is None:
            return []
        if self.other is not None:
            return list(_differences(self.attempt, self.other, mask))
        return list(_mismatches(self.case.expected, self.attempt, mask))

    @property
    def elapsed_s(self) -> float:
        return sum((one.elapsed_ms or 0) / 1000 for one in (self.attempt, self.other) if one is not None)


def _mismatches(expected: Expected, attempt: Attempt, mask: Mask) -> Iterator[str]:
    status, code, text = reply_parts(attempt)
    wanted = expected.outcome
    if attempt.outcome is not wanted and (wanted is not None or attempt.outcome is Outcome.UNKNOWN):
        said = f" ({_shown(description_of(attempt), attempt, mask)})" if code is None else ""
        yield f"outcome {attempt.outcome}{said}, not {wanted or 'a reply'}"
    if expected.code not in (None, code):
        yield f"reply code {'none' if code is None else code}, not {expected.code}"
    if expected.status not in (None, status):
        yield f"HTTP status {'none' if status is None else status}, not {expected.status}"
    if expected.text is not None and not _fits(expected.text, text):
        yield f"reply text {_shown(text, attempt, mask)}, not {_shown(expected.text, attempt, mask)}"
    predicted = attempt.predicted_code
    if expected.predicted and (predicted is None or predicted != code):
        none = "nothing" if predicted is None else predicted
        yield f"predicted {none}, got {'no reply code' if code is None else code}"


def _fits(expected: str, text: str | None) -> bool:
    pattern = _pattern(expected)
    if text is None or pattern is None:
        return text == expected
    return re.search(pattern, text) is not None


def _differences(left: Attempt, right: Attempt, mask: Mask) -> Iterator[str]:
    names = ("HTTP status", "reply code", "reply text")
    pairs = [("outcome", left.outcome, right.outcome)]
    pairs += zip(names, reply_parts(left), reply_parts(right), strict=True)  # type: ignore[arg-type]  # values of any type
    for name, one, other in pairs:
        if one != other or one is Outcome.UNKNOWN:
            shown = (_shown(one, left, mask), _shown(other, right, mask))
            yield f"{name}: {left.profile} {shown[0]}, {right.profile} {shown[1]}"


def _shown(value: object, attempt: Attempt, mask: Mask) -> str:
    if not isinstance(value, str) or isinstance(value, Outcome):
        return "none" if value is None else str(value)
    return f'"{sanitize(mask.text(value, attempt.request.external_id), _MAX_SHOWN)}"'


def result_json(one: CaseResult, mask: Mask) -> dict[str, object]:
    external_id = one.case.request.external_id
    return {
        "file": one.case.file,
        "name": mask.text(one.case.name, external_id),
        "ok": one.result is Result.PASSED,
        "why": one.why(mask),
        "attempt_id": one.attempt and one.attempt.attempt_id,
        "result": one.result.value,
        "tags": list(one.case.tags),
        **_reply_json(one.attempt, mask),
        "against": one.other and {"attempt_id": one.other.attempt_id, **_reply_json(one.other, mask)},
    }


def _reply_json(attempt: Attempt | None, mask: Mask) -> dict[str, object]:
    if attempt is None:
        return dict.fromkeys(("profile", "outcome", "http_status", "reply_code", "reply_text"))
    status, code, text = reply_parts(mask.attempt(attempt))
    return {
        "profile": attempt.profile,
        "outcome": attempt.outcome.value,
        "http_status": status,
        "reply_code": code,
        "reply_text": text,
    }
