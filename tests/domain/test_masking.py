"""Masking: the same value always to the same mask, and nothing of a person left readable."""

import re
from datetime import UTC, datetime

from app.domain.masking import NO_MASK, Mask
from app.domain.model import Attempt, Contact, NoReply, Outcome, Reply, TriggerRequest

MASK = Mask(b"k" * 32)


def attempt(request: TriggerRequest, answer: Reply | NoReply | None, remedy: str | None = None) -> Attempt:
    return Attempt(
        "a1", "shop", "shop", request, "purchase", datetime(2026, 1, 1, tzinfo=UTC), 2008, Outcome.REJECTED, answer, 1.0, remedy
    )  # fmt: skip


def test_the_same_value_has_always_the_same_mask() -> None:
    masked = MASK.value("thor@example.com")
    assert masked == MASK.value("THOR@example.com") == Mask(b"k" * 32).value("thor@example.com")
    assert masked != MASK.value("thor@example.org")
    assert masked != Mask(b"j" * 32).value("thor@example.com")


def test_a_mask_shows_at_most_the_first_letter() -> None:
    for value, shape in [
        ("thor@example.com", r"t…-[0-9a-f]{6}@masked\.example"),
        ("tho@example.com", r"…-[0-9a-f]{6}@masked\.example"),
        ("+43 660 1234567", r"…-[0-9a-f]{6}"),
        ("Odinson", r"o…-[0-9a-f]{6}"),
        ("Örn Ólafsson", r"ö…-[0-9a-f]{6}"),
        ("1", r"…-[0-9a-f]{6}"),
        ("\udc80 \x00", r"…-[0-9a-f]{6}"),
    ]:
        assert re.fullmatch(shape, MASK.value(value))


def test_nothing_stays_nothing() -> None:
    assert MASK.value("") == ""


def test_a_contact_is_masked_whole() -> None:
    masked = MASK.contact(Contact("11", "u11", {"1": "Thor", "3": "thor@example.com"}))
    assert masked.id == MASK.value("11")
    assert masked.uid == MASK.value("u11")
    assert masked.fields == {"1": MASK.value("Thor"), "3": MASK.value("thor@example.com")}


def test_event_data_keeps_its_form_and_loses_its_texts() -> None:
    data = {
        "global": {"name": "Thor", "price": 12.5, "phone": 436601234567, "n": 42, "vip": True, "none": None},
        "items": ["hammer", ["x"], {}],
        "thor@example.com": 1,
    }
    masked = MASK.request(TriggerRequest("100", "3", "thor@example.com", data, "t-1"))
    assert masked.data == {
        "global": {
            "name": MASK.value("Thor"), "price": 12.5, "phone": MASK.value("436601234567"), "n": 42, "vip": True,
            "none": None,
        },
        "items": [MASK.value("hammer"), [MASK.value("x")], {}],
        MASK.value("thor@example.com"): 1,
    }  # fmt: skip
    assert (masked.event_id, masked.key_id, masked.trigger_id) == ("100", "3", "t-1")


def test_a_reply_that_repeats_the_external_id_is_masked_there() -> None:
    text = "No contact found with the external id: 3 - C-10014"
    reply = Reply(400, 2008, text, {"C-10014": {"2008": text}}, b'{"replyText": "C-10014"}', 90)
    masked = MASK.attempt(attempt(TriggerRequest("100", "3", "C-10014"), reply, "Check C-10014."))
    wanted = MASK.value("C-10014")
    assert masked.answer == Reply(
        400,
        2008,
        text.replace("C-10014", wanted),
        {wanted: {"2008": text.replace("C-10014", wanted)}},
        b"",
        90,
    )
    assert masked.remedy == f"Check {wanted}."
    assert "C-10014" not in repr(masked)


def test_other_addresses_in_texts_are_masked_too() -> None:
    assert MASK.text("Mail to sif@example.com.") == f"Mail to {MASK.value('sif@example.com')}."
    assert MASK.text("from <sif@example.com>", "x") == f"from <{MASK.value('sif@example.com')}>"


def test_a_value_is_sought_as_a_word_of_its_own() -> None:
    assert MASK.text("HTTP 400, 12 of 120", "12") == f"HTTP 400, {MASK.value('12')} of 120"
    assert MASK.text("nothing", "", " ") == "nothing"


def test_contact_ids_that_advice_lists_are_masked() -> None:
    remedy = "Contacts 12, 13 and more share this value of E-Mail (3). Nobody was triggered."
    assert MASK.words(remedy, "x") == (
        f"Contacts {MASK.value('12')}, {MASK.value('13')} and more share this value of E-Mail (3). "
        "Nobody was triggered."
    )


def test_values_and_contacts_that_advice_names_are_masked() -> None:
    for told in ("No contact has it, but contact 14 has it in Mobile (37).", "use contact id 14"):
        assert "14" not in MASK.words(told, "x")
    written = "E-Mail (3) is compared as exact text, and what the account knows is written 'C-7' or \"c'7\"."
    assert "7" not in re.sub(r"…-[0-9a-f]{6}", "", MASK.words(written, "x"))
    assert (
        MASK.words("No contact has this value in E-Mail (3).", "x")
        == "No contact has this value in E-Mail (3)."
    )


def test_an_attempt_without_a_reply_is_masked() -> None:
    request = TriggerRequest("100", "3", "thor@example.com")
    masked = MASK.attempt(attempt(request, NoReply("reset", "maybe", "example.com broke it."), None))
    assert masked.answer == NoReply("reset", "maybe", "example.com broke it.")
    assert MASK.attempt(attempt(request, None)).answer is None


def test_without_a_key_everything_stays_as_it_is() -> None:
    contact = Contact("11", "u11", {"3": "thor@example.com"})
    given = attempt(TriggerRequest("100", "3", "thor@example.com"), None, "Contacts 1 share x")
    assert NO_MASK.contact(contact) is contact
    assert NO_MASK.attempt(given) is given
    assert NO_MASK.request(given.request) is given.request
    assert NO_MASK.text("sif@example.com", "sif") == "sif@example.com"
    assert NO_MASK.words("Contacts 1 share x", "1") == "Contacts 1 share x"
