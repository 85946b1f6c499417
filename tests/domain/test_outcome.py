"""The table of outcomes, by hand."""

import pytest

from app.domain.model import LABEL, Answer, NoReply, Reply, outcome_of


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (NoReply("refused", "no", "x"), "not_sent"),
        (NoReply("deadline", "maybe", "x"), "unknown"),
        (Reply(500, None, None), "unknown"),
        (Reply(502, 0, "OK"), "unknown"),
        (Reply(503, 2008, "x"), "unknown"),
        (Reply(302, None, None), "rejected"),
        (Reply(307, 0, "OK"), "rejected"),
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
    ],
)
def test_every_answer_has_exactly_the_outcome_of_the_first_line_that_fits(
    answer: Answer, outcome: str
) -> None:
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
