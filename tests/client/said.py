"""What every test of a trigger needs: a request, and an answer in three words."""

from app.domain.model import Answer, NoReply, TriggerRequest, outcome_of

REQUEST = TriggerRequest("100", "3", "thor@example.com", {"global": {"itemName": "hammer"}}, "t-1")


def said(answer: Answer) -> tuple[str, int | None, int | str | None]:
    """The outcome, the HTTP status, and the reply code or the reason why there is no reply."""
    outcome = outcome_of(answer).value
    if isinstance(answer, NoReply):
        return outcome, None, answer.reason
    return outcome, answer.http_status, answer.reply_code
