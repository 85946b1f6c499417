"""The calls outside the API: the controls below /_sandbox/, the page at /, the description, and liveness."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.domain.recipient import EMAIL
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.context import Context
from app.sandbox.faults import parse_fault
from app.sandbox.requests import Guard, decode, is_local, read_body
from app.sandbox.responses import Rejected

TRIGGER_FILTERS = {"event": "event_id", "external_id": "external_id", "trigger_id": "trigger_id"}
_DESCRIPTION = Path(__file__).with_name("openapi.json")
_PAGE = Path(__file__).with_name("page.html")
_SIGN_IN = {"none": "none needed", "wsse": "X-WSSE", "oauth": "OAuth 2 client credentials at /oauth2/token"}
_HEADERS = {"none": "", "wsse": ' -H "X-WSSE: $WSSE"', "oauth": ' -H "Authorization: Bearer $TOKEN"'}
_SERVED: Mapping[str, tuple[tuple[str, ...], list[dict[str, list[str]]]]] = {
    "none": (("v2", "v3"), []),
    "wsse": (("v2",), [{"wsse": []}]),
    "oauth": (("v3",), [{"oauth": []}]),
}


class Controls:
    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[BaseRoute]:
        controls = [
            Route("/faults", self.add_fault, methods=["POST"]),
            Route("/faults", self.list_faults, methods=["GET"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/requests", self.list_requests, methods=["GET"]),
            Route("/triggers", self.list_triggers, methods=["GET"]),
            Route("/health", self.health, methods=["GET"]),
        ]
        guard = Middleware(Guard, is_local, "The controls answer to this machine only.")
        return [
            Mount("/_sandbox", routes=controls, middleware=[guard]),
            Route("/", self.page, methods=["GET"]),
            Route("/openapi.json", self.openapi, methods=["GET"]),
            Route("/healthcheck", PlainTextResponse("OK"), methods=["GET"]),
        ]

    async def add_fault(self, request: Request) -> Response:
        body = await read_body(request, self._context.options)
        try:
            fault = parse_fault(decode(body))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Rejected:
            return JSONResponse({"error": "The body must be a JSON object."}, 400)
        self._context.faults.add(fault)
        shown = self._context.faults.shown()
        if fault.event is not None and not self._context.account.has_event(fault.event):
            shown[-1]["warning"] = f"This account has no event {fault.event}."
        return JSONResponse(shown)

    async def list_faults(self, _: Request) -> Response:
        return JSONResponse(self._context.faults.shown())

    async def clear_faults(self, _: Request) -> Response:
        self._context.faults.clear()
        return JSONResponse([])

    async def reset(self, _: Request) -> Response:
        self._context.reset()
        return JSONResponse({"reset": True})

    async def list_requests(self, request: Request) -> Response:
        return _json_lines(request, self._context.logged_lines())

    async def list_triggers(self, request: Request) -> Response:
        """Replies with the accepted triggers, oldest first; the query may choose among them."""
        given = request.query_params
        if unknown := sorted(set(given) - set(TRIGGER_FILTERS)):
            return JSONResponse({"error": f"Unknown: {', '.join(unknown)}."}, 400)
        wanted = {member: given[name] for name, member in TRIGGER_FILTERS.items() if name in given}
        return _json_lines(request, self._context.accepted.lines(wanted))

    async def health(self, _: Request) -> Response:
        account = self._context.account
        return JSONResponse({"status": "ok", "events": len(account.events), "fields": len(account.fields)})

    async def page(self, request: Request) -> Response:
        return HTMLResponse(_page(self._context, str(request.base_url).rstrip("/")))

    async def openapi(self, _: Request) -> Response:
        versions, security = _SERVED[self._context.options.auth]
        text = _with_examples(_DESCRIPTION.read_text(encoding="utf-8"), self._context.account)
        servers = [{"url": f"/api/{version}"} for version in versions]
        return JSONResponse(json.loads(text) | {"servers": servers, "security": security})


def _json_lines(request: Request, lines: Iterable[str]) -> Response:
    wants_text = request.headers.get("accept", "").startswith("text/plain")
    return Response("".join(lines), media_type="text/plain" if wants_text else "application/x-ndjson")


def _with_examples(description: str, account: SandboxAccount) -> str:
    """The description with ids of this account as examples, so that generated requests are accepted."""
    field_id = EMAIL if EMAIL in account.fields else next(iter(account.fields), "id")
    found = account.query({}, field_id, skip_empty=True, limit=1, offset=0)
    mails = (mail.id for event in account.events.values() for mail in event.mails)
    examples = {
        "email_id": next(mails, "1"),
        "event_id": next(iter(account.events), "1"),
        "field_id": field_id,
        "value": (found[0][field_id] if found else "") or "",
    }
    return Template(description).safe_substitute(
        {key: json.dumps(text)[1:-1] for key, text in examples.items()}
    )


def _page(context: Context, origin: str) -> str:
    auth, events = context.options.auth, context.account.events
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        origin=escape(origin),
        base=escape(f"{origin}/api/{'v3' if auth == 'oauth' else 'v2'}"),
        auth=escape(_SIGN_IN[auth]),
        curl=escape(f"curl -s{_HEADERS[auth]}"),
        event=escape(next(iter(events), "100")),
        count=len(events),
        events="".join(f"<tr><td>{escape(event.id)}<td>{escape(event.name)}" for event in events.values()),
    )
