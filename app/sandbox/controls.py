"""The controls of a served sandbox, below /_sandbox/: from this machine only, and beside the API, not of it."""

import ipaddress
import json
from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app.sandbox.answers import TEXT, Answer
from app.sandbox.body import BodyRefused, ClientGone, decode
from app.sandbox.delivery import deliver, deliver_early
from app.sandbox.endpoint import Desk
from app.sandbox.faults import FaultError, parse_fault

PREFIX = "/_sandbox"
Control = Callable[[bytes], Answer]

_NOT_LOCAL = Answer(403, b"The controls answer to this machine only.\n", (), TEXT)
_NO_SUCH_METHOD = Answer(405, b"No such control.\n", (), TEXT)
_LINES = b"application/x-ndjson"


class ControlEndpoint:
    """The controls of one path, by method."""

    def __init__(self, desk: Desk, methods: Mapping[str, Control]) -> None:
        self._desk = desk
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            body = await self._desk.reader.read(receive)
        except BodyRefused as refusal:
            await deliver_early(receive, send, refusal.answer)
        except ClientGone:
            return
        else:
            await deliver(send, self._answer(scope, body), [])

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        if not from_here(scope):
            return _NOT_LOCAL
        control = self._methods.get(scope["method"])
        return control(body) if control else _NO_SUCH_METHOD


def from_here(scope: Scope) -> bool:
    """Whether a request comes from this machine, and not from a page of another site in a browser on it."""
    if any(name == b"origin" for name, _ in scope["headers"]):
        return False
    client = scope.get("client")
    if client is None:
        return True
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class Controls:
    """What each control does."""

    def __init__(self, desk: Desk, reset: Callable[[], None]) -> None:
        self._desk = desk
        self._reset = reset

    def routes(self) -> list[BaseRoute]:
        """The controls as routes."""
        methods: Mapping[str, Mapping[str, Control]] = {
            "faults": {"POST": self.set_fault, "GET": self.faults, "DELETE": self.clear_faults},
            "reset": {"POST": self.reset},
            "requests": {"GET": self.requests},
            "health": {"GET": self.health},
        }
        return [
            Route(f"{PREFIX}/{name}", ControlEndpoint(self._desk, there)) for name, there in methods.items()
        ]

    def set_fault(self, body: bytes) -> Answer:
        """Sets one more failure; all that are set."""
        payload = decode(body)
        if payload is None:
            return _json({"error": "A JSON object is expected."}, 400)
        try:
            self._desk.faults.add(parse_fault(payload))
        except FaultError as error:
            return _json({"error": str(error)}, 400)
        return self.faults(b"")

    def faults(self, _: bytes) -> Answer:
        """All failures that are set."""
        return _json(self._desk.faults.shown())

    def clear_faults(self, _: bytes) -> Answer:
        """Sets none; the empty list."""
        self._desk.faults.clear()
        return self.faults(b"")

    def reset(self, _: bytes) -> Answer:
        """Begins anew."""
        self._reset()
        return _json({"reset": True})

    def requests(self, _: bytes) -> Answer:
        """What was received lately, as JSON Lines, oldest first."""
        lines = "".join(f"{line}\n" for line in self._desk.records.lines())
        return Answer(200, lines.encode(), (), _LINES)

    def health(self, _: bytes) -> Answer:
        """That it answers, and over how much."""
        account = self._desk.ground.account
        return _json({"status": "ok", "events": len(account.events), "fields": len(account.fields)})


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())
