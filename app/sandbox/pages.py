"""The calls outside the API: the page at /, the OpenAPI description, and the liveness call."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.context import Context

_DESCRIPTION = Path(__file__).with_name("openapi.json")
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>triggerdesk sandbox</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ background: #8882; padding: .7rem; overflow-x: auto; }}
th, td {{ text-align: left; padding: .1rem 1.5rem .1rem 0; }}
:root {{ color-scheme: light dark; }}
</style>
<h1>triggerdesk sandbox</h1>
<p>The external event calls of the SAP Emarsys API, answered from an account folder. No e-mail goes out, and every
reply and every failure can be produced. <a href="/openapi.json">/openapi.json</a> describes the API.</p>
<p>Base URL: <code>{base}</code>. Sign-in: <strong>{auth}</strong>.</p>
<h2>Trigger an event</h2>
<pre>{trigger}</pre>
<h2>List events, fields and contacts</h2>
<pre>{lists}</pre>
<h2>Simulate a failure</h2>
<pre>{faults}</pre>
<h2>The {count} external events of this account</h2>
<table><tr><th>id<th>name{events}</table>
</html>
"""
_SIGN_IN = {"none": "none needed", "wsse": "X-WSSE", "oauth": "OAuth 2 client credentials at /oauth2/token"}
_HEADERS = {"none": "", "wsse": ' -H "X-WSSE: $WSSE"', "oauth": ' -H "Authorization: Bearer $TOKEN"'}
_SERVED: Mapping[str, tuple[tuple[str, ...], list[dict[str, list[str]]]]] = {
    "none": (("v2", "v3"), []),
    "wsse": (("v2",), [{"wsse": []}]),
    "oauth": (("v3",), [{"oauth": []}]),
}


class Pages:
    """The page, the description, and the liveness call."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The pages as routes."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/openapi.json", self.openapi, methods=["GET"]),
            Route("/healthcheck", self.healthcheck, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page for people, at /."""
        host, port = request.scope.get("server") or ("127.0.0.1", 80)
        origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return HTMLResponse(_page(self._context, origin))

    async def openapi(self, _: Request) -> Response:
        """The OpenAPI description for these options."""
        versions, security = _SERVED[self._context.options.auth]
        description = json.loads(
            _with_examples(_DESCRIPTION.read_text(encoding="utf-8"), self._context.account)
        )
        description["servers"] = [{"url": f"/api/{version}"} for version in versions]
        description["security"] = security
        return JSONResponse(description)

    async def healthcheck(self, _: Request) -> Response:
        """The liveness call."""
        return PlainTextResponse("OK")


def _with_examples(description: str, account: SandboxAccount) -> str:
    """The description with ids of this account as examples, so that generated requests are accepted."""
    field_id = "3" if "3" in account.fields else next(iter(account.fields), "id")
    found = account.contacts.page({}, field_id, skip_empty=True, limit=1, offset=0)
    mails = (mail.id for event in account.events.values() for mail in event.mails)
    examples = {
        "$email_id": next(mails, "1"),
        "$event_id": next(iter(account.events), "1"),
        "$field_id": field_id,
        "$value": (found[0][field_id] if found else "") or "",
    }
    for name, value in examples.items():
        description = description.replace(name, json.dumps(value)[1:-1])
    return description


def _page(context: Context, origin: str) -> str:
    auth = context.options.auth
    events = context.account.events
    base = f"{origin}/api/{'v3' if auth == 'oauth' else 'v2'}"
    curl = f"curl -s{_HEADERS[auth]}"
    body = '{"key_id": "3", "external_id": "thor@example.com", "data": {"global": {"itemName": "hammer"}}}'
    rows = (f"<tr><td>{escape(event.id)}<td>{escape(event.name)}" for event in events.values())
    return _PAGE.format(
        base=escape(base),
        auth=escape(_SIGN_IN[auth]),
        trigger=escape(f"{curl} {base}/event/{next(iter(events), '100')}/trigger -d '{body}'"),
        lists=escape(
            f"{curl} {base}/event\n{curl} {base}/field\n{curl} '{base}/contact/query/?return=3&limit=10'"
        ),
        faults=escape(
            f'curl -s {origin}/_sandbox/faults -d \'{{"kind": "503", "share": 0.5, "seed": 1}}\'\n'
            f"curl -s -X DELETE {origin}/_sandbox/faults\ncurl -s {origin}/_sandbox/requests"
        ),
        count=len(events),
        events="".join(rows),
    )
