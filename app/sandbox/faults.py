"""The failures that can be rehearsed. Nothing fails until asked to, and the same seed fails at the same requests."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from app.domain.wire import scalar_text
from app.sandbox.answers import BROKEN, HTML, OVERLOADED, TEXT, TOO_MANY, UNAUTHORIZED, Answer

INSTEAD = {
    "401": UNAUTHORIZED,
    "403": Answer(403, b"Forbidden", (), TEXT),
    "429": TOO_MANY,
    "500": BROKEN,
    "502": Answer(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>\n", (), HTML),
    "503": OVERLOADED,
}
"""Kinds that answer instead of the call: nothing is triggered."""

MANGLED = ("slow", "cut_before", "cut_during", "truncated", "wrong_type", "huge")
"""Kinds that spoil the way back: the trigger has happened, and its reply is late, lost or unreadable."""

KINDS = (*INSTEAD, *MANGLED)


class SandboxCut(ConnectionResetError):  # noqa: N818 - named for what it does to the connection
    """Raised out of the application where the connection is to be cut: served, the server aborts the
    connection; in process, it passes through the transport to the client as a lost connection."""


class FaultError(ValueError):
    """A fault that cannot be set; one sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: for every call, or for the triggers of one event or one external id.

    `share` of the requests it applies to fail, chosen by `seed`; at most `times` of them
    where that is given; `seconds` is how long `slow` takes.
    """

    kind: str
    event: str | None = None
    external_id: str | None = None
    share: float = 1.0
    seed: int = 0
    seconds: float = 10.0
    times: int | None = None


@dataclass(slots=True)
class _Armed:
    fault: Fault
    chance: random.Random
    left: int | None = field(default=None)

    def strikes(self) -> bool:
        if self.left == 0 or self.chance.random() >= self.fault.share:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The failures that are set, in the order in which they were."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        """Sets one more. At most 100 are kept; the oldest goes."""
        self._armed.append(_Armed(fault, random.Random(fault.seed), fault.times))  # noqa: S311 - a rehearsal
        del self._armed[:-100]

    def clear(self) -> None:
        """Sets none."""
        self._armed.clear()

    def shown(self) -> list[dict[str, object]]:
        """Those that are set, as JSON."""
        return [
            {key: value for key, value in asdict(armed.fault).items() if value is not None}
            for armed in self._armed
        ]

    def __bool__(self) -> bool:
        return bool(self._armed)

    def strike(self, event_id: str | None, payload: Mapping[str, object]) -> Fault | None:
        """The failure that meets this request; `event_id` is None for a call that is no trigger."""
        for armed in self._armed:
            if _applies(armed.fault, event_id, payload) and armed.strikes():
                return armed.fault
        return None


def _applies(fault: Fault, event_id: str | None, payload: Mapping[str, object]) -> bool:
    if fault.event is not None and fault.event != event_id:
        return False
    return fault.external_id is None or (event_id is not None and fault.external_id in _external_ids(payload))


def _external_ids(payload: Mapping[str, object]) -> set[str | None]:
    contacts = payload.get("contacts")
    carriers = [payload, *(contacts if isinstance(contacts, list) else [])]
    return {scalar_text(carrier.get("external_id")) for carrier in carriers if isinstance(carrier, Mapping)}


def parse_fault(payload: Mapping[str, object]) -> Fault:
    """A fault from the JSON of the control. Raises FaultError."""
    unknown = set(payload) - set(Fault.__dataclass_fields__)
    if unknown:
        raise FaultError(f"Unknown: {', '.join(sorted(unknown))}.")
    kind = scalar_text(payload.get("kind"))
    if kind not in KINDS:
        raise FaultError(f"kind must be one of {', '.join(KINDS)}.")
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
        raise FaultError(f"{key} must be text or a whole number.")
    return text


def _number(payload: Mapping[str, object], key: str, default: float, most: float) -> float:
    value = payload.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise FaultError(f"{key} must be a number from 0 to {most:g}.")
    return float(value)
