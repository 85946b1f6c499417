"""One path of the API as an ASGI application: everything that is the same for each call stands here, in order."""

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from app.sandbox.answers import (
    TOO_LARGE,
    TOO_SLOW,
    UNREADABLE,
    WRONG_METHOD,
    Answer,
    Refused,
)
from app.sandbox.body import BodyTooLarge, ClientGone, decode, read_body
from app.sandbox.calls import Call, Ground, Handler

_JSON = (b"content-type", b"application/json; charset=utf-8")


class Endpoint:
    """The calls of one path, by method."""

    def __init__(self, ground: Ground, methods: Mapping[str, Handler]) -> None:
        self._ground = ground
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises nothing that a client could cause."""
        options = self._ground.options
        try:
            body = await read_body(receive, options.max_body, options.body_timeout_s)
        except ClientGone:
            return
        except BodyTooLarge:
            await reply(send, TOO_LARGE)
        except TimeoutError:
            await reply(send, TOO_SLOW)
        else:
            await reply(send, self._answer(scope, body))

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        handler = self._methods.get(scope["method"])
        if handler is None:
            return WRONG_METHOD
        payload = decode(body) if scope["method"] == "POST" else {}
        if payload is None:
            return UNREADABLE
        try:
            return handler(
                self._ground, Call(scope["path_params"], scope["query_string"], payload, len(body))
            )
        except Refused as refusal:
            return refusal.answer
        except RecursionError:
            return UNREADABLE


async def reply(send: Send, answer: Answer) -> None:
    """Sends an answer as HTTP."""
    headers = [_JSON, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
