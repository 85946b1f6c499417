"""What it costs to search a million contacts as one types."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from app.domain.model import Contact
from app.sandbox.accounts.folder import CONTACTS
from app.store.catalog import Cache
from app.store.row_ids import RowIds
from tests.benchmarks import homes, words
from tests.benchmarks.table import Row
from tests.benchmarks.timing import ms, nth


def rows(scale: float) -> list[Row]:
    """The rows of the store; scale 1 has a million contacts."""
    home = homes.large(scale)
    file = home.settings().demo / CONTACTS
    with closing(Cache(home.settings().cache)) as cache:
        _check_found(cache, file)
        return list(_searching(cache, words.picked(file)))


def _searching(cache: Cache, contacts: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    times = [ms(_search, cache, search) for search in (*words.LETTERS, *words.one_word(contacts))]
    yield Row("search, one word: median", None, nth(times, 0.5), "ms", 5.0)
    yield Row(f"search, one word: 99 of 100, of {len(times):,}", None, nth(times, 0.99), "ms", 50.0)
    searches = (words.one_word, words.in_one_field, words.several_words)
    typed = [text for made in searches for text in made(contacts)]
    yield from _slowest(cache, [*typed, *words.hostile()])


def _slowest(cache: Cache, searches: Sequence[str]) -> Iterator[Row]:
    """Of the searches that find what begins with the words, and of those that then look for parts and near misses."""
    found, fallen_back = [], []
    for search in searches:
        rows = _found(cache, search)
        (fallen_back if rows.similar or not rows.known else found).append(ms(_search, cache, search))
    yield Row(f"search, whatever is typed: worst of {len(found):,}", None, max(found), "ms", 1000.0)
    what = f"search, parts of words and near misses: worst of {len(fallen_back):,}"
    yield Row(what, None, max(fallen_back), "ms", 2000.0)


def _found(cache: Cache, search: str) -> RowIds[Contact]:
    found = cache.search_contacts(search)
    found.read_first()
    return found


def _search(cache: Cache, search: str) -> Sequence[Contact]:
    return _found(cache, search).rows(0, words.FOUND)


def _check_found(cache: Cache, file: Path) -> None:
    asked = [*words.OFTEN, *words.RARE, *words.TOGETHER, *words.ELSEWHERE]
    for search, ids in words.who_has(file, asked).items():
        rows = _found(cache, search)
        found = [row.id for row in rows.rows(0, words.FOUND)]
        assert ([] if rows.similar else found) == ids, search
