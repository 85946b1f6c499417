"""Attempts as text: exports, tickets, and the request to copy, which makes the same request whatever stands in it."""

import json
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.domain.attempt_export import as_curl, as_httpx, as_json, attempt_json, readable_body, ticket
from app.domain.masking import Mask
from app.domain.model import Attempt, NoReply, Outcome, Reply, Settlement, TriggerRequest
from app.domain.wire import trigger_body
from tests.domain.accounts import HandMadeAccount


def test_every_attempt_that_is_over_has_a_description() -> None:
    for answer, outcome, description in [
        (Reply(200, 0, "OK"), Outcome.ACCEPTED, "OK"),
        (
            Reply(400, 2008, "x"),
            Outcome.REJECTED,
            "No match for the specified [key_id] - [external_id] pair.",
        ),
        (Reply(500, 7003, "x"), Outcome.UNKNOWN, "The service had a database error."),
        (Reply(400, 4242, "x"), Outcome.REJECTED, "Reply code 4242 is not documented."),
        (Reply(502, None, None), Outcome.UNKNOWN, "HTTP 502 without a reply code: the reply is empty."),
        (
            Reply(403, None, None, body=b"\r\n<html>Blocked"),
            Outcome.REJECTED,
            "HTTP 403 without a reply code: a web page, not a reply of the API.",
        ),
        (
            Reply(200, None, None, body=b"fine"),
            Outcome.UNKNOWN,
            "HTTP 200 without a reply code: the reply is not the JSON of the API.",
        ),
        (Reply(200, None, None, body=b'{"ok": true}'), Outcome.UNKNOWN, "HTTP 200 without a reply code."),
        (
            Reply(302, None, None, location="/login"),
            Outcome.REJECTED,
            "HTTP 302 without a reply code: the address was redirected.",
        ),
        (Reply(404, 1, "x"), Outcome.REJECTED, "The address does not exist."),
        (Reply(500, 1, "x"), Outcome.UNKNOWN, "The service had an internal error."),
        (NoReply("reset", "maybe", "127.0.0.1 hung up."), Outcome.UNKNOWN, "127.0.0.1 hung up."),
        (None, Outcome.UNKNOWN, "The program ended before a reply came."),
        (None, Outcome.SENDING, None),
    ]:
        now = datetime(2026, 3, 1, tzinfo=UTC)
        request = TriggerRequest("100", "3", "thor@example.com")
        attempt = Attempt("a", "shop", "key", request, None, now, None, outcome, answer)
        assert attempt_json(attempt)["description"] == description, answer


