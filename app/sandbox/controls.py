"""The controls of a sandbox, below /_sandbox/: for this machine only, not part of the API."""

from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from app.sandbox.body import BodyRejected, decode
from app.sandbox.context import Context
from app.sandbox.faults import FaultError, parse_fault
from app.sandbox.origin import Guard, has_loopback_client, has_loopback_host
from app.sandbox.responses import Rejected

TRIGGER_FILTERS = {"event": "event_id", "external_id": "external_id", "trigger_id": "trigger_id"}


class Controls:
    """The handlers of the controls."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def mount(self) -> Mount:
        """The controls as routes."""
        routes = [
            Route("/faults", self.add_fault, methods=["POST"]),
            Route("/faults", self.list_faults, methods=["GET"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/requests", self.list_requests, methods=["GET"]),
            Route("/triggers", self.list_triggers, methods=["GET"]),
            Route("/health", self.health, methods=["GET"]),
        ]
        return Mount(
            "/_sandbox",
            routes=routes,
            middleware=[Middleware(Guard, _is_local, "The controls answer to this machine only.")],
        )

    async def add_fault(self, request: Request) -> Response:
        """Adds a fault; replies with all faults."""
        try:
            payload = decode(await self._context.bodies.read(request))
            fault = parse_fault(payload)
            self._context.faults.add(fault)
        except BodyRejected as rejected:
            return rejected.response
        except Rejected:
            return JSONResponse({"error": "The body must be a JSON object."}, 400)
        except FaultError as error:
            return JSONResponse({"error": str(error)}, 400)
        shown = self._context.faults.shown()
        if fault.event is not None and not self._context.account.has_event(fault.event):
            shown[-1]["warning"] = f"This account has no event {fault.event}."
        return JSONResponse(shown)

    async def list_faults(self, _: Request) -> Response:
        """Replies with all faults."""
        return JSONResponse(self._context.faults.shown())

    async def clear_faults(self, request: Request) -> Response:
        """Removes all faults."""
        self._context.faults.clear()
        return await self.list_faults(request)

    async def reset(self, _: Request) -> Response:
        """Clears accepted trigger ids, logged requests and faults."""
        self._context.reset()
        return JSONResponse({"reset": True})

    async def list_requests(self, _: Request) -> Response:
        """Replies with the latest requests as JSON Lines, oldest first."""
        lines = "".join(f"{line}\n" for line in self._context.request_log.lines())
        return Response(lines, media_type="application/x-ndjson")

    async def list_triggers(self, request: Request) -> Response:
        """Replies with the accepted triggers as JSON Lines, oldest first; the query may choose among them."""
        given = request.query_params
        if unknown := sorted(set(given) - set(TRIGGER_FILTERS)):
            return JSONResponse({"error": f"Unknown: {', '.join(unknown)}."}, 400)
        wanted = {member: given[name] for name, member in TRIGGER_FILTERS.items() if name in given}
        lines = "".join(self._context.accepted.lines(wanted))
        return Response(lines, media_type="application/x-ndjson")

    async def health(self, _: Request) -> Response:
        """Replies that the sandbox is up, and how many events and fields it has."""
        account = self._context.account
        return JSONResponse({"status": "ok", "events": len(account.events), "fields": len(account.fields)})


def _is_local(request: HTTPConnection) -> bool:
    return has_loopback_client(request) and has_loopback_host(request)
