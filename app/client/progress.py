"""How far a request has come, as the transport tells it: what decides between not sent and unknown."""

from collections.abc import Mapping
from dataclasses import dataclass

_AFTERWARDS = ("response_closed", "close")


@dataclass(slots=True)
class Progress:
    """The trace of one exchange.

    `host` is the machine being talked to, a proxy where there is one; `sent` says that bytes
    of the request itself may have left, `stage` is the last step begun.
    """

    host: str
    sent: bool = False
    stage: str = ""

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:
        """Called by httpcore as `http11.send_request_headers.started` and the like."""
        _, step, moment = event.split(".")
        if moment != "started" or step in _AFTERWARDS:
            return
        self.stage = step
        if step == "connect_tcp":
            self.host = str(info["host"])
        if step == "send_request_headers" and not _opens_tunnel(info):
            self.sent = True


def _opens_tunnel(info: Mapping[str, object]) -> bool:
    return getattr(info.get("request"), "method", None) == b"CONNECT"
