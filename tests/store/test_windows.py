"""Windows over many rows: every position is right, from whichever side it is reached, and little is read for it."""

from array import array
from collections.abc import Sequence
from contextlib import nullcontext

import pytest

from app.domain.model import Contact
from app.store.cache import Cache, ContactRow
from app.store.found_window import FoundWindow
from app.store.row_numbers import row_numbers
from app.store.windows import AnchoredWindow

COUNT = 6_543


class Numbers:
    """The even numbers below twice `count`, as a KeyOrder and FoundOrder that counts what is read."""

    total = None
    is_short = False

    def __init__(self, count: int, descending: bool = False) -> None:
        self.keys = [2 * n for n in range(count)]
        if descending:
            self.keys.reverse()
        self.read = 0

    def key_of(self, row: int) -> int | None:
        return row if row in self.keys else None

    def ends(self) -> tuple[int, int] | None:
        return (self.keys[0], self.keys[-1]) if self.keys else None

    def step(self, key: int, rows: int) -> int | None:
        self.read += abs(rows)
        place = self.keys.index(key) + rows
        return self.keys[place] if 0 <= place < len(self.keys) else None

    def distance(self, key: int, target: int) -> int:
        return self.keys.index(target) - self.keys.index(key)

    def from_key(self, key: int, skip: int, count: int) -> Sequence[int]:
        self.read += skip + count
        place = self.keys.index(key) + skip
        return self.keys[place : place + count]

    def numbers(self, start: int, count: int, last: int | None) -> "array[int]":
        assert last == (self.keys[start - 1] if start else None)
        self.read += count
        return row_numbers(self.keys[start : start + count])

    def all_numbers(self) -> "array[int]":
        return row_numbers(self.keys)

    def with_keys(self, keys: Sequence[int]) -> Sequence[int]:
        return list(keys)


@pytest.mark.parametrize("descending", [False, True])
def test_every_position_is_right_wherever_one_jumps(descending: bool) -> None:
    numbers = Numbers(COUNT, descending)
    window = AnchoredWindow(numbers, COUNT, descending)
    places = [n * 2_741 % COUNT for n in range(60)]
    for place in (0, COUNT - 1, COUNT // 2, 1, *places):
        assert window.rows(place, 3) == numbers.keys[place : place + 3]
        assert window.position(numbers.keys[place]) == place
    assert window.rows(COUNT, 5) == window.rows(-1, 5) == ()
    assert window.position(1) is None


def test_the_end_is_reached_without_reading_the_middle() -> None:
    numbers = Numbers(COUNT)
    window = AnchoredWindow(numbers, COUNT, False)
    assert window.rows(COUNT - 10, 50) == numbers.keys[-10:]
    assert window.rows(0, 50) == numbers.keys[:50]
    assert numbers.read < 3_000


def test_a_window_over_nothing_has_no_rows() -> None:
    window = AnchoredWindow(Numbers(0), 0, False)
    assert (window.total, window.rows(0, 5), window.position(0)) == (0, (), None)


def test_rows_that_have_gone_meanwhile_are_an_empty_end_not_a_fault() -> None:
    numbers = Numbers(10)
    window = AnchoredWindow(numbers, 5000, False)
    assert len(window.rows(0, 50)) == 10
    assert window.rows(4000, 50) == []


def test_a_single_row_is_first_and_last() -> None:
    window = AnchoredWindow(Numbers(1), 1, False)
    assert (window.rows(0, 9), window.position(0)) == ([0], 0)


@pytest.mark.parametrize("descending", [False, True])
def test_a_search_finds_the_first_screen_first(descending: bool) -> None:
    numbers = Numbers(COUNT, descending)
    window = FoundWindow(numbers, lambda: nullcontext(numbers))
    assert window.rows(0, 50) == numbers.keys[:50]
    assert (numbers.read, window.total) == (50, None)
    assert window.rows(3000, 10) == numbers.keys[3000:3010]
    assert window.total is None
    assert window.position(numbers.keys[6000]) == 6000
    assert window.rows(COUNT - 5, 50) == numbers.keys[-5:]
    assert window.total == COUNT
    assert window.position(1) is None


def test_a_search_is_settled_on_demand() -> None:
    numbers = Numbers(COUNT)
    window = FoundWindow(numbers, lambda: nullcontext(numbers))
    window.settle()
    assert (window.total, window.rows(COUNT - 1, 5), window.position(4)) == (COUNT, [2 * COUNT - 2], 2)


def test_rows_that_are_asked_for_while_all_are_found_do_not_stand_twice() -> None:
    class Overtaken(Numbers):
        def numbers(self, start: int, count: int, last: int | None) -> "array[int]":
            if start:
                window.settle()
            return super().numbers(start, count, last)

    numbers = Overtaken(COUNT)
    window = FoundWindow(numbers, lambda: nullcontext(numbers))
    window.rows(0, 50)
    assert window.rows(100, 50) == numbers.keys[100:150]
    assert window.total == COUNT
    assert window.rows(0, 2 * COUNT) == numbers.keys


@pytest.mark.parametrize("highest", [0, 2**32 - 1, 2**32, 2**63 - 1])
def test_row_numbers_take_four_bytes_unless_one_needs_more(highest: int) -> None:
    numbers = [*range(12_000), highest, 5]
    held = row_numbers(numbers)
    assert held.tolist() == numbers
    assert held.itemsize == (4 if highest < 2**32 else 8)
    assert row_numbers([highest], after=row_numbers([7])).tolist() == [7, highest]


def test_the_contacts_of_a_search_can_be_counted_from_another_thread(cache: Cache) -> None:
    with cache.replacing(True) as load:
        load.contacts(Contact(str(n), "", {"1": "many"}) for n in range(500))
    window = cache.contacts_window("many")
    assert [row.id for row in window.rows(0, 2)] == ["0", "1"]
    assert window.total is None
    window.settle()
    assert (window.total, window.position(ContactRow("77", "", "", "", ""))) == (500, 77)
    assert cache.contacts_window().position(ContactRow("9999", "", "", "", "")) is None
    assert cache.contacts_window().position(ContactRow("77", "", "", "", "")) == 77


def test_positions_stay_right_while_contacts_come_and_go(cache: Cache) -> None:
    with cache.replacing(False) as load:
        load.contacts(Contact(str(2 * n), "", {"1": "x"}) for n in range(2_500))
    for looked_up in ("1", "2001", "4999", "0", "3333", "x"):
        cache.remember_lookup("id", looked_up, [Contact(looked_up, "", {})])
    for gone in ("0", "2000", "2002", "4998", "3000"):
        cache.remember_lookup("id", gone, [])
    assert_true_positions(cache)
    with cache.replacing(False) as load:
        load.contacts(Contact(str(3 * n), "", {"1": "x"}) for n in range(2_500))
    assert_true_positions(cache)


def assert_true_positions(cache: Cache) -> None:
    ids = [contact.id for contact in cache.list_contacts("", 0)]
    assert cache.state().contacts == len(ids)
    for place in (*range(0, len(ids), 97), 999, 1000, 1001, 2000, len(ids) - 1):
        window = cache.contacts_window()
        (row,) = window.rows(place, 1)
        assert (row.id, window.position(row)) == (ids[place], place)
