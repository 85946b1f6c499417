"""What was received -> a reply to a trigger, or the data of a call that fills the cache."""

import json
from dataclasses import replace

from app.client.errors import ClientError
from app.client.exchange import Received
from app.domain import wire
from app.domain.clean import clean
from app.domain.model import Reply

_LONGEST_TEXT = 200
_REMEDIES = {
    401: "Check the profile's user and secret, and the clock of this machine.",
    403: "Have the permission switched on in the account's security settings.",
    404: "Check the base URL of the profile.",
    429: "Too many requests in the last minute: wait a minute, then try again.",
}


def trigger_reply(received: Received) -> Reply:
    """The reply, for the outcome rules. A body that came encoded unasked, or not whole, is kept but not read."""
    readable = received.body if received.whole and not received.coded else b""
    reply = wire.parse_reply(received.status, readable, received.headers)
    return replace(reply, body=received.body, body_length=received.length)


def data_of(received: Received, what: str) -> object:
    """`data` of a reply with HTTP 2xx and reply code 0; `what` names the call. Raises ClientError."""
    reply = trigger_reply(received)
    if received.status // 100 != 2 or reply.reply_code != 0:
        raise ClientError(_refusal(reply, what))
    return json.loads(received.body).get("data")


def _refusal(reply: Reply, what: str) -> str:
    said = [f"HTTP {reply.http_status}"]
    if reply.reply_code is not None:
        said.append(f"reply code {reply.reply_code}")
    if reply.reply_text:
        said.append(clean(reply.reply_text, _LONGEST_TEXT))
    remedy = _REMEDIES.get(reply.http_status, "Try again later.")
    return f"The account did not answer {what}: {', '.join(said)}. {remedy}"
