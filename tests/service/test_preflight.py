"""What the form knows on the built-in account: causes, remedies that change the form, what was sent before."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from app.bootstrap import open_service
from app.domain.diagnosis import LOOK_UP, REFRESH, Diagnosis, Fetch, FormPatch
from app.domain.model import Attempt, Draft, Outcome, TriggerRequest, new_attempt_id
from app.domain.recipient import Recipient
from app.service.guard import second_send_words
from app.service.scenarios import FAILURES
from app.service.session import Session
from app.settings import load_settings
from tests.service.conftest import opened

THOR = TriggerRequest("100", "3", "thor@example.com", {"a": 1})


async def send(service: Session, request: TriggerRequest) -> Attempt:
    return await service.send(request, new_attempt_id())


def advice(service: Session, request: TriggerRequest) -> Diagnosis:
    found = service.preflight.check(request).advice
    assert found is not None
    return found


def first_change(service: Session, request: TriggerRequest) -> FormPatch:
    change = advice(service, request).remedies[0].change
    assert isinstance(change, FormPatch)
    return change


# Causes and remedies


def test_the_cause_is_named_and_its_remedy_makes_the_trigger_good(reading: Session) -> None:
    for event_id, key_id, value, words, change in [
        ("100", "3", " thor@example.com", "Remove it to find contact 11", {"external_id": "thor@example.com"}),
        ("100", "3", "thor@example.com\u00a0", "1 U+00A0 (no-break space) at character 17. Remove it", {"external_id": "thor@example.com"}),
        ("100", "3", " C-10011", "use Customer number (10142) to find contact 11",
         {"key_id": "10142", "external_id": "C-10011"}),
        ("100", "3", "C-10011", "contact 11 has it in Customer number (10142)", {"key_id": "10142"}),
        ("100", "10142", "thor@example.com", "contact 11 has it in E-Mail (3)", {"key_id": "3"}),
        ("100", "10142", "c-10011", "is written 'C-10011'", {"external_id": "C-10011"}),
        ("100", "id", "thor@example.com", "contact 11 has it in E-Mail (3)", {"key_id": "3"}),
        ("100", "uid", "11", "contact 11 has it in contact id", {"key_id": "id"}),
        ("100", "email", "thor@example.com", "Use E-Mail (3)", {"key_id": "3"}),
        ("100", "03", "thor@example.com", "Use E-Mail (3)", {"key_id": "3"}),
        ("100", " 3", "thor@example.com", "Use E-Mail (3)", {"key_id": "3"}),
        ("100", "ID", "11", "Use contact id", {"key_id": "id"}),
        ("100", "20142", "C-10011", "Contact 11 has this value in Customer number (10142)", {"key_id": "10142"}),
        ("100", "", "thor@example.com", "No key field is chosen. Contact 11 has", {"key_id": "3"}),
    ]:  # fmt: skip
        request = TriggerRequest(event_id, key_id, value)
        assert words in advice(reading, request).words, event_id
        found = first_change(reading, request)
        assert found == FormPatch(**change)
        prediction = reading.preflight.check(found.applied(request)).prediction
        assert prediction is not None, event_id
        assert prediction.code == 0, event_id


def test_the_one_contact_with_nearly_the_value_is_offered(reading: Session) -> None:
    for key_id, typed, contact_id, value in [
        ("3", "thor@exmaple.com", "11", "thor@example.com"),
        ("3", "thro@example.com", "11", "thor@example.com"),
        ("3", "Imogen.Fairwether@example.com", "1", "Imogen.Fairweather@example.com"),
        ("3", "sakura.hoshimi@example.cmo", "4", "sakura.hoshimi@example.com"),
        ("3", "hor@example.com", "11", "thor@example.com"),
        ("3", "asta.thorgilsdotir@exampel.com", "22", "asta.thorgilsdottir@example.com"),
        ("2", "Fairwhether", "1", "Fairweather"),
        ("uid", "mJ0LniR9aKhN", "11", "mJ0LniR9aKhM"),
    ]:
        request = replace(THOR, key_id=key_id, external_id=typed)
        assert reading.preflight.check(request).is_unexplained, key_id
        found = reading.preflight.check_thoroughly(request).advice
        assert found is not None, key_id
        assert f"but contact {contact_id} has nearly the same" in found.words, key_id
        (fix,) = found.remedies
        assert fix.change == FormPatch(external_id=value)
        assert fix.contact is not None, key_id
        assert fix.contact.id == contact_id, key_id
        assert reading.preflight.doubt(request) == found.words, key_id


def test_a_value_that_a_contact_of_a_partial_list_has_is_not_taken_for_a_mistake(reading: Session) -> None:
    known = reading.preflight.check(THOR)
    partial = known._replace(prediction=None, advice=Diagnosis("Look it up.", (LOOK_UP,)))
    assert not partial.is_unexplained
    assert partial._replace(recipient=Recipient()).is_unexplained


def test_none_is_offered_where_several_are_as_near_or_a_number_differs(reading: Session) -> None:
    for key_id, typed in [("3", "twim@example.com"), ("10142", "C-1001"), ("37", "+44 7700 900012"), ("3", "loki@example.com"), ("id", "251")]:  # fmt: skip
        request = replace(THOR, key_id=key_id, external_id=typed)
        assert (
            reading.preflight.check_thoroughly(request).advice == reading.preflight.check(request).advice
        ), key_id
        assert reading.preflight.doubt(request) is None, key_id


def test_the_address_inside_what_was_pasted_is_found(reading: Session) -> None:
    for typed in ["Thor Odinson <thor@example.com>", "mailto:thor@example.com", '"thor@example.com";', "11\tThor\tthor@example.com",
     "th\u200bor@example.com", "thor@example.com\ufe0f", "th\u00ador@\u2060example.com"]:  # fmt: skip
        request = replace(THOR, external_id=typed)
        found = advice(reading, request)
        assert found.words.endswith("to find contact 11."), typed
        assert found.remedies[0].change == FormPatch(external_id="thor@example.com"), typed
        assert found.remedies[0].contact is not None, typed
        assert found.remedies[0].contact.id == "11", typed


def test_a_value_of_another_field_is_found_in_what_was_pasted(reading: Session) -> None:
    for key_id, typed, value in [("id", "11\tThor\tthor@example.com", "11"), ("10142", "'C-10011'", "C-10011"), ("10142", "C-\u200d10011,", "C-10011")]:  # fmt: skip
        request = replace(THOR, key_id=key_id, external_id=typed)
        assert first_change(reading, request) == FormPatch(external_id=value)


def test_a_picked_contact_without_the_value_goes_by_contact_id(reading: Session) -> None:
    for contact_id, key_id in [("14", "3"), ("24", "uid"), ("25", "9")]:
        found = reading.preflight.check(replace(THOR, key_id=key_id, external_id=""), contact_id).advice
        assert found is not None, contact_id
        assert found.remedies[0].change == FormPatch(key_id="id", external_id=contact_id)
        assert found.remedies[0].contact is not None, contact_id
        assert found.remedies[0].contact.id == contact_id, contact_id


def test_2010_offers_each_contact_that_shares_the_value(reading: Session) -> None:
    request = replace(THOR, external_id="twin@example.com")
    remedies = advice(reading, request).remedies
    assert [remedy.words for remedy in remedies] == ["use contact id 12", "use contact id 13"]
    assert first_change(reading, request) == FormPatch(key_id="id", external_id="12")


def test_a_value_that_several_contacts_share_elsewhere_is_no_cause(reading: Session) -> None:
    assert "Mr" not in advice(reading, replace(THOR, key_id="10142", external_id="Mr")).words


def test_no_cause_is_made_up(reading: Session) -> None:
    found = advice(reading, replace(THOR, external_id="loki@example.com"))
    assert found.words.startswith("No contact has this value in E-Mail (3)")
    assert found.remedies == ()
    assert "only spaces" in advice(reading, replace(THOR, external_id=" \u00a0")).words


async def test_an_event_id_of_another_account_is_traced_by_its_name(service: Session, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "events.json").write_text('[{"id": "777", "name": "purchase_confirmation"}]')
    (folder / "fields.json").write_text('[{"id": "3", "name": "E-Mail"}]')
    (folder / "contacts.csv").write_text("id,uid,3\n1,u1,sif@example.com\n")
    other = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, account=folder))
    await other.refresh.run()
    await send(other, TriggerRequest("777", "3", "sif@example.com"))
    await other.close()
    found = advice(service, replace(THOR, event_id="777"))
    assert "Event 777 (purchase_confirmation) belongs to another account" in found.words
    assert found.remedies[0].change == FormPatch(event_id="100")


async def test_the_reply_gets_the_same_advice_and_the_history_its_words(service: Session) -> None:
    request = replace(THOR, external_id="c-10011", key_id="10142")
    attempt = await send(service, request)
    assert attempt.remedy == advice(service, request).words
    assert service.preflight.advice(attempt) == advice(service, request)


async def test_a_reply_that_was_not_predicted_offers_a_refresh(service: Session) -> None:
    attempt = await send(service, replace(THOR, event_id="999"))
    surprised = replace(attempt, predicted_code=0)
    found = service.preflight.advice(surprised)
    assert found is not None
    assert found.remedies[-1] == REFRESH
    accepted = await send(service, THOR)
    late = service.preflight.advice(replace(accepted, predicted_code=2008))
    assert late is not None
    assert "out of date" in late.words
    unattached = await send(service, replace(THOR, event_id="121"))
    assert unattached.predicted_code == 0
    about = service.preflight.advice(unattached)
    assert about is not None
    assert about.remedies == ()
    assert service.preflight.advice(accepted) is None
    assert service.preflight.advice(replace(accepted, answer=None)) is None


async def test_an_empty_cache_says_how_to_ask(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.local]\nbase_url = "http://127.0.0.1:9/api/v2"\n')
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, "local"))
    known = service.preflight.check(THOR)
    assert known.prediction is None
    assert known.advice is not None
    assert known.advice.remedies[0].change is Fetch.REFRESH
    await service.close()


# Whom the trigger goes to


def people(found: Recipient) -> list[str]:
    return [contact.id for contact in found.contacts]


def test_whom_a_key_finds_is_known(reading: Session) -> None:
    for key_id, value, ids, total in [
        ("3", "thor@example.com", ["11"], 1),
        ("3", "THOR@example.com", ["11"], 1),
        ("id", "11", ["11"], 1),
        ("10142", "C-10011", ["11"], 1),
        ("3", "twin@example.com", ["12", "13"], 2),
        ("3", "loki@example.com", [], 0),
        ("3", "", [], 0),
        ("4711", "thor@example.com", [], 0),
    ]:
        found = reading.preflight.check(TriggerRequest("100", key_id, value)).recipient
        assert (people(found), found.total, found.complete) == (ids, total, True), key_id


def test_many_who_share_a_value_are_counted(reading: Session) -> None:
    found = reading.preflight.recipient(TriggerRequest("100", "46", "Ms"))
    assert len(found.contacts) == 6
    assert found.total > 50
    assert found.only is None


def test_a_contact_goes_by_its_key_field_unless_others_share_the_value(reading: Session) -> None:
    for contact_id, key_id, goes_by in [
        ("11", "3", "3"),
        ("12", "3", "id"),
        ("13", "3", "id"),
        ("13", "10142", "10142"),
        ("13", "uid", "uid"),
        ("13", "46", "id"),
        ("14", "3", "3"),
        ("14", "4711", "4711"),
    ]:
        contact = reading.contacts.get(contact_id)
        assert contact is not None, contact_id
        assert reading.preflight.key_for(contact, key_id) == goes_by


def test_every_fix_that_decides_who_gets_it_names_that_contact(reading: Session) -> None:
    for key_id, value, person in [
        ("3", "twin@example.com", "12"),
        ("3", " thor@example.com", "11"),
        ("3", "C-10011", "11"),
        ("10142", "c-10011", "11"),
        ("email", "thor@example.com", "11"),
        ("ID", "13", "13"),
    ]:
        request = TriggerRequest("100", key_id, value)
        for remedy in advice(reading, request).remedies:
            assert isinstance(remedy.change, FormPatch), key_id
            found = reading.preflight.recipient(remedy.change.applied(request)).only
            assert remedy.contact == found, key_id
        first = advice(reading, request).remedies[0].contact
        assert first is not None, key_id
        assert first.id == person, key_id


def test_a_fix_that_changes_nobody_names_nobody(reading: Session) -> None:
    for request in (
        TriggerRequest("100", "3", " twin@example.com"),
        replace(THOR, event_id="purchase_confirmation"),
    ):
        assert [remedy.contact for remedy in advice(reading, request).remedies] == [None]


async def test_the_first_fix_for_2010_is_the_chosen_contact_before_sending_and_after(
    service: Session,
) -> None:
    request = replace(THOR, external_id="twin@example.com")
    attempt = await send(service, request)
    for chosen, order in [
        ("", ["12", "13"]),
        ("12", ["12", "13"]),
        ("13", ["13", "12"]),
        ("11", ["12", "13"]),
    ]:
        before = service.preflight.check(request, chosen).advice
        for found in (before, service.preflight.advice(attempt, chosen)):
            assert found is not None
            assert [fix.contact.id for fix in found.remedies if fix.contact] == order, chosen


def test_a_chosen_contact_is_offered_however_many_share_the_value(reading: Session) -> None:
    request = TriggerRequest("100", "46", "Ms")
    chosen = reading.preflight.recipient(request).contacts[-1]
    found = reading.preflight.check(request, chosen.id).advice
    assert found is not None
    assert found.remedies[0].contact == chosen
    assert len(found.remedies) == 6


# Event data of somebody else


def other(service: Session, request: TriggerRequest) -> str | None:
    """The contact id, else the external id, of the one whose data these are too."""
    use = service.preflight.check(request).same_data
    if use is None:
        return None
    return use.contact.id if use.contact else use.external_id


async def test_data_that_went_to_another_contact_are_known_by_any_key(service: Session) -> None:
    sent = await send(service, THOR)
    use = service.preflight.check(replace(THOR, external_id="sif@example.com")).same_data
    assert use is not None
    assert use.contact is not None
    assert (use.contact.id, use.at) == ("11", sent.started_at)
    assert other(service, replace(THOR, key_id="id", external_id="15")) == "11"
    for key_id, value in (
        ("3", "thor@example.com"),
        ("id", "11"),
        ("10142", "C-10011"),
        ("3", "THOR@example.com"),
    ):
        assert other(service, replace(THOR, key_id=key_id, external_id=value)) is None


async def test_no_other_contact_has_other_or_empty_data_or_those_of_another_event(service: Session) -> None:
    await send(service, THOR)
    await send(service, replace(THOR, event_id="101", data=None))
    sif = replace(THOR, external_id="sif@example.com")
    assert other(service, replace(sif, data={"a": 2})) is None
    assert other(service, replace(sif, event_id="101")) is None
    assert other(service, replace(sif, event_id="101", data=None)) is None
    assert other(service, replace(sif, event_id="101", data={})) is None


async def test_a_rejected_attempt_that_found_nobody_had_nobodys_data(service: Session) -> None:
    for value in (" thor@example.com", "loki@example.com", "twin@example.com"):
        await send(service, replace(THOR, external_id=value))
    assert other(service, THOR) is None


async def test_whoever_gets_nothing_is_not_warned_about(service: Session) -> None:
    await send(service, THOR)
    for value in ("", "loki@example.com", "twin@example.com"):
        assert other(service, replace(THOR, external_id=value)) is None


async def test_the_example_of_the_event_is_nobodys_data_in_the_sandbox(service: Session) -> None:
    example = service.drafts.example("100")
    await send(service, replace(THOR, data=example))
    known = service.preflight.check(replace(THOR, external_id="sif@example.com", data=example))
    assert (known.same_data, known.example_data) == (None, False)


async def test_an_example_is_told_on_an_account_that_is_not_the_sandbox(
    service: Session, tmp_path: Path
) -> None:
    example = service.drafts.example("100")
    (tmp_path / "config.toml").write_text('[profiles.local]\nbase_url = "http://127.0.0.1:9/api/v2"\n')
    local = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, "local"))
    assert local.preflight.check(replace(THOR, data=example)).example_data
    assert not local.preflight.check(THOR).example_data
    assert not local.preflight.check(replace(THOR, data=None)).example_data
    await local.close()


def test_data_filled_in_for_one_contact_are_still_theirs_when_another_is_chosen(reading: Session) -> None:
    first = reading.preflight.check(THOR, "11")
    assert first.same_data is None
    carried = reading.preflight.check(replace(THOR, external_id="sif@example.com"), "15", first.data_use)
    assert carried.same_data is not None
    assert carried.same_data.contact is not None
    assert carried.same_data.contact.id == "11"
    back = reading.preflight.check(THOR, "11", carried.data_use)
    assert back.same_data is None


# What was sent before


async def test_the_form_knows_what_was_used_last(service: Session) -> None:
    await send(service, THOR)
    await send(service, TriggerRequest("101", "uid", "nobody"))
    await send(service, TriggerRequest("100", "10142", "C-10011"))
    assert service.events.recent() == ("100", "101")
    assert service.drafts.last_key("100") == "10142"
    assert service.drafts.last_data("100") == {"a": 1}
    assert service.drafts.last_key("102") is None


async def test_what_was_last_sent_to_a_contact_is_found_by_any_of_its_keys(service: Session) -> None:
    first = await send(service, THOR)
    for key_id, value in (("3", "THOR@example.com"), ("id", "11"), ("10142", "C-10011")):
        found = service.preflight.check(replace(THOR, key_id=key_id, external_id=value)).last
        assert found is not None, key_id
        assert (found.attempt_id, found.outcome) == (first.attempt_id, Outcome.ACCEPTED), key_id
    assert service.preflight.check(replace(THOR, key_id="id", external_id="12")).last is None


async def test_a_refusal_by_a_shared_value_is_not_what_a_contact_got(service: Session) -> None:
    await send(service, replace(THOR, external_id="twin@example.com"))
    await send(service, replace(THOR, external_id=""))
    assert service.preflight.check(replace(THOR, external_id="")).last is None
    assert service.preflight.check(replace(THOR, key_id="id", external_id="12")).last is None
    found = service.preflight.check(replace(THOR, external_id="twin@example.com")).last
    assert found is not None
    assert found.reply_code == 2010


async def test_a_second_send_is_known_before_it_is_sent(service: Session) -> None:
    assert service.preflight.check(THOR).second_send is None
    first = await send(service, THOR)
    found = service.preflight.check(replace(THOR, key_id="id", external_id="11")).second_send
    assert found is not None
    assert found.attempt_id == first.attempt_id
    assert service.preflight.check(replace(THOR, data={"a": 2})).second_send is None
    assert service.preflight.check(replace(THOR, event_id="101")).second_send is None


async def test_an_unknown_outcome_is_warned_of_until_it_is_settled(service: Session) -> None:
    assert service.scenarios is not None
    request = service.scenarios.fail_next(next(one for one in FAILURES if one.kind == "cut_before"))
    lost = await send(service, request)
    assert lost.outcome is Outcome.UNKNOWN
    found = service.preflight.second_send(request)
    assert found is not None
    assert "It may have arrived" in second_send_words(found, datetime.now(UTC))
    service.settle(lost.attempt_id, arrived=True)
    settled = service.preflight.second_send(request)
    assert settled is not None
    assert "marked arrived" in second_send_words(settled, datetime.now(UTC))
    service.settle(lost.attempt_id, arrived=False)
    assert service.preflight.second_send(request) is None


# What is typed


async def test_a_draft_and_templates_are_there_at_the_next_start(filled_home: Path, tmp_path: Path) -> None:
    shutil.copytree(filled_home, tmp_path, dirs_exist_ok=True)
    first = opened(tmp_path)
    draft = Draft("100", "3", "thor@exa", '{"a": ', "11")
    assert first.drafts.draft() is None
    first.drafts.save_draft(draft)
    first.drafts.save_template("for another", "{}", "101")
    first.drafts.save_template("anywhere", "null")
    first.drafts.save_template("mine", '{"b": 1}', "100")
    await first.close()
    second = opened(tmp_path)
    kept = second.drafts.draft()
    assert kept is not None
    assert kept.draft == draft
    assert datetime.now(UTC) >= kept.saved_at
    assert [choice.name for choice in second.drafts.data_choices("100")] == [
        "example",
        "mine",
        "anywhere",
        "for another",
    ]
    await send(second, THOR)
    assert [choice.kind for choice in second.drafts.data_choices("100")][:2] == ["example", "last"]
    assert second.drafts.drop_template("mine") is True
    second.drafts.drop_draft()
    assert second.drafts.draft() is None
    await second.close()


def test_event_data_are_filled_from_the_contact_that_the_key_finds(reading: Session) -> None:
    filled = reading.drafts.fill(replace(THOR, data={"a": "{{field:1}} of {{event.name}}"}))
    assert filled.data == {"a": "Thor of purchase_confirmation"}
    assert reading.drafts.fill(THOR).data == {"a": 1}
    assert reading.drafts.fill(
        replace(THOR, external_id="twin@example.com", data={"a": "{{contact.id}}"})
    ).fault
