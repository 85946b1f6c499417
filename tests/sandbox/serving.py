"""A small account on a free port, served by a process of its own: `python -m tests.sandbox.serving FOLDER HOST`."""

import http.client
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from app.sandbox import serve
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.options import SandboxOptions
from tests.sandbox.folders import write_folder

THOR = b'{"key_id":"3","external_id":"thor@example.com"}'
OK = b'{"replyCode":0,"replyText":"OK","data":{}}'
HEAD = b"POST /api/v2/event/100/trigger HTTP/1.1\r\nHost: localhost\r\n"


class Served:
    """A served sandbox, asked over sockets."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        command = [sys.executable, "-m", "tests.sandbox.serving", str(folder), host]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        self.port = int(self.url.rpartition(":")[2])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def triggered(self) -> bool:
        return self.ask("POST", "/api/v2/event/100/trigger", THOR) == (200, OK)

    def exchange(self, sent: bytes) -> bytes:
        """What comes back for these bytes until the server closes, or says no more."""
        with self.connect() as connection:
            # It may close on what it has seen before all is sent.
            with suppress(OSError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def end(self) -> tuple[int, str, str]:
        """Ends it as ctrl+c does: its exit code, and what it printed."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionError:
        pass
    return received


def main(folder: Path, host: str) -> None:
    account = SandboxAccount(write_folder(folder), folder / "sandbox.db")
    sandbox = create_sandbox(account, SandboxOptions(body_timeout_s=5.0))
    serve.serve(sandbox, host, 0, lambda url: print(url, flush=True))
    print("ended", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
