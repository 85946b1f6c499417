"""The sandbox as an ASGI application: the calls of the API, the token endpoint, controls, pages."""

import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from app.domain.mails import Mail
from app.domain.text import sanitize
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.body import BodyRejected, decode
from app.sandbox.context import ApiRequest, Context, Handler
from app.sandbox.controls import Controls
from app.sandbox.faults import INSTEAD, Fault, deliver
from app.sandbox.handlers import ROUTES
from app.sandbox.idempotency import AcceptedTriggers, Launch
from app.sandbox.options import SandboxOptions
from app.sandbox.origin import Guard, is_same_origin
from app.sandbox.pages import Pages
from app.sandbox.responses import (
    DATABASE_FAILED,
    GATEWAY,
    UNREADABLE,
    WRONG_METHOD,
    JsonReply,
    NotServed,
    Rejected,
    gateway,
)

VERSIONS = ("v2", "v3")
_REPLY_CODE = re.compile(rb'\{"replyCode":(\d+)')


def create_sandbox(
    account: SandboxAccount,
    options: SandboxOptions | None = None,
    clock: Callable[[], float] = time.time,
    accepted: AcceptedTriggers | None = None,
) -> "Sandbox":
    """Returns the sandbox of an account; `clock` is in seconds since 1970.

    Accepted trigger ids are kept beside the account's database, unless `accepted` is given. Raises
    AccountDatabaseError.
    """
    if accepted is None:
        file = account.database.with_name(f"{account.database.stem}-triggers.db")
        accepted = AcceptedTriggers(file, remember_s=options.remember_s if options else None)
    return Sandbox(Context(account, accepted, options or SandboxOptions(), clock))


class Sandbox:
    """An ASGI application; `faults` are the injected faults."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.faults = context.faults
        signed_by_token = context.options.auth == "oauth"
        # A Router: Starlette would answer an exception before the connection is cut.
        self._router = Router(
            [
                *(
                    Route(f"/api/{version}{path}", ApiEndpoint(context, version, path, handlers))
                    for version in VERSIONS
                    for path, handlers in _handlers_by_path().items()
                ),
                *([Route("/oauth2/token", self._token, methods=["POST"])] if signed_by_token else []),
                Controls(context).mount(),
                *Pages(context).routes(),
            ],
            redirect_slashes=False,
            default=self._not_found,
            middleware=[
                Middleware(Guard, is_same_origin, "A page of another site may not use this sandbox.")
            ],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # Clients send both double and trailing slashes.
        path = re.sub("/{2,}", "/", scope["path"]).rstrip("/") or "/"
        if self._context.options.log:
            send = _logging(send, scope, self._context.options.log, self._context.clock())
        with suppress(ClientDisconnect):
            await self._router({**scope, "path": path, "root_path": ""}, receive, send)

    def reset(self) -> None:
        """Clears accepted trigger ids, logged requests and faults."""
        self._context.reset()

    def sent_mails(self, limit: int) -> list[tuple[Mail, Launch]]:
        """The mails of the newest `limit` triggers, newest first, each with its trigger."""
        events = self._context.account.events
        launches = [(events.get(launch.event_id), launch) for launch in self._context.accepted.newest(limit)]
        return [
            (mail, launch) for event, launch in launches if event and event.attached for mail in event.mails
        ]

    def close(self) -> None:
        """Closes the file of accepted trigger ids; the account stays open."""
        self._context.accepted.close()

    async def _token(self, request: Request) -> Response:
        context = self._context
        try:
            body = await context.bodies.read(request)
        except BodyRejected as rejected:
            return rejected.response
        response = context.tokens.respond(request, body)
        shown = JSONResponse({"access_token": "***"}) if response.status_code == 200 else response
        context.request_log.add(context.clock(), request.scope, body, shown)
        return response

    async def _not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = NotServed(Request(scope)).reply()
        response.raw_headers.extend(self._context.rate_limit.headers())
        await response(scope, receive, send)


def _logging(send: Send, scope: Scope, log: Callable[[str], None], at: float) -> Send:
    """Logs time, method, path, HTTP status and reply code with the first bytes of the reply's body."""
    status = 0

    async def sending(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif status:
            code = _REPLY_CODE.match(message.get("body", b""))
            moment = datetime.fromtimestamp(at, UTC)
            call = sanitize(f"{scope['method']} {scope['path']}")
            log(f"{moment:%H:%M:%S}Z {call} {status}{f' {code[1].decode()}' if code else ''}")
            status = 0
        await send(message)

    return sending


def _handlers_by_path() -> Mapping[str, Mapping[str, Handler]]:
    """The handlers by path below the base URL, and by method."""
    handlers: dict[str, dict[str, Handler]] = {}
    for route in ROUTES:
        handlers.setdefault(route.path, {})[route.method] = route.handler
    return handlers


class ApiEndpoint:
    """One path of one version of the API, with a handler for each method.

    For every call it reads the body, checks sign-in, rate limit, method and JSON, and applies a fault, in
    this order.
    """

    def __init__(self, context: Context, version: str, path: str, handlers: Mapping[str, Handler]) -> None:
        self._context = context
        self._version = version
        self._handlers = handlers
        # The API has calls of other methods at a collection or a thing, such as POST contact, not at an action.
        self._is_action = path.count("/") > 1 and not path.endswith("}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = self._context
        request = ApiRequest(scope, receive, context)
        at = context.clock()
        body, fault = b"", None
        try:
            body = await context.bodies.read(request)
            response, fault = await self._respond(request, body)
        except BodyRejected as rejected:
            response = rejected.response
        response = self._signed(response)
        context.request_log.add(at, scope, body, response, fault.kind if fault else None)
        response.raw_headers.extend(context.rate_limit.headers(exhausted=response.status_code == 429))
        await deliver(response, fault, scope, receive, send)

    def _signed(self, response: Response) -> Response:
        """The response as the sign-in's front end sends it."""
        status = response.status_code
        if self._version == "v3":
            if status == 401:
                response.headers["www-authenticate"] = "Bearer"
        elif self._context.options.auth == "wsse" and status in GATEWAY and isinstance(response, JsonReply):
            return gateway(status, GATEWAY[status])
        return response

    async def _respond(self, request: ApiRequest, body: bytes) -> tuple[Response, Fault | None]:
        context = self._context
        try:
            context.sign_in.check(self._version, request)
            context.rate_limit.count()
            handler = self._handlers.get(request.method)
            if handler is None:
                raise Rejected(*WRONG_METHOD) if self._is_action else NotServed(request)
            if request.method == "POST":
                request.payload, request.length = decode(body), len(body)
        except Rejected as rejected:
            return rejected.reply(), None
        event_id = request.path_params.get("event_id") if request.payload else None
        fault = context.faults.strike(event_id, request.payload)
        if fault and fault.kind in INSTEAD:
            return INSTEAD[fault.kind](), fault
        return await _handled(handler, request), fault


async def _handled(handler: Handler, request: ApiRequest) -> Response:
    try:
        return await handler(request)
    except Rejected as rejected:
        return rejected.reply()
    except RecursionError:
        return JsonReply(*UNREADABLE)
    except sqlite3.Error:
        return JsonReply(*DATABASE_FAILED)
