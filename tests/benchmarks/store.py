"""What the cache of a million contacts costs: searching as one types, sorting, exact look-ups, pages of the list."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from app.domain.model import Contact, ListOrder
from app.domain.recipient import FIRST_NAME, LAST_NAME
from app.sandbox.accounts.folder import CONTACTS
from app.store.catalog import Cache
from app.store.contacts import BY_ID
from app.store.row_ids import RowIds
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
            *_searching(many, contacts),
            *_sorting(many),
            *_looking_up(many, few, contacts),
            *_paging(many, few),
        ]


# Each search as if one key had just gone down


def _searching(many: Cache, contacts: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    times = [ms(_search, many, search) for search in (*words.LETTERS, *words.one_word(contacts))]
    yield Row("search, one word: median", None, nth(times, 0.5), "ms", 5.0)
    yield Row(f"search, one word: 99 of 100, of {len(times):,}", None, nth(times, 0.99), "ms", 50.0)
    in_one_field = [ms(_search, many, search) for search in words.in_one_field(contacts)]
    yield Row("search, field:value, letter by letter: median", None, nth(in_one_field, 0.5), "ms", 5.0)
    yield from _slowest(many, [*words.one_word(contacts), *words.several_words(contacts), *words.hostile()])
    counts = [ms(_count, many, search) for search in (*words.OFTEN, *words.TOGETHER, *words.ELSEWHERE)]
    yield Row("search: count and the first 10,000 numbers, worst", None, max(counts), "ms", 2500.0)


def _slowest(many: Cache, searches: Sequence[str]) -> Iterator[Row]:
    """Of the searches that find what begins with the words, and of those that then look for parts and near misses."""
    found, fallen_back = [], []
    for search in searches:
        rows = _found(many, search)
        (fallen_back if rows.similar or not rows.known else found).append(ms(_search, many, search))
    yield Row(f"search, whatever is typed: worst of {len(found):,}", None, max(found), "ms", 1000.0)
    what = f"search, parts of words and near misses: worst of {len(fallen_back):,}"
    yield Row(what, None, max(fallen_back), "ms", 2000.0)


def _found(cache: Cache, search: str, order: ListOrder = BY_ID) -> RowIds[Contact]:
    found = cache.search_contacts(search, order)
    found.read_first()
    return found


def _search(cache: Cache, search: str, order: ListOrder = BY_ID) -> Sequence[Contact]:
    return _found(cache, search, order).rows(0, words.FOUND)


def _count(cache: Cache, search: str) -> None:
    cache.search_contacts(search).count()


def _check_found(many: Cache, file: Path) -> None:
    asked = [*words.OFTEN, *words.RARE, *words.TOGETHER, *words.ELSEWHERE]
    for search, ids in words.who_has(file, asked).items():
        rows = _found(many, search, BY_ID)
        found = [row.id for row in rows.rows(0, words.FOUND)]
        assert ([] if rows.similar else found) == ids, search


# Each order, from the asking to the first screen


def _sorting(many: Cache) -> Iterator[Row]:
    orders = [ListOrder(column, way) for column in ("id", "email", "name") for way in (False, True)]
    alone = [ms(_search, many, "", order) for order in orders]
    together = [ms(_search, many, search, order) for order in orders for search in words.SORTED]
    _check_sorted(many)
    yield Row("a sort: slowest first screen", None, max(alone), "ms", 50.0)
    yield Row(
        f"a filter and a sort: slowest first screen of {len(together)}", None, max(together), "ms", 1000.0
    )


def _check_sorted(cache: Cache) -> None:
    """What few enough have is sorted by looking."""
    found = _found(cache, "fairweather c-9")
    found.read_all()
    by_name = sorted(
        found.rows(0, 10_000),
        key=lambda row: (f"{row.value(FIRST_NAME)} {row.value(LAST_NAME)}".strip().lower(), int(row.id)),
    )
    assert list(_search(cache, "fairweather c-9", ListOrder("name"))) == by_name[: words.FOUND]


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
    found = cache.search_contacts()
    found.read_all()
    assert found.total is not None
    last = found.total - PAGE
    chance = random.Random(3)  # noqa: S311 - repeatable, no secret
    places = [0, last, *(chance.randrange(last) for _ in range(PAGES))]
    assert all(len(found.rows(place, PAGE)) == PAGE for place in places[:20])
    return [ms(found.rows, place, PAGE) for place in places]
