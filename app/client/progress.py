"""How far a request has come, as the transport tells it: what decides between not sent and unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_NAMES_A_HOST = {"connect_tcp": "host", "start_tls": "server_hostname"}
_AFTERWARDS = ("response_closed", "close")


class _Stream(Protocol):
    async def aclose(self) -> None: ...


@dataclass(slots=True)
class Progress:
    """The trace of one exchange.

    `asked` is the host that the request is for, `host` the one that is talked to at this stage,
    which may be a proxy; `sent` says that bytes of the request itself may have left; `stage` is
    the last step begun.
    """

    asked: str
    host: str = ""
    sent: bool = False
    stage: str = ""
    _tcp: _Stream | None = field(default=None, init=False)

    @property
    def who(self) -> str:
        """Who is talked to, to begin a sentence with."""
        return self.asked if self.host in ("", self.asked) else f"The proxy {self.host}"

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore as `http11.send_request_headers.started` and the like."""
        _, step, moment = event.split(".")
        if step == "connect_tcp" and moment == "complete":
            self._tcp = info["return_value"]
        if moment != "started" or step in _AFTERWARDS:
            return
        self.stage = step
        if step in _NAMES_A_HOST:
            self.host = str(info[_NAMES_A_HOST[step]])
        if step == "send_request_headers" and not _opens_tunnel(info):
            self.sent = True

    async def abandon(self) -> None:
        """Closes a connection on which TLS was begun and not finished: httpcore forgets it when it is cancelled."""
        if self._tcp and self.stage == "start_tls":
            await self._tcp.aclose()


def _opens_tunnel(info: Mapping[str, Any]) -> bool:
    return getattr(info.get("request"), "method", None) == b"CONNECT"
