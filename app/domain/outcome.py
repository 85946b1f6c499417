"""The outcome of an attempt, from what came back: the README's table of outcomes, line by line."""

from app.domain.model import Answer, NoReply, Outcome, Reply

LABEL = {
    Outcome.SENDING: ("…", "sending"),
    Outcome.ACCEPTED: ("✓", "accepted"),
    Outcome.PARTIAL: ("◐", "partial"),
    Outcome.REJECTED: ("✗", "rejected"),
    Outcome.NOT_SENT: ("○", "not sent"),
    Outcome.UNKNOWN: ("?", "unknown"),
}
"""Symbol and word of each outcome, wherever one is shown."""


def outcome_of(answer: Answer) -> Outcome:
    """Exactly one outcome for any answer; the first line that fits decides."""
    match answer:
        case NoReply(sent="no"):
            return Outcome.NOT_SENT
        case NoReply():
            return Outcome.UNKNOWN
        case Reply():
            return _outcome_of_reply(answer)


def _outcome_of_reply(reply: Reply) -> Outcome:
    match reply.http_status // 100, reply.reply_code:
        case 3, _:
            return Outcome.REJECTED
        case 4, code:
            return Outcome.UNKNOWN if code == 0 else Outcome.REJECTED
        case 2, 0:
            return Outcome.PARTIAL if reply.errors else Outcome.ACCEPTED
        case 2, int():
            return Outcome.REJECTED
        case _:
            return Outcome.UNKNOWN
