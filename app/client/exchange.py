"""One request and its reply, under a deadline, a stop signal and a cap on the body."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import httpx

from app.client.connection import reply_headers
from app.client.progress import Progress

T = TypeVar("T")

_GRACE_S = 0.25
_LONGEST_LENGTH = 2**63 - 1


class ExpiredError(Exception):
    """The deadline passed before the exchange was over."""


class WaitStoppedError(Exception):
    """Somebody stopped waiting before the exchange was over."""


@dataclass(frozen=True, slots=True)
class Received:
    """An HTTP reply: `length` is that of the whole body, as far as it was told or read; `body` its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    length: int

    @property
    def coded(self) -> bool:
        """Whether the body is compressed or otherwise encoded, although that was not asked for."""
        return self.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")

    @property
    def whole(self) -> bool:
        """Whether nothing of the body was left out."""
        return self.length == len(self.body)


async def exchange(http: httpx.AsyncClient, request: httpx.Request, cap: int, progress: Progress) -> Received:
    """Send and read at most `cap` bytes of the body. Raises whatever goes wrong."""
    request.extensions["trace"] = progress
    try:
        response = await http.send(request, stream=True)
    finally:
        await progress.abandon()
    try:
        return await receive(response, cap)
    finally:
        await response.aclose()


async def receive(response: httpx.Response, cap: int) -> Received:
    """Reads the stream of a reply up to `cap` bytes of its body; the caller closes it."""
    headers = reply_headers(response)
    body = bytearray()
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        body += chunk
        if len(body) > cap:
            length = max(len(body), _declared_length(headers))
            return Received(response.status_code, headers, bytes(body[:cap]), length)
    return Received(response.status_code, headers, bytes(body), len(body))


def _declared_length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    return min(int(text), _LONGEST_LENGTH) if text.isascii() and text.isdigit() and len(text) < 20 else 0


async def within(
    work: Coroutine[Any, Any, T], deadline_s: float, stop: asyncio.Event | None = None
) -> T | Exception:
    """What `work` returned or raised; ExpiredError or WaitStoppedError, as values, where it was ended before.

    `work` runs as a task of its own, so that its end can be waited for but not for ever: what
    ignores being cancelled is left behind.
    """
    if stop and stop.is_set():
        work.close()
        return WaitStoppedError()
    task = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait()) if stop else None
    running = {task, stopping} if stopping else {task}
    try:
        await asyncio.wait(running, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        stopped = stopping is not None and stopping.done()
    finally:
        await _end(running)
    return _ending(task, WaitStoppedError() if stopped else ExpiredError())


async def _end(running: Collection[asyncio.Future[Any]]) -> None:
    for future in running:
        future.cancel()
        future.add_done_callback(_forget)
    await asyncio.wait(running, timeout=_GRACE_S)


def _forget(future: asyncio.Future[Any]) -> None:
    # An exception nobody asks for is otherwise printed when the task is collected.
    if not future.cancelled():
        future.exception()


def _ending(task: asyncio.Future[T], otherwise: Exception) -> T | Exception:
    if not task.done() or task.cancelled():
        return otherwise
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    return error
