"""How waiting for a reply ends: stopped, cancelled, too late; and what an application in this process does."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.model import NoReply
from tests.client.fault_server import ACCEPTED, FaultServer, Writer, envelope, silence
from tests.client.said import REQUEST

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


async def test_stopping_before_anything_left_is_not_sent(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    stop = asyncio.Event()
    stop.set()

    answer = await ApiClient(server.url("ok", ACCEPTED), http, 5).trigger(REQUEST, stop)

    assert answer == NoReply("stopped", "no", "Waiting for 127.0.0.1 was stopped.")
    assert server.connections == 0


async def test_stopping_under_way_may_have_been_sent(server: FaultServer, http: httpx.AsyncClient) -> None:
    stop = asyncio.Event()

    async def stop_when_received(_: Writer) -> None:
        stop.set()
        await asyncio.sleep(60)

    answer = await ApiClient(server.url("slow", stop_when_received), http, 30).trigger(REQUEST, stop)

    assert answer == NoReply("stopped", "maybe", "Waiting for 127.0.0.1 was stopped.")


async def test_a_stop_that_never_comes_leaves_nothing_running(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    await ApiClient(server.url("ok", ACCEPTED), http, 5).trigger(REQUEST, asyncio.Event())

    assert not [task for task in asyncio.all_tasks() if "Event.wait" in str(task.get_coro())]


async def test_being_cancelled_is_passed_on_and_ends_what_was_begun(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    received = asyncio.Event()

    async def hang(writer: Writer) -> None:
        received.set()
        await silence(writer)

    task = asyncio.create_task(ApiClient(server.url("slow", hang), http, 30).trigger(REQUEST))
    await received.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [other for other in asyncio.all_tasks() if "exchange" in str(other.get_coro())]


async def test_what_ignores_being_cancelled_does_not_hold_up_the_answer() -> None:
    released = asyncio.Event()

    async def stubborn(scope: Message, receive: Receive, send: Send) -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    http = open_http(sandbox=stubborn)
    answer = await ApiClient("http://sandbox.localhost", http, 0.1).trigger(REQUEST)
    released.set()
    await asyncio.sleep(0)
    await http.aclose()

    assert answer == NoReply(
        "deadline", "maybe", "sandbox.localhost sent no complete reply within 0.1 s (timeout)."
    )


# In this process


def application(*messages: Message, error: Exception | None = None) -> Application:
    """Sends the messages, then raises the error."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        if error:
            raise error

    return app


START: Message = {"type": "http.response.start", "status": 200, "headers": []}


async def test_what_has_begun_in_this_process_counts_as_sent() -> None:
    for app, expected in [
        (application(START, {"type": "http.response.body", "body": envelope(0)}), 0),
        (application(error=RuntimeError("broken")), "crashed"),
        (application(START, error=OSError("full")), "crashed"),
        (application(START), "crashed"),
        (application(error=httpx.ReadError("cut")), "reset"),
        (
            application(error=httpx.RemoteProtocolError("Server disconnected without sending a response.")),
            "no_reply",
        ),
        (application(error=httpx.ConnectError("refused")), "reset"),
    ]:
        http = open_http(sandbox=app)

        answer = await ApiClient("http://sandbox.localhost/api/v2", http, 5).trigger(REQUEST)

        await http.aclose()
        if isinstance(answer, NoReply):
            assert (answer.reason, answer.sent) == (expected, "maybe"), app
        else:
            assert answer.reply_code == expected, app
