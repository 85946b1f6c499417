"""A query of the history as it is typed on the command line."""

from datetime import UTC, datetime

from app.cli.failures import Failure
from app.domain.history_query import Clock, HistoryQuery, QueryFaultError, parse_query, proposal


def read_query(line: str) -> HistoryQuery:
    """What a line means now, here. Raises Failure, which says where it is not understood."""
    try:
        return parse_query(line, Clock(datetime.now(UTC)))
    except QueryFaultError as fault:
        meant = proposal(line, fault)
        raise Failure(f"{fault} Did you mean: {meant}" if meant else str(fault)) from None
