"""The outcome of an attempt, from its answer."""

from app.domain.model import Answer, NoReply, Outcome, Reply

LABEL = {
    Outcome.SENDING: ("…", "sending"),
    Outcome.ACCEPTED: ("✓", "accepted"),
    Outcome.PARTIAL: ("◐", "partial"),
    Outcome.REJECTED: ("✗", "rejected"),
    Outcome.NOT_SENT: ("○", "not sent"),
    Outcome.UNKNOWN: ("?", "unknown"),
}
"""The symbol and word of each outcome."""

SETTLED = {True: "arrived", False: "not arrived"}
"""The words for a resolved unknown outcome where there is little room."""

RESOLVED = {True: "resolved: arrived", False: "resolved: did not arrive"}
"""The same where there is room."""

MEANING = {
    Outcome.SENDING: "Still being sent.",
    Outcome.ACCEPTED: "Emarsys accepted the event. Whether an e-mail goes out depends on the program that uses it.",
    Outcome.PARTIAL: "Accepted, but not for everyone; the reply names the contacts.",
    Outcome.REJECTED: "Rejected. Nothing was triggered.",
    Outcome.NOT_SENT: "Nothing left this machine. It is safe to send again.",
    Outcome.UNKNOWN: "It may have been triggered. Check before you send again.",
}

UNKNOWN_REMEDY = (
    "Check in the account whether the event arrived. If it did not, resend it with the same trigger id."
)


def outcome_of(answer: Answer) -> Outcome:
    """The outcome of an answer; the first matching case decides."""
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
