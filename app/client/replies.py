"""What was received -> a reply to a trigger, or the data of a call that fills the cache."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.client.errors import ClientError
from app.client.exchange import Received
from app.domain import wire
from app.domain.clean import clean
from app.domain.http_advice import remedy_for_status
from app.domain.model import Reply

_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a call asks the account for, in words, and the permission that it needs."""

    what: str
    permission: str


def trigger_reply(received: Received) -> Reply:
    """The reply, for the outcome rules. A body that came encoded unasked, or not whole, is kept but not read."""
    reply = wire.parse_reply(received.status, _readable(received), received.headers)
    return replace(reply, body=received.body, body_length=received.length)


def data_of(received: Received, purpose: Purpose) -> object:
    """`data` of a reply with HTTP 2xx and reply code 0. Raises ClientError."""
    payload = wire.json_object(_readable(received))
    if received.status // 100 != 2 or wire.reply_code(payload.get("replyCode")) != 0:
        raise ClientError(_refusal(trigger_reply(received), purpose))
    return payload.get("data")


def _readable(received: Received) -> bytes:
    return received.body if received.whole and not received.coded else b""


def _refusal(reply: Reply, purpose: Purpose) -> str:
    said = [f"HTTP {reply.http_status}"]
    if reply.reply_code is not None:
        said.append(f"reply code {reply.reply_code}")
    if reply.reply_text:
        said.append(clean(reply.reply_text, _LONGEST_TEXT))
    remedy = remedy_for_status(reply, datetime.now(UTC), purpose.permission)
    return f"The account did not answer with its {purpose.what} ({', '.join(said)}). {remedy or 'Try again later.'}"
