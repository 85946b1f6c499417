"""What a trigger carries beside its event data, and the outcome of each answer."""

import json
from uuid import UUID

import pytest

from app.domain.masking import Mask
from app.domain.model import (
    LABEL,
    NO_EXTRAS,
    Extras,
    ExtrasError,
    NoReply,
    Reply,
    TriggerRequest,
    attach,
    extras_json,
    extras_words,
    new_attempt_ids,
    outcome_of,
    parse_event_time,
    parse_extras,
)
from app.domain.text import short_id
from app.domain.wire import trigger_body

TIME = "2026-03-01T13:00:00Z"
BOTH = Extras(TIME, (attach("invoice thor.pdf", b"\x00%PDF"), attach("é.txt", b"")))


def test_extras_stand_beside_the_event_data_as_the_endpoint_reads_them() -> None:
    request = TriggerRequest("100", "3", "thor@example.com", {"a": 1}, "t-1", BOTH)
    assert json.loads(trigger_body(request)) == {
        "key_id": "3",
        "external_id": "thor@example.com",
        "data": {"a": 1},
        "trigger_id": "t-1",
        "event_time": TIME,
        "attachment": [
            {"filename": "invoice thor.pdf", "data": "ACVQREY="},
            {"filename": "é.txt", "data": ""},
        ],
    }


def test_a_trigger_without_extras_has_no_key_for_them() -> None:
    assert trigger_body(TriggerRequest("1", "3", "x")) == b'{"key_id":"3","external_id":"x"}'


def test_extras_are_read_from_the_request_that_they_were_sent_in() -> None:
    for extras in [NO_EXTRAS, Extras(TIME), Extras(None, BOTH.attachments), BOTH]:
        assert parse_extras(json.loads(json.dumps(extras_json(extras)))) == extras


def test_an_event_time_has_one_of_two_forms() -> None:
    for time in [None, TIME, "2026-12-31T23:59:59.000Z"]:
        assert parse_event_time(time) == time


def fault(extras: dict[str, object]) -> ExtrasError:
    with pytest.raises(ExtrasError) as caught:
        parse_extras(extras)
    return caught.value


def test_any_other_event_time_is_refused_with_both_forms() -> None:
    for time in [
        "", "now", "2026-03-01", f"{TIME} ", "2026-03-01T13:00:00+00:00", "2026-03-01T13:00:00.123Z",
        "2026-13-01T13:00:00Z", "2026-03-01T24:00:00Z", "٢٠٢٦-03-01T13:00:00Z", 1, True,
    ]:  # fmt: skip
        assert "2026-03-01T13:00:00Z or 2026-03-01T13:00:00.000Z" in str(fault({"event_time": time}))


def test_an_attachment_is_a_name_and_base64() -> None:
    for attachment in [
        "a.pdf", 1, {"filename": "a", "data": ""}, ["a"], [{"filename": "a"}], [{"filename": 1, "data": ""}],
        [{"filename": "a", "data": "no base64"}], [{"filename": "a", "data": "QQ"}],
    ]:  # fmt: skip
        assert fault({"attachment": attachment}).key == "attachment"


def test_people_see_names_and_sizes() -> None:
    assert list(extras_words(BOTH)) == [
        ("event time", TIME),
        ("attachment", "invoice thor.pdf, 5 bytes"),
        ("attachment", "é.txt, 0 bytes"),
    ]


def test_a_mask_leaves_the_size_of_an_attachment_but_neither_name_nor_content() -> None:
    masked = Mask(b"k" * 32).request(TriggerRequest("1", "3", "thor@example.com", extras=BOTH)).extras
    assert [(one.data, one.size) for one in masked.attachments] == [("***", 5), ("***", 0)]
    assert "thor" not in masked.attachments[0].filename
    assert masked.event_time == TIME


def test_every_answer_has_exactly_the_outcome_of_the_first_line_that_fits() -> None:
    for answer, outcome in [
        (NoReply("refused", "no", "x"), "not_sent"),
        (NoReply("deadline", "maybe", "x"), "unknown"),
        (Reply(500, None, None), "unknown"),
        (Reply(502, 0, "OK"), "unknown"),
        (Reply(503, 2008, "x"), "unknown"),
        (Reply(302, None, None), "rejected"),
        (Reply(307, 0, "OK"), "unknown"),
        (Reply(400, 0, "OK"), "unknown"),
        (Reply(400, 2008, "x"), "rejected"),
        (Reply(400, None, None), "rejected"),
        (Reply(404, None, None), "rejected"),
        (Reply(429, 7003, "x"), "rejected"),
        (Reply(200, 2008, "x"), "rejected"),
        (Reply(200, 0, "OK", errors={"a": {"2008": "x"}}), "partial"),
        (Reply(200, 0, "OK"), "accepted"),
        (Reply(202, 0, None), "accepted"),
        (Reply(200, None, None), "unknown"),
        (Reply(204, None, None), "unknown"),
        (Reply(100, 0, "OK"), "unknown"),
        (Reply(600, 0, "OK"), "unknown"),
    ]:
        assert outcome_of(answer) == outcome


def test_every_outcome_is_told_by_a_symbol_and_a_word_of_its_own() -> None:
    assert len({symbol for symbol, _ in LABEL.values()}) == len(LABEL) == 6
    assert {word for _, word in LABEL.values()} == {
        "sending",
        "accepted",
        "partial",
        "rejected",
        "not sent",
        "unknown",
    }


def test_the_ids_of_a_batch_are_near_each_other_and_no_two_look_alike() -> None:
    ids = new_attempt_ids(1000)
    assert len({short_id(one) for one in ids}) == 1000
    assert {UUID(one).version for one in ids} == {4}
    assert (UUID(ids[-1]).int - UUID(ids[0]).int) % 2**128 < 2**113  # of a million, some 31 lie between them
    assert not set(ids) & set(new_attempt_ids(1000))
