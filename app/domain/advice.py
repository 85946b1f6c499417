"""What a reply means and what to do about it in this request: the likely cause named, in one or two sentences.

`advise` speaks of a trigger that was answered (or not); `advise_beforehand` of one that was not sent yet. What a reply
code means for this request stands in `code_advice`, what an HTTP status does in `http_advice`.
"""

from collections.abc import Mapping
from datetime import datetime

from app.domain.account import Directory
from app.domain.code_advice import SHOWN_IDS, advise_code, advise_unlooked, field_label
from app.domain.diagnosis import LOOK_UP, REFRESH, Clues, Diagnosis, NoClues
from app.domain.http_advice import remedy_for_status
from app.domain.model import Answer, NoReply, Outcome, Reply, TriggerRequest
from app.domain.outcome import UNKNOWN_REMEDY, outcome_of
from app.domain.rules import Verdict
from app.domain.unsent_advice import remedy_for_reason
from app.domain.wire import json_object

__all__ = [
    "advise",
    "advise_beforehand",
    "field_label",
]

_NO_CLUES = NoClues()


def advise(
    answer: Answer,
    request: TriggerRequest,
    directory: Directory,
    now: datetime,
    clues: Clues = _NO_CLUES,
) -> Diagnosis | None:
    """What to do about an answer that came at `now`; None where nothing needs doing."""
    outcome = outcome_of(answer)
    match answer:
        case NoReply(detail=detail, reason=reason):
            todo = UNKNOWN_REMEDY if outcome is Outcome.UNKNOWN else remedy_for_reason(reason)
            return Diagnosis(f"{detail} {todo}" if todo else detail)
        case Reply() if outcome is Outcome.ACCEPTED:
            return _unattached(answer, request)
        case Reply(reply_code=code) if outcome is Outcome.UNKNOWN:
            return Diagnosis(f"{_unknown_reply(answer.http_status, code)} {UNKNOWN_REMEDY}")
        case Reply(errors=errors) if outcome is Outcome.PARTIAL:
            who = ", ".join(list(errors)[:SHOWN_IDS])
            return Diagnosis(f"Refused for {who}: send again for these alone, once the cause is mended.")
        case Reply():
            return _refusal(answer, request, directory, now, clues)


def advise_beforehand(
    prediction: Verdict | None, request: TriggerRequest, directory: Directory, clues: Clues = _NO_CLUES
) -> Diagnosis | None:
    """What to do before sending; None where the prediction is code 0. No prediction: how to come by one."""
    if prediction is not None:
        return advise_code(prediction.code, request, directory, clues) if prediction.code else None
    how = _how_to_predict(request, directory)
    around = advise_unlooked(request.external_id)
    if around is None:
        return how
    return Diagnosis(f"{around.words} {how.words}", (*around.remedies, *how.remedies))


def _how_to_predict(request: TriggerRequest, directory: Directory) -> Diagnosis:
    if None in (directory.has_event(request.event_id), directory.has_field(request.key_id)):
        return Diagnosis(
            "Nothing is known here of this account's events and fields yet: refresh.", (REFRESH,)
        )
    return Diagnosis(
        "The contacts of this account are known here only in part: look this one up to know what will be replied.",
        (LOOK_UP,),
    )


def _unattached(reply: Reply, request: TriggerRequest) -> Diagnosis | None:
    data = json_object(reply.body).get("data")
    if not isinstance(data, Mapping) or "connectedTo" not in data:
        return None
    connected = data["connectedTo"]
    runs = any(connected.values()) if isinstance(connected, Mapping) else bool(connected)
    if runs:
        return None
    return Diagnosis(
        f"Received, but nothing runs: no active program or campaign is attached to event {request.event_id}. "
        "Activate one in the account, then send again."
    )


def _unknown_reply(status: int, code: int | None) -> str:
    if status >= 500:
        return f"The service failed with HTTP {status}."
    if code == 0:
        return f"The reply contradicts itself: HTTP {status} with reply code 0."
    return f"The reply (HTTP {status}) could not be read."


def _refusal(
    reply: Reply, request: TriggerRequest, directory: Directory, now: datetime, clues: Clues
) -> Diagnosis:
    by_status = remedy_for_status(reply, now)
    if by_status:
        return Diagnosis(by_status)
    return advise_code(reply.reply_code, request, directory, clues) or Diagnosis(
        "Read the reply text; correct the request and send again."
    )
