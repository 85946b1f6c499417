"""What the built-in account promises, pinned by literals and read with json and csv alone.

Separate from the tests of the account reader, so that a mistake in that reader cannot hide one here.
"""

import csv
import json
import re
import unicodedata
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "sample_data"

Rows = list[dict[str, str]]
Objects = list[dict[str, Any]]

FICTIONAL_PHONE = re.compile(
    r"""
      \+44\ 7700\ 900\d{3} | \+44\ 1632\ 960\d{3}
    | \+1\ [2-9]\d\d\ 555\ 01\d\d
    | \+33\ 1\ 99\ 00\ \d\d\ \d\d | \+33\ 6\ 39\ 98\ \d\d\ \d\d
    | \+49\ 30\ 23125\ \d{3} | \+49\ 89\ 99998\ \d{3} | \+49\ 176\ 040690\ \d\d
    | \+353\ 20\ 91\d\ \d{4}
    | \+46\ 8\ 465\ 004\ \d\d | \+46\ 70\ 174\ 06\ \d\d
    | \+61\ 2\ 5550\ \d{4}
    """,
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def events() -> Objects:
    loaded: Objects = json.loads((FOLDER / "events.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def fields() -> Objects:
    loaded: Objects = json.loads((FOLDER / "fields.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def table() -> list[list[str]]:
    with (FOLDER / "contacts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


@pytest.fixture(scope="module")
def contacts(table: list[list[str]]) -> Rows:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def ids_with(contacts: Rows, field_id: str, value: str) -> list[str]:
    return [contact["id"] for contact in contacts if contact[field_id] == value]


def test_event_100_is_the_purchase_confirmation_of_the_documentation(events: Objects) -> None:
    assert events[0]["id"] == "100"
    assert events[0]["name"] == "purchase_confirmation"
    assert events[0]["example_data"] == {"global": {"itemName": "hammer", "itemPrice": "123"}}


def test_there_are_at_least_sixteen_events_with_distinct_ids_and_snake_case_names(
    events: Objects,
) -> None:
    assert len(events) >= 16
    assert [event["id"] for event in events] == [str(100 + n) for n in range(len(events))]
    assert len({event["name"] for event in events}) == len(events)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", event["name"]) for event in events)


def test_event_999_does_not_exist(events: Objects) -> None:
    assert "999" not in {event["id"] for event in events}


def test_every_event_says_when_it_was_created_in_the_form_of_the_wire(events: Objects) -> None:
    created = [event["created"] for event in events]
    assert [str(datetime.strptime(text, "%Y-%m-%d %H:%M:%S")) for text in created] == created


def test_only_the_spring_sale_draft_is_attached_to_nothing(events: Objects) -> None:
    assert [e["name"] for e in events if "attached" in e] == ["spring_sale_draft"]
    assert [e["name"] for e in events if e.get("attached") is False] == ["spring_sale_draft"]


def test_one_event_has_no_example_data(events: Objects) -> None:
    assert [e["name"] for e in events if "example_data" not in e] == ["newsletter_goodbye"]


def test_the_examples_show_every_documented_shape_and_mix_no_sections_with_free_variables(
    events: Objects,
) -> None:
    shapes = Counter(shape_of(e["example_data"]) for e in events if "example_data" in e)
    assert set(shapes) == {"global", "global + sections", "free"}
    assert all(count >= 2 for count in shapes.values())


def shape_of(example: dict[str, Any]) -> str:
    assert isinstance(example, dict)
    rest = {key: value for key, value in example.items() if key != "global"}
    if not rest:
        return "global"
    sections = [isinstance(value, list) for value in rest.values()]
    assert all(sections) or not any(sections)
    for group in rest.values():
        assert not isinstance(group, list) or all(isinstance(block, dict) for block in group)
    return "global + sections" if any(sections) else "free"


def test_the_system_fields_bear_their_documented_ids_names_and_types(fields: Objects) -> None:
    described = [(f["id"], f["name"], f["application_type"]) for f in fields]
    assert described[:19] == [
        ("0", "Interests", "interests"),
        ("1", "First Name", "shorttext"),
        ("2", "Last Name", "shorttext"),
        ("3", "E-Mail", "longtext"),
        ("4", "Date of Birth", "birthdate"),
        ("5", "Gender", "singlechoice"),
        ("9", "Title", "singlechoice"),
        ("10", "Address", "longtext"),
        ("11", "City", "shorttext"),
        ("12", "State", "shorttext"),
        ("13", "ZIP Code", "shorttext"),
        ("14", "Country", "singlechoice"),
        ("15", "Phone", "shorttext"),
        ("31", "Opt-In", "special"),
        ("35", "Registration Language", "singlechoice"),
        ("37", "Mobile", "shorttext"),
        ("46", "Salutation", "singlechoice"),
        ("47", "E-Mail valid", "special"),
        ("48", "Date of first registration", "special"),
    ]


def test_two_custom_fields_follow_one_of_them_the_shop_s_customer_number(fields: Objects) -> None:
    assert fields[19:] == [
        {
            "id": "10142",
            "name": "Customer number",
            "string_id": "customer_number",
            "application_type": "shorttext",
        },
        {
            "id": "10143",
            "name": "Loyalty card",
            "string_id": "loyalty_card",
            "application_type": "numeric",
        },
    ]


def test_every_field_has_a_string_id_of_its_own(fields: Objects) -> None:
    assert len({field["string_id"] for field in fields}) == len(fields) == 21


def test_the_header_is_id_and_uid_and_then_each_field_once(table: list[list[str]], fields: Objects) -> None:
    header = table[0]
    assert header[:2] == ["id", "uid"]
    assert sorted(header[2:]) == sorted(field["id"] for field in fields)


def test_the_contacts_file_is_utf_8_with_line_feeds_and_no_control_characters() -> None:
    text = (FOLDER / "contacts.csv").read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"}} == {"\n"}


def test_there_are_exactly_250_contacts_each_with_its_own_id(contacts: Rows) -> None:
    assert [contact["id"] for contact in contacts] == [str(n) for n in range(1, 251)]


def test_contact_999999_does_not_exist(contacts: Rows) -> None:
    assert ids_with(contacts, "id", "999999") == []


def test_uids_look_random_are_never_shared_and_a_few_are_missing(contacts: Rows) -> None:
    uids = [contact["uid"] for contact in contacts if contact["uid"]]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[A-Za-z0-9]{10,12}", uid) and not uid.isdigit() for uid in uids)
    assert 1 <= len(contacts) - len(uids) <= 15
    assert all(contacts[n - 1]["uid"] for n in range(11, 18))


def test_thor_is_contact_11_and_the_only_one_with_his_address(contacts: Rows) -> None:
    assert ids_with(contacts, "3", "thor@example.com") == ["11"]
    assert (contacts[10]["1"], contacts[10]["2"]) == ("Thor", "Odinson")
    assert contacts[10]["10142"] == "C-10011"


def test_contacts_12_and_13_are_two_people_who_share_one_address(contacts: Rows) -> None:
    assert ids_with(contacts, "3", "twin@example.com") == ["12", "13"]
    mira, magnus = contacts[11], contacts[12]
    for field_id in ("uid", "1", "2", "10", "11", "14", "37", "10142"):
        assert mira[field_id] != magnus[field_id]


def test_contact_14_alone_has_no_e_mail_but_a_phone_and_a_customer_number(contacts: Rows) -> None:
    assert ids_with(contacts, "3", "") == ["14"]
    assert contacts[13]["15"] == "+49 89 99998 014"
    assert contacts[13]["10142"] == "C-10014"


def test_sif_is_contact_15(contacts: Rows) -> None:
    assert ids_with(contacts, "3", "sif@example.com") == ["15"]
    assert contacts[14]["1"] == "Sif"


def test_no_address_but_the_twins_is_shared_even_when_case_is_ignored(contacts: Rows) -> None:
    addresses = Counter(contact["3"].lower() for contact in contacts if contact["3"])
    assert {text: n for text, n in addresses.items() if n > 1} == {"twin@example.com": 2}


def test_two_addresses_are_written_with_capitals(contacts: Rows) -> None:
    assert [c["3"] for c in contacts if c["3"] != c["3"].lower()] == [
        "Imogen.Fairweather@example.com",
        "C.McAllister@example.org",
    ]


def test_every_address_is_ascii_and_at_example_com_or_org(contacts: Rows) -> None:
    for contact in contacts:
        address = contact["3"]
        assert not address or re.fullmatch(r"[A-Za-z._+]+@example\.(com|org)", address)


def test_every_phone_number_is_from_a_range_reserved_for_fiction(contacts: Rows) -> None:
    numbers = [c[field_id] for c in contacts for field_id in ("15", "37") if c[field_id]]
    assert len(set(numbers)) == len(numbers) > 100
    assert [number for number in numbers if not FICTIONAL_PHONE.fullmatch(number)] == []


def test_a_customer_number_is_one_contact_s_and_007_is_not_7(contacts: Rows) -> None:
    numbers = {c["id"]: c["10142"] for c in contacts if c["10142"]}
    assert len(set(numbers.values())) == len(numbers) > 200
    assert numbers.pop("16") == "007"
    assert numbers.pop("17") == "7"
    assert all(number == f"C-{10000 + int(id_)}" for id_, number in numbers.items())


def test_a_loyalty_card_is_a_number_of_at_most_24_digits_and_one_contact_s(contacts: Rows) -> None:
    cards = [contact["10143"] for contact in contacts if contact["10143"]]
    assert len(set(cards)) == len(cards) > 50
    assert all(re.fullmatch(r"[1-9]\d{0,23}", card) for card in cards)


def test_opt_in_is_given_refused_or_not_asked(contacts: Rows) -> None:
    assert {contact["31"] for contact in contacts} == {"1", "2", ""}


def test_gender_and_salutation_of_one_person_agree(contacts: Rows) -> None:
    assert {(c["46"], c["5"]) for c in contacts} == {("Mr", "1"), ("Ms", "2"), ("", "")}


def test_nobody_registered_before_the_age_of_sixteen(contacts: Rows) -> None:
    for contact in contacts:
        registered = datetime.fromisoformat(contact["48"])
        born = datetime.fromisoformat(contact["4"] or "1970-01-01")
        assert (registered - born).days >= 16 * 365


@pytest.mark.parametrize(
    "script",
    ["GREEK", "CYRILLIC", "ARABIC", "HEBREW", "HIRAGANA", "CJK", "HANGUL", "DEVANAGARI", "THAI"],
)
def test_names_are_written_in_several_alphabets(contacts: Rows, script: str) -> None:
    names = [contact["1"] + contact["2"] for contact in contacts]
    assert any(unicodedata.name(letter).startswith(script) for name in names for letter in name)


def test_many_latin_names_carry_accents(contacts: Rows) -> None:
    accented = [c for c in contacts if any("LATIN" in unicodedata.name(x) and x > "\x7f" for x in c["1"])]
    assert len(accented) >= 30


def test_names_are_filled_distinct_and_short_enough_for_their_fields(contacts: Rows) -> None:
    names = {(contact["1"], contact["2"]) for contact in contacts}
    assert len(names) == 250
    for contact in contacts:
        for field_id in ("1", "2", "11", "12", "13", "15", "37", "10142"):
            assert len(contact[field_id]) <= 60
        assert contact["1"]
        assert contact["2"]


def test_some_cells_hold_a_comma_or_a_quotation_mark(contacts: Rows) -> None:
    cells = [cell for contact in contacts for cell in contact.values()]
    assert sum("," in cell for cell in cells) > 50
    assert [cell for cell in cells if '"' in cell] == ['Robert "Bob"']
