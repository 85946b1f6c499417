"""Injected faults. Nothing fails unless asked to, and the same seed fails at the same requests."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from app.domain.wire import scalar_text
from app.sandbox.responses import DATABASE_FAILED, TOO_MANY, UNAUTHORIZED, JsonReply

MAX_FAULTS = 100
HUGE_BYTES = 4_194_304

PARTIAL = (
    b'{"replyCode":0,"replyText":"OK","data":{"errors":'
    b'{"thor@example.com":{"2008":"No contact found with the external id: 3"}}}}'
)
INSTEAD: Mapping[str, Callable[[], Response]] = {
    "401": lambda: JsonReply(*UNAUTHORIZED),
    "403": lambda: PlainTextResponse("Forbidden", 403),
    "429": lambda: JsonReply(*TOO_MANY),
    "500": lambda: JsonReply(*DATABASE_FAILED),
    "502": lambda: HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>\n", 502),
    "503": lambda: PlainTextResponse("The system is overloaded for this resource.", 503),
}
"""Kinds that reply instead of the call: nothing is triggered."""

SPOILT: Mapping[str, Callable[[bytes], bytes]] = {
    "partial": lambda _: PARTIAL,
    "truncated": lambda body: body[: len(body) // 2],
    "wrong_type": lambda _: b'{"replyCode":"OK","replyText":0,"data":true}',
    "huge": lambda _: b'{"replyCode":0,"replyText":"OK","data":{"padding":"' + b"x" * HUGE_BYTES + b'"}}',
}
"""Kinds that replace the reply's body after the trigger."""

REFUSED = "refused"
KINDS = (*INSTEAD, "slow", "cut_before", "cut_during", *SPOILT)


class SandboxCut(ConnectionResetError):  # noqa: N818 - named for what it does to the connection
    """Cuts the connection: on a port the server aborts it, in process the client sees it lost."""


@dataclass
class Fault:
    """Fails a `share` of the matching calls, chosen by `seed`, at most `times`; `seconds` is the delay of `slow`."""

    kind: str
    event: str | None = None
    external_id: str | None = None
    share: float = 1.0
    seed: int = 0
    seconds: float = 10.0
    times: int | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - no secret
        self._left = self.times

    def strikes(self) -> bool:
        """Whether the fault fails this one of the calls that it applies to."""
        if self._left == 0 or self._chance.random() >= self.share:
            return False
        if self._left is not None:
            self._left -= 1
        return True

    def applies(self, event_id: str | None, payload: Mapping[str, object]) -> bool:
        """Whether the fault is for this request; `event_id` is None unless it is a trigger."""
        if self.event is not None and self.event != event_id:
            return False
        if self.external_id is None:
            return True
        return event_id is not None and self.external_id in _external_ids(payload)


def _external_ids(payload: Mapping[str, object]) -> set[str | None]:
    contacts = payload.get("contacts")
    carriers = [payload, *(contacts if isinstance(contacts, list) else [])]
    return {scalar_text(carrier.get("external_id")) for carrier in carriers if isinstance(carrier, Mapping)}


class Faults:
    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._armed.append(fault)
        del self._armed[:-MAX_FAULTS]

    def clear(self) -> None:
        self._armed.clear()

    def fail_next(self, kind: str, event_id: str, seconds: float) -> None:
        """Makes the next trigger of the event fail, once; the faults of before are gone."""
        self.clear()
        self.add(Fault(kind, event_id, times=1, seconds=seconds))

    def shown(self) -> list[dict[str, object]]:
        return [
            {key: value for key, value in asdict(fault).items() if value is not None} for fault in self._armed
        ]

    def strike(self, event_id: str | None, payload: Mapping[str, object]) -> Fault | None:
        for fault in self._armed:
            if fault.kind != REFUSED and fault.applies(event_id, payload) and fault.strikes():
                return fault
        return None

    def refuses(self) -> bool:
        """Whether a sandbox in this process refuses the connection; one on a port cannot."""
        return any(fault.kind == REFUSED and fault.strikes() for fault in self._armed)


def parse_fault(payload: Mapping[str, object]) -> Fault:
    unknown = set(payload) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
    kind = scalar_text(payload.get("kind"))
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}.")
    times = payload.get("times")
    return Fault(
        kind,
        _text(payload, "event"),
        _text(payload, "external_id"),
        _number(payload, "share", 1.0, 1.0),
        int(_number(payload, "seed", 0.0, 2.0**53)),
        _number(payload, "seconds", 10.0, 600.0),
        None if times is None else int(_number(payload, "times", 0.0, 2.0**53)),
    )


def _text(payload: Mapping[str, object], key: str) -> str | None:
    value = payload.get(key)
    text = scalar_text(value)
    if value is not None and text is None:
        raise ValueError(f"{key} must be text or a whole number.")
    return text


def _number(payload: Mapping[str, object], key: str, default: float, most: float) -> float:
    value = payload.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{key} must be a number from 0 to {most:g}.")
    return float(value)


async def deliver(
    response: Response, fault: Fault | None, scope: Scope, receive: Receive, send: Send
) -> None:
    """Sends a response, with the fault applied if there is one. Raises SandboxCut to cut the connection."""
    body = bytes(response.body)
    match fault:
        case Fault(kind="slow", seconds=seconds):
            await asyncio.sleep(seconds)
        case Fault(kind="cut_before"):
            raise SandboxCut("cut before the reply")
        case Fault(kind="cut_during"):
            status, headers = response.status_code, response.raw_headers
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise SandboxCut("cut during the reply")
        case Fault(kind=kind) if kind in SPOILT:
            response.body = SPOILT[kind](body)
            response.headers["content-length"] = str(len(response.body))
    await response(scope, receive, send)
