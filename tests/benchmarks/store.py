"""What the cache of a million contacts costs: searching as one types, sorting, exact look-ups, pages of the list."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

from app.domain.account import ListOrder
from app.sandbox.accounts.files import CONTACTS
from app.store.cache import Cache, ContactRow
from app.store.found_window import LaterWindow
from tests.benchmarks import homes, words
from tests.benchmarks.table import Row
from tests.benchmarks.timing import ms, nth

KEYS = ("id", "uid", "3", "10142", "37", "1")
PAGE = 200
PAGES = 1000


def rows(scale: float) -> list[Row]:
    """The rows of the store; scale 1 has a million contacts."""
    large, small = homes.large(scale), homes.small()
    file = large.settings().demo / CONTACTS
    contacts = words.picked(file)
    with closing(Cache(large.settings().cache)) as many, closing(Cache(small.settings().cache)) as few:
        _check_found(many, file)
        return [
            *_searching(many, few, contacts),
            *_sorting(many),
            *_looking_up(many, few, contacts),
            *_paging(many, few),
        ]


# Each search as if one key had just gone down


def _searching(many: Cache, few: Cache, contacts: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    one_word = words.one_word(contacts)
    times = {
        "one letter": _times(many, words.LETTERS),
        "one word, letter by letter": _times(many, one_word),
        "field:value, letter by letter": _times(many, words.in_one_field(contacts)),
    }
    for what, taken in times.items():
        yield Row(f"search, {what}: median", None, nth(taken, 0.5), "ms", 2.0)
        yield Row(f"search, {what}: worst of {len(taken):,}", None, max(taken), "ms", 16.0)
    together = words.several_words(contacts)
    several = _times(many, together)
    yield Row(f"search, several words: worst of {len(several):,}", None, max(several), "ms", 100.0)
    hostile = [*words.hostile(), *words.LETTERS, *one_word]
    waits = [ms(_keep_waiting, many, search) for search in hostile]
    yield Row(
        f"search, whatever is typed: what a key waits for, worst of {len(waits):,}",
        None,
        max(waits),
        "ms",
        16.0,
    )
    for what, searches in (("one word", (*words.LETTERS, *one_word)), ("several words", together)):
        filling = [search for search in searches if _fills_a_screen(search, many, few)]
        floor, ours = (nth(_times(cache, filling), 0.5) for cache in (few, many))
        yield Row(f"search, {what} of a full screen: median / with 1,000 contacts", floor, ours, "ms", 2.0)


def _fills_a_screen(search: str, *caches: Cache) -> bool:
    return all(len(_search(cache, search)) == words.FOUND for cache in caches)


def _times(cache: Cache, searches: Iterable[str]) -> list[float]:
    return [ms(_search, cache, search) for search in searches]


def _search(cache: Cache, search: str) -> Sequence[str]:
    return [row.id for row in cache.contacts_window(search).rows(0, words.FOUND)]


def _keep_waiting(cache: Cache, search: str) -> None:
    """What is done before the next key is taken; of several words the rows are found in a thread."""
    cache.contacts_window(search, stop=Event()).rows(0, words.FOUND)


def _check_found(many: Cache, file: Path) -> None:
    for search, ids in words.who_has(
        file, [*words.OFTEN, *words.RARE, *words.TOGETHER, *words.ELSEWHERE]
    ).items():
        assert _search(many, search) == ids, search


# Each order, from the asking to the first screen


def _sorting(many: Cache) -> Iterator[Row]:
    orders = [ListOrder(column, way) for column in ("id", "email", "name") for way in (False, True)]
    alone = [ms(_sorted, many, "", order) for order in orders]
    together = [ms(_sorted, many, search, order) for order in orders for search in words.SORTED]
    _check_sorted(many)
    yield Row("a sort: slowest first screen", None, max(alone), "ms", 16.0)
    yield Row(
        f"a filter and a sort: slowest first screen of {len(together)}", None, max(together), "ms", 500.0
    )


def _sorted(cache: Cache, search: str, order: ListOrder) -> Sequence[ContactRow]:
    window = cache.contacts_window(search, order)
    assert isinstance(window, LaterWindow)
    window.prepare()
    return window.rows(0, words.FOUND)


def _check_sorted(cache: Cache) -> None:
    """What few enough have is sorted by looking."""
    found = cache.contacts_window("fairweather c-9").rows(0, 10_000)
    by_name = sorted(
        found, key=lambda row: (f"{row.first_name} {row.last_name}".strip().lower(), int(row.id))
    )
    assert list(_sorted(cache, "fairweather c-9", ListOrder("name"))) == by_name[: words.FOUND]


# Exact look-ups, of values that are there and of others


def _looking_up(many: Cache, few: Cache, contacts: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    there = [(key, contact[key]) for key in KEYS for contact in contacts if contact[key]]
    assert all(many.matches(key, value).ids for key, value in there)
    asked = [*there, *((key, f"{value}x") for key, value in there)]
    times, small = ([ms(cache.matches, key, value) for key, value in asked] for cache in (many, few))
    yield Row("uniqueness check by any key field: 99 of 100", None, nth(times, 0.99), "ms", 0.5)
    yield Row("uniqueness check: median / with 1,000 contacts", nth(small, 0.5), nth(times, 0.5), "ms", 2.0)


# Pages of the list, anywhere in it


def _paging(many: Cache, few: Cache) -> Iterator[Row]:
    times, small = _pages(many), _pages(few)
    yield Row(f"a page of {PAGE} contacts anywhere: median", None, nth(times, 0.5), "ms", 8.0)
    yield Row(f"a page of {PAGE} contacts anywhere: 99 of 100", None, nth(times, 0.99), "ms", 16.0)
    yield Row("a page: median / with 1,000 contacts", nth(small, 0.5), nth(times, 0.5), "ms", 2.0)


def _pages(cache: Cache) -> list[float]:
    window = cache.contacts_window()
    assert window.total is not None
    last = window.total - PAGE
    chance = random.Random(3)  # noqa: S311 - repeatable, no secret
    places = [0, last, *(chance.randrange(last) for _ in range(PAGES))]
    assert all(len(window.rows(place, PAGE)) == PAGE for place in places[:20])
    return [ms(window.rows, place, PAGE) for place in places]
