"""Check cases: read with the line of every fault, written from an attempt, compared with what was replied."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xmlschema

from app.cli.check import junit_xml
from app.domain.checks import (
    Case,
    CaseResult,
    Expected,
    FileFaultError,
    Result,
    case_toml,
    parse_cases,
)
from app.domain.event_data import parse_event_data
from app.domain.masking import NO_MASK, Mask
from app.domain.model import Attempt, Extras, NoReply, Outcome, Reply, TriggerRequest, attach
from app.domain.wire import trigger_body

JUNIT = xmlschema.XMLSchema(str(Path(__file__).with_name("junit.xsd")))
MASK = Mask(b"k" * 32)
HEAD = '[[case]]\nname = "a"\nevent = "100"\nkey = "3"\nexternal_id = "thor@example.com"\n'
CASE = f"{HEAD}expect = {{ code = 0 }}\n"


def attempt(**changed: Any) -> Attempt:
    made = Attempt(
        "0b5a1c2e-1234-4567-89ab-0123456789ab",
        "sandbox",
        "sandbox",
        TriggerRequest("100", "3", "loki@example.com"),
        "purchase_confirmation",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        2008,
        Outcome.REJECTED,
        Reply(400, 2008, "No contact found with the external id: 3 - loki@example.com"),
        12.5,
    )
    return replace(made, **changed)


def accepted(**changed: Any) -> Attempt:
    return attempt(outcome=Outcome.ACCEPTED, answer=Reply(200, 0, "OK"), predicted_code=0, **changed)


UNKNOWN = attempt(
    outcome=Outcome.UNKNOWN,
    answer=NoReply("closed", "maybe", "127.0.0.1 closed the connection without a reply."),
)


def case(text: str = CASE) -> Case:
    (found,) = parse_cases("checks.toml", text)
    return found


def test_a_case_is_read_with_everything_it_says() -> None:
    text = """
