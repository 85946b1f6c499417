"""The reference of an attempt: short, said without doubt, and found again."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import id_prefixes, short_id


@pytest.mark.parametrize(
    ("attempt_id", "reference"),
    [
        ("00000000-0000-4000-8000-000000000000", "000-0000"),
        ("ffffffff-ffff-4fff-bfff-ffffffffffff", "ZZZ-ZZZZ"),
        ("00000000-1fff-4000-8000-000000000000", "000-0000"),
        ("00000000-2000-4000-8000-000000000000", "000-0001"),
        ("0044322a-6d09-4000-8000-000000000000", "012-34AK"),
    ],
)
def test_the_reference_is_the_first_35_bits_in_seven_digits(attempt_id: str, reference: str) -> None:
    assert short_id(attempt_id) == reference


def test_what_is_no_uuid_is_its_own_reference() -> None:
    assert short_id("a1") == "a1"


@given(st.uuids(version=4))
def test_an_attempt_is_found_by_its_reference(attempt_id: uuid.UUID) -> None:
    reference = short_id(str(attempt_id))
    assert len(reference) == 8
    assert not set(reference) & set("ILOU")
    assert any(str(attempt_id).startswith(beginning) for beginning in id_prefixes(reference))


@pytest.mark.parametrize("heard", ["012-34AK", "01234ak", " o12 34ak", "OI2-34AK", "0l2–34AK", "012 34 AK"])
def test_a_reference_may_be_written_as_it_was_heard(heard: str) -> None:
    assert id_prefixes(heard) == id_prefixes("012-34AK")


@pytest.mark.parametrize("text", ["", "012-34A", "012-34AKX", "U12-34AK", "thor@ex", "é12-34AK"])
def test_other_texts_are_no_references(text: str) -> None:
    assert id_prefixes(text) == ()
