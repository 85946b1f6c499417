"""One path of the API as an ASGI application: everything that is the same for each call stands here, in order.

The body, sign-in, rate, method, JSON, rehearsed failures, the call itself, the record, the way back.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from app.sandbox.answers import BROKEN, TOO_MANY, UNREADABLE, WRONG_METHOD, Answer, Refused
from app.sandbox.auth import SignIn
from app.sandbox.body import BodyReader, BodyRefused, ClientGone, decode
from app.sandbox.calls.call import Call, Ground, Handler
from app.sandbox.delivery import deliver, deliver_early
from app.sandbox.faults import INSTEAD, Fault, Faults
from app.sandbox.limits import RateLimit
from app.sandbox.records import Records

VERSIONS = ("v2", "v3")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the endpoints of one sandbox share."""

    ground: Ground
    sign_in: SignIn
    rate: RateLimit
    faults: Faults
    records: Records
    reader: BodyReader
    clock: Callable[[], float]


class Endpoint:
    """The calls of one path of one version of the API, by method.

    `beside`: they are answered in a thread, so that whoever shares this loop is not kept waiting.
    """

    def __init__(
        self, desk: Desk, version: str, methods: Mapping[str, Handler], *, beside: bool = False
    ) -> None:
        self._desk = desk
        self._version = version
        self._methods = methods
        self._beside = beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises nothing but SandboxCut, and that only where it was asked for."""
        desk = self._desk
        at = desk.clock()
        fault, body, refused = None, b"", False
        try:
            body = await desk.reader.read(receive)
            answer, fault = await self._judged(scope, body)
        except BodyRefused as refusal:
            answer, refused = refusal.answer, True
        except ClientGone:
            return
        desk.records.add(at, scope, body, answer, fault.kind if fault else None)
        headers = desk.rate.headers(exhausted=answer.status == 429)
        if refused:
            await deliver_early(receive, send, answer, headers)
        else:
            await deliver(send, answer, headers, fault)

    async def _judged(self, scope: Scope, body: bytes) -> tuple[Answer, Fault | None]:
        desk = self._desk
        refusal = desk.sign_in.refusal(self._version, scope["headers"])
        if refusal is not None:
            return refusal, None
        if desk.rate.exceeded():
            return TOO_MANY, None
        handler = self._methods.get(scope["method"])
        if handler is None:
            return WRONG_METHOD, None
        payload = decode(body) if scope["method"] == "POST" else {}
        if payload is None:
            return UNREADABLE, None
        call = Call(scope["path_params"], scope["query_string"], payload, len(body))
        return (
            await self._struck(handler, call) if desk.faults else (await self._handled(handler, call), None)
        )

    async def _struck(self, handler: Handler, call: Call) -> tuple[Answer, Fault | None]:
        event_id = call.path["event_id"] if call.payload and "event_id" in call.path else None
        fault = self._desk.faults.strike(event_id, call.payload)
        if fault is None:
            return await self._handled(handler, call), None
        return INSTEAD.get(fault.kind) or await self._handled(handler, call), fault

    async def _handled(self, handler: Handler, call: Call) -> Answer:
        ground = self._desk.ground
        try:
            return await asyncio.to_thread(handler, ground, call) if self._beside else handler(ground, call)
        except Refused as refusal:
            return refusal.answer
        except RecursionError:
            return UNREADABLE
        except sqlite3.Error:
            return BROKEN