[[case]]
name = "everything"
event = 100
key = 3
external_id = "thor@example.com"
event_time = "2026-03-01T13:00:00Z"
attachment = [{ filename = "a.txt", data = "aGk=" }]
tags = ["mail", "nightly"]
data.global = { itemName = "hammer" }
[case.expect]
outcome = "accepted"
code = 0
status = 200
text = "OK"
predicted = true
"""
    extras = Extras("2026-03-01T13:00:00Z", (attach("a.txt", b"hi"),))
    found = case(text)
    assert found == Case(
        "checks.toml",
        2,
        "everything",
        TriggerRequest("100", "3", "thor@example.com", {"global": {"itemName": "hammer"}}, None, extras),
        Expected(Outcome.ACCEPTED, 0, 200, "OK", True),
        ("mail", "nightly"),
    )


def test_event_data_may_be_json_text_which_is_sent_as_it_was_typed() -> None:
    found = case(f"""{HEAD}data = '{{"price": 0.10, "note": null}}'\nexpect.code = 0\n""")
    assert b'"data":{"price":0.10,"note":null}' in trigger_body(found.request)


def fault(text: str) -> str:
    with pytest.raises(FileFaultError) as caught:
        parse_cases("checks.toml", text)
    return str(caught.value)


def test_a_faulty_file_is_refused_with_the_line() -> None:
    for text, line, words in [
        ("[[case]]\nname = ", 2, "not valid TOML"),
        ("[[case]]\nname = 'a", 2, "not valid TOML"),
        ("title = 'x'\n", 1, "[[case]] tables and nothing else"),
        ("case = 1\n", 1, "[[case]] tables and nothing else"),
        ("[[case]]\nevent = 1\n", 1, "name: a case needs a name"),
        (f"{HEAD}colour = 1\nexpect.code = 0\n", 6, "colour: unknown key"),
        (HEAD, 1, "expect: says nothing"),
        (f"{HEAD}[case.expect]\n", 6, "expect: says nothing"),
        (f"{HEAD}[case.expect]\ncode = 0\nreply = 1\n", 8, "expect.reply: unknown key"),
        (f"{HEAD}[case.expect]\ncode = '0'\n", 7, "expect.code: must be an integer"),
        (f"{HEAD}[case.expect]\ncode = true\n", 7, "expect.code: must be an integer"),
        (f"{HEAD}expect = {{ outcome = 'sent' }}\n", 6, "unknown outcome 'sent'. Use accepted, partial"),
        (f"{HEAD}expect = {{ text = '/(/' }}\n", 6, "expect.text: not a regular expression"),
        (f"{HEAD}expect = {{ predicted = false }}\n", 6, "can only be true"),
        (f"{HEAD}tags = 'mail'\nexpect.code = 0\n", 6, "tags: must be a list of texts"),
        (f"{HEAD}expect.code = 0\n[case.data]\nat = 2026-03-01\n", 7, "data: holds a date, inf or nan"),
        (f"{HEAD}data = '[1]'\nexpect.code = 0\n", 6, "must be a JSON object"),
        (f"{HEAD}event_time = 'today'\nexpect.code = 0\n", 6, "'today' is not an event time"),
        (f"{HEAD}attachment = ['a.pdf']\nexpect.code = 0\n", 6, "must be a list of {filename, data}"),
        (f"{CASE}\n{CASE}", 9, "'a' is the name of an earlier case too"),
        (f"{CASE}\n{HEAD.replace('key', 'keys')}", 11, "keys: unknown key"),
        (f'{HEAD}data = """\n[[case]]\n"""\nexpect.code = 0\n', 6, "data:"),
    ]:
        assert f"line {line}" in fault(text)
        assert words in fault(text)


def test_a_number_that_python_cannot_hold_is_a_fault_like_any_other() -> None:
    assert "not valid TOML" in fault(f"[[case]]\nevent = {'9' * 5000}\n")


def test_the_case_of_an_attempt_sends_the_same_again() -> None:
    for data in [
        None,
        "{}",
        '{"global":{"itemName":"hammer","itemPrice":"123"},"list":[{"a":[1,true]},{}]}',
        '{"price":0.10}',
        '{"nothing":null}',
        '{"a \\"b\\"":"it\'s","c":null}',
        '{"text":"\\u0007 \\u200b é 😀 \\ud83d\\ude00"}',
        '{"big":12345678901234567890123,"small":1e-7}',
        '{"twice":1,"twice":2}',
    ]:
        extras = Extras("2026-03-01T13:00:00.000Z", (attach("a\n.txt", b"\x00\xff"),))
        request = TriggerRequest(
            "100", "3", 'q"\\\x1b[31m', None if data is None else parse_event_data(data), extras=extras
        )
        text = case_toml(attempt(request=request))
        assert trigger_body(case(text).request) == trigger_body(request), data
        assert all(character.isprintable() or character == "\n" for character in text), data


def test_the_case_of_an_attempt_passes_for_that_attempt() -> None:
    for reply_text in ["OK", "/slashes/", "a+b", 'q"', "/"]:
        sent = attempt(answer=Reply(400, 2008, reply_text))
        assert CaseResult(case(case_toml(sent)), sent).result is Result.PASSED, reply_text
        assert CaseResult(case(case_toml(UNKNOWN)), UNKNOWN).result is Result.PASSED, reply_text


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = "purchase_confirmation replies 2008"
    assert case(case_toml(attempt())).name == taken
    assert case(case_toml(attempt(), [taken, f"{taken} 2"])).name == f"{taken} 3"


def test_a_reply_is_compared_with_what_is_expected() -> None:
    for expected, sent, why in [
        ("code = 2008", attempt(), []),
        ("code = 0", attempt(), ["reply code 2008, not 0"]),
        ("status = 200", attempt(), ["HTTP status 400, not 200"]),
        ("outcome = 'accepted'", attempt(), ["outcome rejected, not accepted"]),
        ("text = '/loki@/'", attempt(), []),
        ("text = '/^loki/'", accepted(), ['reply text "OK", not "/^loki/"']),
        ("text = 'ok'", accepted(), ['reply text "OK", not "ok"']),
        ("predicted = true", attempt(), []),
        ("predicted = true", attempt(predicted_code=0), ["predicted 0, got 2008"]),
        ("predicted = true", attempt(predicted_code=None), ["predicted nothing, got 2008"]),
        ("outcome = 'unknown'", UNKNOWN, []),
        (
            "outcome = 'accepted'",
            UNKNOWN,
            ['outcome unknown ("127.0.0.1 closed the connection without a reply."), not accepted'],
        ),
    ]:
        assert CaseResult(case(f"{HEAD}expect = {{ {expected} }}\n"), sent).why() == why


def test_an_unknown_outcome_that_was_not_expected_is_an_error() -> None:
    for one, result in [
        (CaseResult(case()), Result.SKIPPED),
        (CaseResult(case(), accepted()), Result.PASSED),
        (CaseResult(case(), attempt()), Result.FAILED),
        (CaseResult(case(), UNKNOWN), Result.ERROR),
        (CaseResult(case(), accepted(), accepted(profile="staging")), Result.PASSED),
        (CaseResult(case(), accepted(), attempt(profile="staging")), Result.FAILED),
        (CaseResult(case(), accepted(), UNKNOWN), Result.ERROR),
        (CaseResult(case(), UNKNOWN, UNKNOWN), Result.ERROR),
    ]:
        assert one.result is result, one


def test_two_accounts_are_compared_by_what_they_reply() -> None:
    why = CaseResult(case(), accepted(), attempt(profile="staging")).why()
    assert why == [
        "outcome: sandbox accepted, staging rejected",
        "HTTP status: sandbox 200, staging 400",
        "reply code: sandbox 0, staging 2008",
        'reply text: sandbox "OK", staging "No contact found with the external id: 3 - loki@example.com"',
    ]


def test_two_accounts_that_both_end_unknown_say_so() -> None:
    why = CaseResult(case(), UNKNOWN, replace(UNKNOWN, profile="staging")).why()
    assert why == ["outcome: sandbox unknown, staging unknown"]


def test_junit_has_one_suite_a_file_and_counts_right() -> None:
    other = replace(case(), file="other/more.toml")
    results = [
        CaseResult(case(), accepted()),
        CaseResult(case(), attempt()),
        CaseResult(case(), UNKNOWN),
        CaseResult(case()),
        CaseResult(other, accepted()),
    ]
    text = junit_xml(results, NO_MASK)
    JUNIT.validate(text)
    read: Any = JUNIT.to_dict(text)
    assert {key: read[key] for key in ("@tests", "@failures", "@errors")} == {
        "@tests": 5,
        "@failures": 1,
        "@errors": 1,
    }
    first, second = read["testsuite"]
    assert [first[f"@{key}"] for key in ("name", "tests", "failures", "errors", "skipped", "time")] == [
        "checks.toml",
        4,
        1,
        1,
        1,
        "0.038",
    ]
    assert first["@timestamp"] == "2026-03-01T10:00:00"
    assert (second["@name"], second["@tests"]) == ("other/more.toml", 1)
    assert second["testcase"][0]["@classname"] == "other.more"
    assert first["testcase"][1]["failure"]["@message"] == "reply code 2008, not 0"
    assert "checks.toml, line 1" in first["testcase"][1]["failure"]["$"]


def test_junit_tells_nothing_personal_and_nothing_that_xml_cannot_hold() -> None:
    named = replace(
        case(f"{HEAD}expect.text = '/thor@example[.]com/'\n"),
        name="thor@example.com \x00\x1b gets\ufffe it",
        request=TriggerRequest("100", "3", "C-777-42"),
    )
    sent = attempt(
        request=named.request, answer=Reply(400, 2008, "No contact C-777-42, loki@example.com \x08\ud800")
    )
    text = junit_xml([CaseResult(named, sent)], MASK)
    JUNIT.validate(text)
    for personal in ("thor@", "loki@", "C-777-42"):
        assert personal not in text, personal
    assert "@masked.example" in text
