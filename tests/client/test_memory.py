"""The worst replies, one after the other, in a process of their own: how much memory it takes at its peak."""

import asyncio
import subprocess
import sys

from tests.client.fault_server import ACCEPTED, MIB, FaultServer, envelope, gzip_bomb, reply, without_end

CHUNK = bytes(65536)
WORST = {
    "8_gib": without_end(b"HTTP/1.1 200 OK\r\nContent-Length: 8589934592\r\n\r\n", CHUNK),
    "endless": without_end(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + CHUNK + b"\r\n"
    ),
    "until_close": without_end(b"HTTP/1.1 500 Error\r\n\r\n", CHUNK),
    "bomb": gzip_bomb(100),
    "one_header": reply("200 OK", envelope(0), "X: " + "x" * MIB),
    "many_headers": reply("200 OK", envelope(0), *(f"X-{n}: {n}" for n in range(50_000))),
    "continue": without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "no_line_end": without_end(b"HTTP/1.1 200", b"0" * 65536),
    "nested": reply("200 OK", b"[" * 100_000 + b"]" * 100_000),
    "a_mebibyte_of_text": reply("200 OK", envelope(0, "x" * (MIB - 100))),
}
LIMIT = 16 * MIB

# The peak is the process's own, in KiB on Linux and in bytes on macOS.
PROGRAM = """
import asyncio, resource, sys
from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.model import TriggerRequest

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

async def main(floor_url, *urls):
    http = open_http()
    request = TriggerRequest("100", "3", "thor@example.com")
    await ApiClient(floor_url, http, 5).trigger(request)
    floor = peak()
    for url in urls:
        await ApiClient(url, http, 0.5).trigger(request)
    await http.aclose()
    print(peak() - floor)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_worst_replies_take_less_than_16_mib(server: FaultServer) -> None:
    urls = [server.url("ok", ACCEPTED), *(server.url(name, fault) for name, fault in WORST.items())]

    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *urls, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await program.communicate()

    assert err == b""
    assert int(out) < LIMIT
    assert len(server.received) == len(urls)
