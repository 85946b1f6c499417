"""The request as a text to copy: whoever runs it makes the same request, whatever stands in it."""

import json
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.domain.attempt_export import as_curl, as_httpx, as_json
from app.domain.model import TriggerRequest
from app.domain.wire import trigger_body

NASTY = """'"'"'`$(touch x)` $HOME \\ ! \t\n\r\x00\x1b[31m \ud800é\u202e %s {{field:1}} END_OF_BODY @file"""


def described(
    external_id: str, url: str = "https://api.example.com/api/v2/event/100/trigger"
) -> dict[str, object]:
    body = trigger_body(TriggerRequest("100", "3", external_id, {"a'b": external_id}, "t")).decode()
    headers = {
        "host": "api.example.com",
        "accept": "application/json",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "X-WSSE": "***",
    }
    return {"method": "POST", "url": url, "headers": headers, "body": body}


@pytest.mark.parametrize("value", ["thor@example.com", NASTY, "it's", "x" * 40_000])
def test_a_shell_reads_the_curl_command_as_the_request(value: str) -> None:
    request = described(value)
    words = shlex.split(as_curl(request).replace(" \\\n  ", " "))
    assert words[:5] == ["curl", "--globoff", "--request", "POST", request["url"]]
    assert words[-2:] == ["--data-raw", request["body"]]
    given = words[5:-2]
    assert given == ["--header", "accept: application/json", "--header", "content-type: application/json",
                     "--header", "X-WSSE: ***"]  # fmt: skip


def test_a_real_shell_reads_the_body_as_it_is() -> None:
    request = described(NASTY)
    last = f"set -- {as_curl(request)}\nfor last; do :; done; printf '%s' \"$last\""
    read = subprocess.run(["/bin/sh", "-c", last], capture_output=True, text=True, check=True)
    assert read.stdout == request["body"]


def test_a_very_long_body_comes_from_a_here_document() -> None:
    request = described("END_OF_BODY\n'" * 20_000)
    command, _, rest = as_curl(request).partition("--data @- <<'END_OF_BODY'\n")
    assert command.endswith(" \\\n  ")
    assert rest == f"{request['body']}\nEND_OF_BODY"
    read = subprocess.run(
        ["/bin/sh"], input=f"cat <<'END_OF_BODY'\n{rest}\n", capture_output=True, text=True, check=True
    )
    assert read.stdout == f"{request['body']}\n"


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it receives."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_python_program_makes_the_request(server: ThreadingHTTPServer) -> None:
    request = described(NASTY, f"http://127.0.0.1:{server.server_port}/api/v2/event/100/trigger")
    text = as_httpx(request)
    assert text.isascii()
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert ran.stdout == "200 {}\n"
    ((path, headers, body),) = server.received  # type: ignore[attr-defined]
    assert path == "/api/v2/event/100/trigger"
    assert body.decode() == request["body"]
    lowered = {name.lower(): value for name, value in headers.items()}
    assert (lowered["content-type"], lowered["x-wsse"]) == ("application/json", "***")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.parametrize("value", [NASTY, NASTY * 2000], ids=["short", "long"])
def test_the_curl_command_makes_the_request(server: ThreadingHTTPServer, value: str) -> None:
    request = described(value, f"http://127.0.0.1:{server.server_port}/api/v2/event/100/trigger")
    ran = subprocess.run(["/bin/sh"], input=as_curl(request), capture_output=True, text=True, check=True)
    assert ran.stdout == "{}"
    ((_, headers, body),) = server.received  # type: ignore[attr-defined]
    assert body.decode() == request["body"]
    assert {name.lower(): value for name, value in headers.items()}["x-wsse"] == "***"


def test_the_json_has_the_body_as_an_object() -> None:
    text = as_json(described(NASTY + "\x7f"))
    assert all(character == "\n" or " " <= character <= "~" for character in text)
    shown = json.loads(text)
    assert shown["body"]["external_id"] == NASTY + "\x7f"
    assert "host" not in shown["headers"]
    assert shown["method"] == "POST"


def test_a_body_that_is_no_json_stands_as_it_is() -> None:
    assert json.loads(as_json({**described("x"), "body": "<html>"}))["body"] == "<html>"
