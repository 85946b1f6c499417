"""A loopback relay in front of PostgreSQL that can be unplugged, or cut after it passed something on."""

import socket
import threading
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit


class Proxy:
    """Relays between `uri` and the server at `target`, a URI with a socket's folder as host."""

    def __init__(self, target: str) -> None:
        self._target = f"{parse_qs(urlsplit(target).query)['host'][0]}/.s.PGSQL.5432"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"postgresql://postgres@127.0.0.1:{self._listener.getsockname()[1]}/postgres"
        self._open: list[socket.socket] = []
        self.is_unplugged = False
        self._cut_after: bytes | None = None
        self._unplugs = False
        self.cuts = 0
        self._hold: bytes | None = None
        self._held, self._go = threading.Event(), threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, sent: bytes, *, unplugs: bool = False) -> None:
        """Passes the next message that has this on, and then cuts the connection instead of answering."""
        self._cut_after, self._unplugs = sent, unplugs

    def hold(self, sent: bytes) -> threading.Event:
        """Holds the next message that has this back until `let_go`; the event says that it has come."""
        self._hold, self._go = sent, threading.Event()
        self._held = threading.Event()
        return self._held

    def let_go(self) -> None:
        self._go.set()

    def unplug(self) -> None:
        self.is_unplugged = True
        self.cut()

    def plug_in(self) -> None:
        self.is_unplugged = False

    def cut(self) -> None:
        """Ends all connections."""
        while self._open:  # more may come meanwhile
            _end(self._open.pop())

    def close(self) -> None:
        self.let_go()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_unplugged:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._open += (client, server)
            doomed = threading.Event()
            threading.Thread(target=self._up, args=(client, server, doomed), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server, doomed), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while received := client.recv(65536):
                if self._hold is not None and self._hold in received:
                    self._hold = None
                    self._held.set()
                    self._go.wait()
                if self._cut_after is not None and self._cut_after in received:
                    self._cut_after = None
                    self.is_unplugged = self._unplugs
                    self.cuts += 1
                    doomed.set()
                server.sendall(received)
        _end(server)

    def _down(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while received := server.recv(65536):
                if doomed.is_set():
                    break
                client.sendall(received)
        _end(client)
        _end(server)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
