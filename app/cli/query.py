"""A query of the history as it is typed on the command line, and the index behind it brought up to date in sight."""

from datetime import UTC, datetime

from app.cli.failures import Failure
from app.cli.progress import bar
from app.domain.history_query import Clock, HistoryQuery, QueryFaultError, parse_query, proposal
from app.service.session import Session

_MANY = 5000


def read_query(line: str) -> HistoryQuery:
    """What a line means now, here. Raises Failure, which says where it is not understood."""
    try:
        return parse_query(line, Clock(datetime.now(UTC)))
    except QueryFaultError as fault:
        meant = proposal(line, fault)
        raise Failure(f"{fault} Did you mean: {meant}" if meant else str(fault)) from None


def index_in_sight(service: Session) -> None:
    """Brings the index of the history up to date, with a bar where that takes a while."""
    if service.history.behind() < _MANY:
        return
    with bar() as shown:
        shown.line("history: indexing the attempts, once")
        service.history.catch_up(
            lambda done, total: shown.show("history: indexing the attempts, once", done / total)
        )
