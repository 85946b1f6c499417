"""The servers that the sandbox's benchmarks ask, each a process of its own: `python -m ... hello | sandbox FOLDER DB`.

The floor is a bare ASGI application on the same uvicorn with the same settings.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Server:
    """A running server: where it is."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """The CPU time spent so far, in seconds."""
        # The clock of another process, as clock_getcpuclockid(3) names it; /proc counts in ticks of 10 ms.
        return time.clock_gettime(~self.pid << 3 | 2)


@contextmanager
def running(*arguments: str) -> Iterator[Server]:
    """One of the servers below, until the block ends."""
    command = [sys.executable, "-m", "tests.benchmarks.sandbox_servers", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield Server(process.pid, port)
        finally:
            process.kill()


async def _hello(_: Any, __: Any, send: Any) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"42")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"replyCode":0,"replyText":"OK","data":{}}'})


def _serve_hello() -> None:
    import socket

    import uvicorn

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))

        class Announcing(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                print(listener.getsockname()[1], flush=True)

        config = uvicorn.Config(
            _hello, ws="none", lifespan="off", log_config=None, log_level="critical", access_log=False
        )
        Announcing(config).run([listener])


def _serve_sandbox(folder: str, database: str) -> None:
    from app.sandbox.accounts.account import SandboxAccount
    from app.sandbox.app import create_sandbox
    from app.sandbox.idempotency import AcceptedTriggers
    from app.sandbox.serve import serve

    account = SandboxAccount(Path(folder), Path(database))
    sandbox = create_sandbox(account, accepted=AcceptedTriggers(None))
    serve(sandbox, "127.0.0.1", 0, lambda url: print(url.rpartition(":")[2], flush=True))


if __name__ == "__main__":
    if sys.argv[1] == "hello":
        _serve_hello()
    else:
        _serve_sandbox(sys.argv[2], sys.argv[3])
