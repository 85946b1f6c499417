"""What is said about a reply: the likely cause in this very request, and what to do."""

from datetime import UTC, datetime

from app.domain.diagnosis import LOOK_UP, REFRESH, FormPatch, diagnose, diagnose_before, field_label
from app.domain.model import MEANING, Answer, ExternalEvent, NoReply, Outcome, Reply, TriggerRequest
from app.domain.rules import Verdict
from tests.domain.accounts import NO_CLUES, HandMadeAccount, NoClues

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def remedy(answer: Answer, event_id: str = "100", key_id: str = "3", value: str = "thor@example.com") -> str:
    request = TriggerRequest(event_id, key_id, value)
    advice = diagnose(answer, request, HandMadeAccount(), NOW, NO_CLUES)
    return advice.words if advice else ""


def test_an_accepted_trigger_needs_no_remedy() -> None:
    assert remedy(Reply(200, 0, "OK")) == ""


def test_an_unknown_field_is_named() -> None:
    assert "no field 4711" in remedy(Reply(400, 2004, "x"), key_id="4711")
    assert "No key field is chosen" in remedy(Reply(400, 2004, "x"), key_id="")


def test_a_missing_value_names_the_field_by_name_and_id() -> None:
    assert "Customer number (10142)" in remedy(Reply(400, 2005, "x"), key_id="10142", value="")


def test_the_likely_cause_of_2008_is_named() -> None:
    for key_id, value, cause in [
        ("3", " thor@example.com", "has 1 space before it. Remove it to find contact 11"),
        ("10142", "thor@example.com", "looks like an e-mail address"),
        ("3", "C-10011", "no e-mail address"),
        ("3", "loki@example.com", "No contact has this value in E-Mail (3)"),
    ]:
        assert cause in remedy(Reply(400, 2008, "x"), key_id=key_id, value=value)


def test_2010_names_the_contacts_that_share_the_value() -> None:
    said = remedy(Reply(400, 2010, "x"), value="twin@example.com")
    assert "Contacts 12, 13 share" in said
    assert "key field id" in said


def test_an_unknown_event_id_is_named() -> None:
    assert "no external event 999" in remedy(Reply(400, 5001, "x"), event_id="999")
    assert "no longer has event 100 (purchase_confirmation)" in remedy(Reply(400, 5001, "x"))


def test_2012_names_the_contact_id() -> None:
    assert "the id 999999" in remedy(Reply(400, 2012, "x"), key_id="id", value="999999")


def test_an_unknown_outcome_says_to_check_before_sending_again() -> None:
    for answer in [
        Reply(500, None, None),
        Reply(400, 0, "OK"),
        Reply(200, None, None),
        NoReply("deadline", "maybe", "No reply."),
    ]:
        assert "Check in the account whether the event arrived" in remedy(answer)


def test_what_was_not_sent_says_why_and_what_to_do() -> None:
    assert remedy(NoReply("refused", "no", "127.0.0.1 refused the connection.")) == (
        "127.0.0.1 refused the connection. "
        "Check the base URL of the profile, and that the service runs; then send again."
    )


def test_what_was_stopped_before_it_was_sent_needs_no_advice() -> None:
    assert remedy(NoReply("stopped", "no", "Waiting was stopped.")) == "Waiting was stopped."


def test_each_reason_for_not_sending_has_a_remedy() -> None:
    for reason in [
        "address",
        "request",
        "too_large",
        "refused",
        "dns",
        "unreachable",
        "deadline",
        "tls",
        "proxy",
        "no_token",
    ]:
        assert len(remedy(NoReply(reason, "no", "So it was."))) > len("So it was. ")


def test_other_refusals_say_what_to_do() -> None:
    for answer, word in [
        (Reply(302, None, None, location="https://example.org/"), "https://example.org/"),
        (Reply(401, 1, "Unauthorized"), "credentials"),
        (Reply(403, None, None), "externalevent.trigger"),
        (Reply(429, 7003, "x"), "Rate limit"),
        (Reply(400, 5005, "x"), "program"),
        (Reply(400, 5011, "x"), "JSON object"),
        (Reply(400, 4242, "x"), "reply text"),
        (Reply(200, 0, "OK", errors={"a@example.com": {"2008": "x"}}), "a@example.com"),
    ]:
        assert word in remedy(answer)


def test_a_key_field_is_shown_by_name_and_id() -> None:
    account = HandMadeAccount()
    assert field_label("3", account) == "E-Mail (3)"
    assert field_label("id", account) == "contact id"
    assert field_label("4711", account) == "field 4711"
    assert field_label("", account) == "field –"


def test_a_401_with_a_wrong_clock_says_by_how_much() -> None:
    assert "credentials were not accepted" in remedy(
        Reply(401, 1, "Unauthorized", date="Sun, 01 Mar 2026 12:00:30 GMT")
    )
    behind = remedy(Reply(401, 1, "Unauthorized", date="Sun, 01 Mar 2026 12:20:00 GMT"))
    assert "clock of this machine is 20 minutes behind" in behind
    ahead = remedy(Reply(401, 1, "Unauthorized", date="Sun, 01 Mar 2026 10:00:00 GMT"))
    assert "2 hours ahead of" in ahead


def test_a_429_says_when_the_limit_resets_and_is_sane_about_junk() -> None:
    for headers, said in [
        ({"retry_after": "17"}, "Try again in 17 s."),
        ({"limit_reset": str(int(NOW.timestamp()) + 40)}, "Try again in 40 s."),
        ({"retry_after": "soon", "limit_reset": "-1"}, "Try again in a minute."),
        ({"retry_after": "99999999999"}, "Try again in a minute."),
        ({}, "Try again in a minute."),
    ]:
        assert said in remedy(Reply(429, 7003, "x", **headers))  # type: ignore[arg-type]


