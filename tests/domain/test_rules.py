"""The six documented refusals to the letter, their order, and what is predicted from how much is known."""

from app.domain.model import TriggerRequest
from app.domain.rules import broken_rules, judge, predict
from tests.domain.accounts import HandMadeAccount

THOR = TriggerRequest("100", "3", "thor@example.com")


def refused(event_id: str, key_id: str, external_id: str) -> tuple[int, str]:
    verdict = judge(TriggerRequest(event_id, key_id, external_id), HandMadeAccount())
    return verdict.code, verdict.text


def test_each_request_gets_the_documented_code_and_text() -> None:
    for request_, answer in [
        (("100", "3", "thor@example.com"), (0, "OK")),
        (("100", "id", "11"), (0, "OK")),
        (("100", "uid", "mJ0LniR9aKhM"), (0, "OK")),
        (("100", "4711", "thor@example.com"), (2004, "Invalid key field id: 4711")),
        (("100", "", "thor@example.com"), (2004, "Invalid key field id: ")),
        (("100", "email", "thor@example.com"), (2004, "Invalid key field id: email")),
        (("100", "ID", "11"), (2004, "Invalid key field id: ID")),
        (("100", "03", "thor@example.com"), (2004, "Invalid key field id: 03")),
        (("100", "3", ""), (2005, "No value provided for key field: 3")),
        (("100", "id", ""), (2005, "No value provided for key field: id")),
        (
            ("100", "3", "loki@example.com"),
            (2008, "No contact found with the external id: 3 - loki@example.com"),
        ),
        (
            ("100", "3", "twin@example.com"),
            (2010, "More contacts found with the external id: 3 - twin@example.com."),
        ),
        (("999", "3", "thor@example.com"), (5001, "Invalid event id for customer.")),
        (("hammer", "3", "thor@example.com"), (5001, "Invalid event id for customer.")),
        (("100", "id", "999999"), (2012, "Invalid contact id for customer.")),
        (("100", "uid", "nobody"), (2012, "Invalid contact id for customer.")),
    ]:
        assert refused(*request_) == answer


def test_the_first_broken_rule_in_the_documented_order_is_answered() -> None:
    for request_, code in [
        (("999", "4711", ""), 2004),
        (("999", "3", ""), 2005),
        (("999", "3", "loki@example.com"), 2008),
        (("999", "3", "twin@example.com"), 2010),
        (("999", "id", "999999"), 5001),
        (("999", "id", ""), 2005),
    ]:
        assert refused(*request_)[0] == code


def test_a_space_or_a_zero_is_a_value() -> None:
    assert refused("100", "3", " ")[0] == 2008
    assert refused("100", "3", "0")[0] == 2008


def test_every_broken_rule_is_listed_for_the_pre_flight() -> None:
    broken = broken_rules(TriggerRequest("999", "3", "loki@example.com"), HandMadeAccount())
    assert [verdict.code for verdict in broken] == [2008, 5001]


def test_a_complete_cache_predicts_what_the_account_answers() -> None:
    account = HandMadeAccount()
    for key, value in (("3", "thor@example.com"), ("3", "x"), ("3", "twin@example.com"), ("id", "9")):
        request = TriggerRequest("100", key, value)
        assert predict(request, account) == judge(request, account), key


def test_a_partial_cache_predicts_several_contacts_but_neither_one_nor_none() -> None:
    partial = HandMadeAccount(complete=False)
    twin = predict(TriggerRequest("100", "3", "twin@example.com"), partial)
    assert twin is not None
    assert twin.code == 2010
    assert predict(THOR, partial) is None
    assert predict(TriggerRequest("100", "3", "loki@example.com"), partial) is None
    assert predict(TriggerRequest("100", "id", "11"), partial) is None


def test_a_partial_cache_still_predicts_what_does_not_need_its_contacts() -> None:
    partial = HandMadeAccount(complete=False)
    for request, code in (
        (TriggerRequest("100", "4711", "x"), 2004),
        (TriggerRequest("100", "3", ""), 2005),
        (TriggerRequest("999", "id", "11"), 5001),
    ):
        verdict = predict(request, partial)
        assert verdict is not None, request
        assert verdict.code == code, request


def test_something_not_known_before_the_first_broken_rule_predicts_nothing() -> None:
    assert predict(TriggerRequest("999", "3", "thor@example.com"), HandMadeAccount(complete=False)) is None
    assert predict(TriggerRequest("100", "3", ""), HandMadeAccount(fields=None)) is None
    assert predict(THOR, HandMadeAccount(events=None)) is None
