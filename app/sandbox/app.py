"""The sandbox as an ASGI application: the calls of the API, the token endpoint, controls, pages."""

import re
import sqlite3
import time
from collections.abc import Callable
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
from app.sandbox.context import ApiRequest, Context, Handler
from app.sandbox.controls import Controls
from app.sandbox.faults import INSTEAD, deliver
from app.sandbox.handlers import ROUTES
from app.sandbox.idempotency import AcceptedTriggers, Mentions, ReachedContact
from app.sandbox.options import SandboxOptions
from app.sandbox.requests import Guard, decode, is_same_origin, read_body
from app.sandbox.responses import (
    DATABASE_FAILED,
    GATEWAY,
    UNREADABLE,
    WRONG_METHOD,
    JsonReply,
    Rejected,
    not_served,
)

_REPLY_CODE = re.compile(rb'\{"replyCode":(\d+)')


def create_sandbox(
    account: SandboxAccount,
    options: SandboxOptions | None = None,
    clock: Callable[[], float] = time.time,
    accepted: AcceptedTriggers | None = None,
) -> "Sandbox":
    """The sandbox of an account, with accepted trigger ids beside its database unless given. Raises AppError."""
    options = options or SandboxOptions()
    if accepted is None:
        file = account.database.with_name(f"{account.database.stem}-triggers.db")
        accepted = AcceptedTriggers(file, options.remember_s)
    return Sandbox(Context(account, accepted, options, clock))


class Sandbox:
    """An ASGI application; `faults` are the injected faults."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.faults = context.faults
        routes = [
            Route(f"/api/{version}{path}", ApiEndpoint(context, version, path, method, handler))
            for version in ("v2", "v3")
            for method, path, handler in ROUTES
        ]
        if context.options.auth == "oauth":
            routes.append(Route("/oauth2/token", self._token, methods=["POST"]))
        # A Router: Starlette would answer an exception before the connection is cut.
        self._router = Router(
            [*routes, *Controls(context).routes()],
            redirect_slashes=False,
            default=self._not_found,
            middleware=[
                Middleware(Guard, is_same_origin, "A page of another site may not use this sandbox.")
            ],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Clients send both double and trailing slashes.
        path = re.sub("/{2,}", "/", scope["path"]).rstrip("/") or "/"
        if self._context.options.log:
            send = _logging(send, scope, self._context.options.log, self._context.clock())
        with suppress(ClientDisconnect):
            try:
                await self._router({**scope, "path": path, "root_path": ""}, receive, send)
            except Rejected as rejected:
                await rejected.reply()(scope, receive, send)

    def reset(self) -> None:
        self._context.reset()

    def forget(self, mentions: Mentions) -> None:
        """Removes the triggers of a person from what was accepted."""
        self._context.accepted.forget(mentions)

    def sent_mails(self, limit: int) -> list[tuple[Mail, ReachedContact]]:
        """The mails of the newest `limit` triggers, newest first, each with its trigger."""
        events = self._context.account.events
        launches = [(events.get(launch.event_id), launch) for launch in self._context.accepted.newest(limit)]
        return [(mail, launch) for event, launch in launches if event for mail in event.launched]

    def close(self) -> None:
        self._context.accepted.close()

    async def _token(self, request: Request) -> Response:
        context = self._context
        body = await read_body(request, context.options)
        response = context.sign_in.respond(request, body)
        shown = JSONResponse({"access_token": "***"}) if response.status_code == 200 else response
        context.log(context.clock(), request.scope, body, shown)
        return response

    async def _not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = not_served(Request(scope)).reply()
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


class ApiEndpoint:
    """One path of one version: body, sign-in, rate limit, method, JSON, fault, in this order."""

    def __init__(self, context: Context, version: str, path: str, method: str, handler: Handler) -> None:
        self._context = context
        self._version = version
        self._method = method
        self._handler = handler
        # The API has calls of other methods at a collection or a thing, such as POST contact, not at an action.
        self._is_action = path.count("/") > 1 and not path.endswith("}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = self._context
        request = ApiRequest(scope, receive, context)
        at = context.clock()
        body, fault = b"", None
        try:
            body = await read_body(request, context.options)
            self._check(request, body)
            event_id = request.path_params.get("event_id") if request.payload else None
            fault = context.faults.strike(event_id, request.payload)
            instead = INSTEAD.get(fault.kind) if fault else None
            response = instead() if instead else await self._handler(request)
        except Rejected as rejected:
            response = rejected.reply()
        except RecursionError:
            response = JsonReply(*UNREADABLE)
        except sqlite3.Error:
            response = JsonReply(*DATABASE_FAILED)
        response = self._signed(response)
        context.log(at, scope, body, response, fault.kind if fault else None)
        response.raw_headers.extend(context.rate_limit.headers(exhausted=response.status_code == 429))
        await deliver(response, fault, scope, receive, send)

    def _check(self, request: ApiRequest, body: bytes) -> None:
        """Reads the payload of a POST. Raises Rejected."""
        self._context.sign_in.check(self._version, request)
        self._context.rate_limit.count()
        if request.method != self._method:
            raise Rejected(*WRONG_METHOD) if self._is_action else not_served(request)
        if request.method == "POST":
            request.payload, request.length = decode(body), len(body)

    def _signed(self, response: Response) -> Response:
        status = response.status_code
        if self._version == "v3":
            if status == 401:
                response.headers["www-authenticate"] = "Bearer"
        elif self._context.options.auth == "wsse" and status in GATEWAY and isinstance(response, JsonReply):
            return JSONResponse({"message": GATEWAY[status]}, status)
        return response
