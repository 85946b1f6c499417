"""POST /oauth2/token over HTTP. Beside the API because it is no call of it: no envelope, no failures, no rate."""

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.sandbox.answers import Answer
from app.sandbox.body import BodyRefused, ClientGone
from app.sandbox.delivery import deliver, deliver_early
from app.sandbox.endpoint import Desk
from app.sandbox.tokens import Tokens

PATH = "/oauth2/token"
_WRONG_METHOD = Answer(405, b'{"error": "invalid_request"}')
_NO_STORE = ((b"cache-control", b"no-store"),)


class TokenEndpoint:
    """Gives out tokens; what it received is recorded without the secret."""

    def __init__(self, tokens: Tokens, desk: Desk) -> None:
        self._tokens = tokens
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        body = b""
        try:
            body = await self._desk.reader.read(receive)
            answer = self._answer(scope, body)
        except BodyRefused as refusal:
            await deliver_early(receive, send, refusal.answer)
            return
        except ClientGone:
            return
        shown = answer if answer.status != 200 else Answer(200, b'{"access_token": "***"}')
        self._desk.records.add(self._desk.clock(), scope, body, shown, None)
        challenge = [(b"www-authenticate", b'Basic realm="sandbox"')] if answer.status == 401 else []
        await deliver(send, answer, [*_NO_STORE, *challenge])

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        if scope["method"] != "POST":
            return _WRONG_METHOD
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return self._tokens.answer(header.decode("latin-1"), body)


def route(tokens: Tokens, desk: Desk) -> Route:
    """The token endpoint as a route."""
    return Route(PATH, TokenEndpoint(tokens, desk))