def test_accepted_but_attached_to_nothing_is_said() -> None:
    for connected, said in [
        (b"false", "nothing runs"),
        (b'{"email":false,"acProgram":false}', "nothing runs"),
        (b"{}", "nothing runs"),
        (b'{"email":true,"acProgram":false}', ""),
        (b"true", ""),
    ]:
        body = b'{"replyCode":0,"replyText":"OK","data":{"connectedTo":' + connected + b"}}"
        found = remedy(Reply(200, 0, "OK", body=body))
        assert (said in found) if said else not found, connected


def test_every_outcome_has_a_meaning() -> None:
    assert set(MEANING) == set(Outcome)


def test_an_event_of_the_same_name_takes_the_place_of_one_that_is_gone() -> None:
    class Renewed(NoClues):
        def events_called(self, name: str) -> list[ExternalEvent]:
            return [ExternalEvent("200", name)]

    request = TriggerRequest("100", "3", "thor@example.com")
    found = diagnose(Reply(400, 5001, "x"), request, HandMadeAccount(), NOW, Renewed())
    assert found is not None
    assert (
        "no longer has event 100 (purchase_confirmation). Here purchase_confirmation is event 200."
        in found.words
    )
    assert found.remedies[0].change == FormPatch(event_id="200")


def test_an_event_that_is_gone_offers_a_refresh() -> None:
    found = diagnose(Reply(400, 5001, "x"), TriggerRequest("100", "3", "x"), HandMadeAccount(), NOW, NO_CLUES)
    assert found is not None
    assert found.remedies == (REFRESH,)


def test_a_shared_value_of_contacts_not_known_here_offers_to_look_them_up() -> None:
    account = HandMadeAccount(found={}, complete=False)
    found = diagnose(
        Reply(400, 2010, "x"), TriggerRequest("100", "3", "twin@example.com"), account, NOW, NO_CLUES
    )
    assert found is not None
    assert found.words.startswith("Several contacts share this value")
    assert found.remedies == (LOOK_UP,)


def test_beforehand_a_partial_cache_offers_the_look_up_and_an_empty_one_the_refresh() -> None:
    request = TriggerRequest("100", "3", "loki@example.com")
    partial = diagnose_before(None, request, HandMadeAccount(complete=False), NO_CLUES)
    empty = diagnose_before(None, request, HandMadeAccount(events=None, fields=None), NO_CLUES)
    assert partial is not None
    assert empty is not None
    assert (partial.remedies, empty.remedies) == ((LOOK_UP,), (REFRESH,))
    assert partial.words.startswith("This contact is not in the local list.")
    assert diagnose_before(Verdict(0, "OK"), request, HandMadeAccount(), NO_CLUES) is None


def test_beforehand_a_partial_cache_that_knows_the_contact_says_what_it_may_lack() -> None:
    partial = HandMadeAccount(complete=False)
    found = diagnose_before(None, TriggerRequest("100", "3", "thor@example.com"), partial, NO_CLUES)
    assert found is not None
    assert found.words.startswith("The local list may lack another contact with this value.")


def test_a_change_of_the_form_leaves_the_rest_as_it_was() -> None:
    request = TriggerRequest("100", "3", "x", {"a": 1}, "t")
    assert FormPatch(key_id="id", external_id="12").applied(request) == TriggerRequest(
        "100", "id", "12", {"a": 1}, "t"
    )
    assert FormPatch().applied(request) == request
    assert FormPatch(external_id="").applied(request).external_id == ""


def test_beforehand_what_is_around_a_value_that_nobody_knows_is_told_and_taken_off() -> None:
    for value, said, mended in [
        ("thor@example.com ", "1 space after it", "thor@example.com"),
        ("  thor@example.com   ", "2 spaces before it and 3 spaces after it", "thor@example.com"),
        ("\u200bthor@example.com", "1 U+200B (zero width space) at character 1", "thor@example.com"),
        ("tho\u2060\u2060r@example.com", "2 U+2060 (word joiner) at character 4", "thor@example.com"),
        ("   ", "nothing but 3 spaces", None),
    ]:
        request = TriggerRequest("100", "3", value)
        found = diagnose_before(None, request, HandMadeAccount(complete=False), NO_CLUES)
        assert found is not None, value
        assert found.words.startswith(f"The external id has {said} and is sent like that. ")
        *mending, last = found.remedies
        assert last == LOOK_UP, value
        assert [one.change for one in mending] == ([FormPatch(external_id=mended)] if mended else [])


def test_a_401_speaks_of_what_the_profile_signs_in_with() -> None:
    class Oauth(NoClues):
        user = "client id"

    request = TriggerRequest("100", "3", "thor@example.com")
    found = diagnose(Reply(401, 1, "Unauthorized"), request, HandMadeAccount(), NOW, Oauth())
    assert found is not None
    assert "client id and secret" in found.words
    assert "user and secret" in remedy(Reply(401, 1, "Unauthorized"))


def test_a_web_page_that_leaves_the_outcome_unknown_is_called_that() -> None:
    for status in [200, 502, 504]:
        assert remedy(Reply(status, None, None, body=b"<html>Sign in to the network</html>")).startswith(
            f"A web page with HTTP {status} came back"
        )


def test_a_partial_reply_that_names_no_contact_says_so() -> None:
    said = remedy(Reply(200, 0, "OK", errors={"": {"": '["x"]'}}))
    assert said == "The reply does not name the rejected contacts. Check in the account who got the event."


def test_a_rejection_without_a_text_does_not_send_anyone_to_read_it() -> None:
    assert "gives no reason" in remedy(Reply(400, None, None))
    assert "Read the reply text" in remedy(Reply(400, 77, "Odd."))
