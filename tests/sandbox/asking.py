"""Asks an ASGI application with bytes written by hand, and gives back whole replies; knows nothing of the sandbox."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Got:
    """One reply: `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def plain(self) -> tuple[int, bytes]:
        return self.status, self.body


class Asker:
    """Calls `app` as a server would; `client` is the address that the request seems to come from."""

    def __init__(self, app: Any, client: str = "127.0.0.1") -> None:
        self.app = app
        self._client = client

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Got:
        return self.ask("GET", target, headers=headers)

    def post(self, target: str, body: bytes | str, headers: Mapping[str, str] | None = None) -> Got:
        return self.ask("POST", target, [body.encode() if isinstance(body, str) else body], headers)

    def trigger(self, event_id: object, body: bytes | str, headers: Mapping[str, str] | None = None) -> Got:
        return self.post(f"/api/v2/event/{event_id}/trigger", body, headers)

    def ask(
        self,
        method: str,
        target: str,
        parts: Sequence[bytes] = (b"",),
        headers: Mapping[str, str] | None = None,
    ) -> Got:
        """One request; `parts` are the pieces that its body arrives in. What the application raises comes through."""
        return asyncio.run(self.asked(method, target, parts, headers))

    async def asked(
        self,
        method: str,
        target: str,
        parts: Sequence[bytes] = (b"",),
        headers: Mapping[str, str] | None = None,
    ) -> Got:
        waiting = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts, start=1)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(self._scope(method, target, headers or {}), receive, send)
        start = sent[0]
        return Got(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
        )

    def _scope(self, method: str, target: str, headers: Mapping[str, str]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in {"Host": "127.0.0.1:8042", **headers}.items()
            ],
            "client": (self._client, 50000),
            "server": ("127.0.0.1", 8042),
        }
