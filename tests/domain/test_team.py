"""Which claims of other desks ask before a send, and how the team recognizes a contact without knowing it."""

from app.domain.model import KeptContact, Outcome, TriggerRequest
from app.domain.team import HIDDEN, Claim, Claims, TeamKey, without_addresses

KEY = TeamKey("rKl-CEZWphYkMV3wjQssC8CtSqulY0AgbaOx2PllUZE=")
OTHER_KEY = TeamKey("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
REQUEST = TriggerRequest("100", "3", "thor@example.com", {"order": 1})
MARKS = KEY.marks("shop", REQUEST, None)


def claim(
    outcome: Outcome | None,
    age_s: float = 60,
    *,
    data: str = MARKS.data,
    desk: str = "other",
    arrived: bool | None = None,
    number: int = 1,
) -> Claim:
    attempt = f"a{number}"
    return Claim(number, MARKS.contacts[0], number, attempt, "Anna", desk, data, outcome, age_s, arrived)


def test_a_claim_of_another_desk_asks_as_an_own_attempt_would() -> None:
    for one, asks in [
        (claim(None), True),
        (claim(None, data="other"), True),
        (claim(None, 601), True),
        (claim(None, 601, data="other"), False),
        (claim(Outcome.ACCEPTED), True),
        (claim(Outcome.PARTIAL), True),
        (claim(Outcome.ACCEPTED, 600), False),
        (claim(Outcome.ACCEPTED, data="other"), False),
        (claim(Outcome.UNKNOWN, 10_000_000), True),
        (claim(Outcome.UNKNOWN, data="other"), False),
        (claim(Outcome.UNKNOWN, arrived=True), True),
        (claim(Outcome.UNKNOWN, arrived=False), False),
        (claim(None, 601, arrived=False), False),
        (claim(Outcome.REJECTED), False),
        (claim(Outcome.NOT_SENT), False),
        (claim(Outcome.ACCEPTED, desk="mine"), False),
    ]:
        assert (Claims({one.contact: [one]}).question(MARKS, "mine", 600) is one) == asks


def test_an_open_claim_is_unknown_after_ten_minutes_and_never_free() -> None:
    assert claim(None, 599).state is Outcome.SENDING
    assert claim(None, 601).state is Outcome.UNKNOWN


def test_only_claims_after_the_one_that_was_asked_about_ask_again() -> None:
    newest, earlier = claim(Outcome.ACCEPTED, number=2), claim(Outcome.ACCEPTED, number=1)
    claims = Claims({MARKS.contacts[0]: [newest, earlier]})
    assert claims.question(MARKS, "mine", 600) == newest
    assert claims.question(MARKS, "mine", 600, "a1") == newest
    assert claims.question(MARKS, "mine", 600, "a2") is None


def test_other_data_within_the_hour_is_worth_a_line() -> None:
    for one, told in [
        (claim(Outcome.ACCEPTED, 3599, data="other"), True),
        (claim(Outcome.UNKNOWN, data="other"), True),
        (claim(Outcome.ACCEPTED, 3600, data="other"), False),
        (claim(Outcome.ACCEPTED), False),
        (claim(Outcome.REJECTED, data="other"), False),
        (claim(Outcome.ACCEPTED, data="other", desk="mine"), False),
    ]:
        assert (Claims({one.contact: [one]}).with_other_data(MARKS, "mine") is one) == told


def test_a_contact_has_one_mark_for_its_key_and_one_for_its_id_if_that_is_known() -> None:
    known = KEY.marks("shop", REQUEST, KeptContact("11", "Thor"))
    assert known.contacts == (MARKS.contacts[0], KEY.contact("shop", "id", "11"))
    by_id = KEY.marks("shop", TriggerRequest("100", "id", "11"), KeptContact("11", "Thor"))
    assert by_id.contacts == (KEY.contact("shop", "id", "11"),)


def test_a_mark_ignores_the_case_of_an_address_and_depends_on_account_key_and_team() -> None:
    mark = KEY.contact("shop", "3", "thor@example.com")
    assert KEY.contact("shop", "3", "THOR@example.com") == mark
    others = {KEY.contact("mall", "3", "thor@example.com"), KEY.contact("shop", "4", "thor@example.com")}
    assert mark not in {*others, OTHER_KEY.contact("shop", "3", "thor@example.com")}
    assert len(mark) == 64


def test_equal_data_has_one_mark_in_any_order_of_its_keys() -> None:
    data = [{"a": 1, "b": 2.0}, {"b": 2, "a": 1}, {"a": 1, "b": 3}]
    marks = [KEY.marks("shop", TriggerRequest("100", "3", "x", one), None).data for one in data]
    assert marks[0] == marks[1] != marks[2]


def test_a_mistyped_key_is_recognized() -> None:
    for text in ["", "short", "é" * 43, "AAAA", "not base64 at all, surely not, is it, no!!!"]:
        assert not TeamKey(text).is_valid
        assert KEY.is_valid, text
        assert KEY.text not in repr(KEY), text


def test_a_note_is_told_without_addresses_and_the_contact() -> None:
    for text, told in [
        ("asked thor@example.com twice", f"asked {HIDDEN} twice"),
        ("<Thor@Example.com>, seen", f"<{HIDDEN}>, seen"),
        ("customer 4711 called", f"customer {HIDDEN} called"),
        ("nothing to hide", "nothing to hide"),
    ]:
        assert without_addresses(text, ("4711", "")) == told