def test_a_body_is_indented_where_it_is_json_and_kept_where_it_is_not() -> None:
    assert readable_body(b'{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert readable_body(b"<html>") == "<html>"
    assert readable_body(b"\xff") == "\ufffd"
    assert readable_body(b"[" * 100_000) == "[" * 100_000


ACCOUNT = HandMadeAccount()
MOMENT = datetime(2026, 3, 1, 10, 31, 2, tzinfo=UTC)
DESCRIBED = {
    "method": "POST", "url": "https://api.example.com/api/v3/event/100/trigger",
    "headers": {"authorization": "***", "host": "api.example.com"}, "body": '{"key_id":"3"}',
}  # fmt: skip
HOSTILE = "a|b`c*[x](y)<script>\x1b[31m\n```\n# no heading\u202e"


def refused(external_id: str, body: bytes = b'{"replyCode":2008}', note: str | None = None) -> Attempt:
    return Attempt(
        "d34243f9-2dc9-4da5-b16f-12ae2eefb17a", "shop", "shop",
        TriggerRequest("100", "3", external_id, {"name": "Thor"}, "own"), "purchase", MOMENT, 0, Outcome.REJECTED,
        Reply(400, 2008, f"No contact found with the external id: 3 - {external_id}", body=body, body_length=len(body)),
        12.4, "Check the spelling.", "852da474-9660-4840-a8c7-f810f526da4d", None, note,
    )  # fmt: skip


def test_it_says_what_was_sent_what_came_back_and_what_that_means() -> None:
    text = ticket(refused("loki@example.com"), ACCOUNT, DESCRIBED)
    for said in (
        "# TD1-47Y9 ✗ rejected: 2008 No contact found with the external id: 3 - loki@example.com",
        "| Time | 2026-03-01T10:31:02.000Z |",
        "| Resend of | GMP-T8X4, 852da474-9660-4840-a8c7-f810f526da4d |",
        '"name": "Thor"',
        "HTTP 400, reply code 2008, after 12 ms:",
        "No match for the specified",
        "Rejected. Nothing was triggered.",
        "Check the spelling.",
        "Predicted: 0.",
        "```sh\ncurl",
        "authorization: ***",
    ):
        assert said in text, said
    assert "host" not in text


def test_masked_it_names_nobody() -> None:
    mask = Mask(b"k" * 32)
    text = ticket(
        mask.attempt(refused("loki@example.com", note="called loki@example.com")), ACCOUNT, "no address"
    )
    assert not re.search("(?i)loki|Thor", text)
    assert "no address" in text


def test_nothing_in_an_attempt_breaks_out_of_its_place() -> None:
    attempt = refused(HOSTILE, body=HOSTILE.encode() + b"`" * 9 + b"x" * 1_000_000, note=HOSTILE)
    text = ticket(attempt, ACCOUNT, HOSTILE)
    assert len(text) < 40_000
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    outside = re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", text)
    assert "# no heading" not in outside.replace("␊# no heading", "")
    assert "<script" not in outside.replace("\\<script", "")
    assert all(
        line.count("|") - line.count("\\|") == 3 for line in outside.splitlines() if line.startswith("|")
    )


def test_an_attempt_without_a_reply_has_a_ticket_too() -> None:
    request = TriggerRequest("100", "id", "11")
    settled = Settlement(False, "asked", MOMENT)
    answer = NoReply("reset", "maybe", "The connection broke.")
    unknown = Attempt(
        "x", "shop", "shop", request, None, MOMENT, None, Outcome.UNKNOWN, answer, settlement=settled
    )
    text = ticket(unknown, ACCOUNT, DESCRIBED)
    assert "No event data." in text
    assert "No reply. The connection broke." in text
    assert "it did not arrive: asked" in text
    assert "Nothing is recorded yet." in ticket(
        Attempt("x", "s", "s", request, None, MOMENT, None), ACCOUNT, ""
    )


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


def test_a_shell_reads_the_curl_command_as_the_request() -> None:
    for value in ["thor@example.com", NASTY, "it's", "x" * 4000]:
        request = described(value)
        words = shlex.split(as_curl(request).replace(" \\\n  ", " "))
        assert words[:5] == ["curl", "--globoff", "--request", "POST", request["url"]], value
        assert words[-2:] == ["--data-raw", request["body"]], value
        given = words[5:-2]
        assert given == ["--header", "accept: application/json", "--header", "content-type: application/json",
                         "--header", "X-WSSE: ***"], value  # fmt: skip


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


def test_the_python_program_makes_the_request(
    server: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    request = described(NASTY, f"http://127.0.0.1:{server.server_port}/api/v2/event/100/trigger")
    text = as_httpx(request)
    assert text.isascii()
    exec(text, {})  # noqa: S102 - the program is what is tested
    assert capsys.readouterr().out == "200 {}\n"
    ((path, headers, body),) = server.received  # type: ignore[attr-defined]
    assert path == "/api/v2/event/100/trigger"
    assert body.decode() == request["body"]
    lowered = {name.lower(): value for name, value in headers.items()}
    assert (lowered["content-type"], lowered["x-wsse"]) == ("application/json", "***")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_curl_command_makes_the_request(server: ThreadingHTTPServer) -> None:
    for value in [NASTY, NASTY * 2000]:
        request = described(value, f"http://127.0.0.1:{server.server_port}/api/v2/event/100/trigger")
        ran = subprocess.run(["/bin/sh"], input=as_curl(request), capture_output=True, text=True, check=True)
        assert ran.stdout == "{}", value
        _, headers, body = server.received[-1]  # type: ignore[attr-defined]
        assert body.decode() == request["body"], value
        assert {name.lower(): text for name, text in headers.items()}["x-wsse"] == "***", value


def test_the_json_has_the_body_as_an_object() -> None:
    text = as_json(described(NASTY + "\x7f"))
    assert all(character == "\n" or " " <= character <= "~" for character in text)
    shown = json.loads(text)
    assert shown["body"]["external_id"] == NASTY + "\x7f"
    assert "host" not in shown["headers"]
    assert shown["method"] == "POST"


def test_a_body_that_is_no_json_stands_as_it_is() -> None:
    assert json.loads(as_json({**described("x"), "body": "<html>"}))["body"] == "<html>"
