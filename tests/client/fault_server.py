"""A server on loopback with one path for each way in which an exchange can go wrong.

Raw sockets, so that it can break every rule of HTTP; it remembers the bytes of every request.
"""

import asyncio
import gzip
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache

import trustme

MIB = 1024 * 1024
NEVER_S = 60

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Fault = bytes | Callable[[Writer], Awaitable[None]]


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A well-formed reply."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + body


def envelope(code: object, text: str = "OK", data: object = "") -> bytes:
    """The body of a reply of the API."""
    return json.dumps({"replyCode": code, "replyText": text, "data": data}).encode("utf-8")


ACCEPTED = reply("200 OK", envelope(0))
REFUSED = reply("400 Bad Request", envelope(2008, "No contact found with the external id: 3 - a"))


async def reset(writer: Writer) -> None:
    """Ends the connection by RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(_: Writer) -> None:
    await asyncio.sleep(NEVER_S)


async def reset_in_the_reply(writer: Writer) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"replyCode":0')
    await writer.drain()
    await asyncio.sleep(0.05)
    await reset(writer)


async def drip(writer: Writer) -> None:
    for byte in ACCEPTED:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


def without_end(head: bytes, chunk: bytes, pause_s: float = 0) -> Fault:
    """`head`, then `chunk` again and again until the client has had enough."""

    async def fault(writer: Writer) -> None:
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return fault


def gzip_bomb(mib: int) -> bytes:
    return reply("200 OK", gzip.compress(bytes(mib * MIB), 1), "Content-Encoding: gzip")


def redirect(status: str, location: str) -> bytes:
    return reply(status, b"", f"Location: {location}")


class FaultServer:
    """The faults by name; `received` holds the head and body of every request, in order."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self.origin = ""
        self._faults: dict[str, Fault] = {}

    def url(self, name: str, fault: Fault) -> str:
        """The base URL below which every request meets this fault."""
        self._faults[name] = fault
        return f"{self.origin}/{name}"

    async def handle(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1]
        fault = self._faults[path.split(b"/")[1].decode("ascii")]
        self.received.append(head + await reader.readexactly(_length(head)))
        if isinstance(fault, bytes):
            writer.write(fault)
            await writer.drain()
        else:
            await fault(writer)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


@asynccontextmanager
async def fault_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[FaultServer]:
    """A fault server on a port of its own."""
    faults = FaultServer()
    async with listening(faults.handle, tls) as origin:
        faults.origin = origin
        yield faults


@asynccontextmanager
async def listening(
    handle: Callable[[Reader, Writer], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A host on loopback that does something with each connection: its origin, such as http://127.0.0.1:8042."""
    running: set[asyncio.Task[None]] = set()

    async def tracked(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(tracked, "127.0.0.1", 0, ssl=tls, limit=2 * MIB)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()


@contextmanager
def nobody_listening() -> Iterator[str]:
    """An origin whose port is taken, but refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def backlog_full() -> Iterator[str]:
    """An origin that does not even complete the handshake of TCP: connecting hangs."""
    with socket.socket() as listener, ExitStack() as queued:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = queued.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@cache
def authority() -> trustme.CA:
    """An authority made for this run, so that no private key is kept in a file."""
    return trustme.CA()


def tls_context() -> ssl.SSLContext:
    """The server's side of a connection that nobody has reason to trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1").configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    """The client's side of a connection to who has reason to trust it all the same."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context
