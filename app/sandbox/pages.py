"""What a person or a generator finds beside the API: the page at /, the description, and the liveness call."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.sandbox.calls.call import Ground
from app.sandbox.openapi import describe_api

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
<p>This is a stand-in for the external event calls of the SAP Emarsys API. It answers from an account folder,
mails nobody, and can produce every reply and every failure. Its description for programs is
<a href="/openapi.json">/openapi.json</a>.</p>
<p>Base URL: <code>{base}</code>. Sign-in: <strong>{auth}</strong>.</p>
<h2>Trigger an event</h2>
<pre>{trigger}</pre>
<h2>See what the account holds</h2>
<pre>{lists}</pre>
<h2>Rehearse a failure</h2>
<pre>{faults}</pre>
<h2>The {count} external events of this account</h2>
<table><tr><th>id<th>name{events}</table>
</html>
"""
_SIGN_IN = {"none": "none needed", "wsse": "X-WSSE", "oauth": "OAuth 2 client credentials at /oauth2/token"}
_HEADERS = {"none": "", "wsse": ' -H "X-WSSE: $WSSE"', "oauth": ' -H "Authorization: Bearer $TOKEN"'}


def page_routes(ground: Ground) -> list[BaseRoute]:
    """The page, the description and the liveness call as routes."""

    async def page(request: Request) -> Response:
        return HTMLResponse(_page(ground, _origin(request)))

    async def openapi(_: Request) -> Response:
        return JSONResponse(describe_api(ground.account, ground.options))

    async def healthcheck(_: Request) -> Response:
        return PlainTextResponse("OK")

    return [
        Route("/", page, methods=["GET"]),
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/healthcheck", healthcheck, methods=["GET"]),
    ]


def _origin(request: Request) -> str:
    host, port = request.scope.get("server") or ("127.0.0.1", 80)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _page(ground: Ground, origin: str) -> str:
    options = ground.options
    base = f"{origin}/api/{'v3' if options.auth == 'oauth' else 'v2'}"
    event_id = next(iter(ground.account.events), "100")
    curl = f"curl -s{_HEADERS[options.auth]}"
    body = '{"key_id": "3", "external_id": "thor@example.com", "data": {"global": {"itemName": "hammer"}}}'
    rows = (f"<tr><td>{escape(event.id)}<td>{escape(event.name)}" for event in ground.account.events.values())
    return _PAGE.format(
        base=escape(base),
        auth=escape(_SIGN_IN[options.auth]),
        trigger=escape(f"{curl} {base}/event/{event_id}/trigger -d '{body}'"),
        lists=escape(
            f"{curl} {base}/event\n{curl} {base}/field\n{curl} '{base}/contact/query/?return=3&limit=10'"
        ),
        faults=escape(
            f'curl -s {origin}/_sandbox/faults -d \'{{"kind": "503", "share": 0.5, "seed": 1}}\'\n'
            f"curl -s -X DELETE {origin}/_sandbox/faults\ncurl -s {origin}/_sandbox/requests"
        ),
        count=len(ground.account.events),
        events="".join(rows),
    )
