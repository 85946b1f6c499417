"""The history as its users read it."""

from itertools import islice
from pathlib import Path

from app.domain.history_query import HistoryQuery, Order, QueryField, SortColumn
from app.domain.model import TriggerRequest
from app.resources import help_pages
from app.service.session import Session
from app.store.history_search import COLUMNS
from tests.service.conftest import opened


def attempt(value: str) -> TriggerRequest:
    return TriggerRequest("100", "3", value)


def test_each_filter_has_a_row_in_the_help_page_and_a_column() -> None:
    page = next(page for page in help_pages() if page.stem == "queries").read_text(encoding="utf-8")
    described = {
        line.split(":")[0].removeprefix("| `") for line in page.splitlines() if line.startswith("| `")
    }
    assert set(QueryField) <= described
    assert set(COLUMNS) == set(QueryField)


async def test_following_gives_the_last_attempts_and_each_one_that_finishes(
    service: Session, tmp_path: Path
) -> None:
    reader, writer = opened(tmp_path), service
    for number in range(4):
        await writer.send(attempt("thor@example.com"), f"first-{number}", repeats=True)
    pauses: list[int] = []
    waiting = reader.history.follow(
        2, lambda: pauses.append(1), query=HistoryQuery(order=Order(SortColumn.CODE))
    )
    assert [one.attempt_id for one in islice(waiting, 2)] == ["first-2", "first-3"]
    await writer.send(attempt("nobody@example.com"), "later")
    await writer.send(attempt("sif@example.com"), "latest")
    assert [one.attempt_id for one in islice(waiting, 2)] == ["later", "latest"]
    assert not pauses
    await reader.close()
