"""The whole way of a person with a real account, as processes: from an empty home to the attempt in the history."""

import base64
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.real import SECRET, everything_in
from tests.cli.terminal import on_a_terminal
from tests.cli.test_sandbox import served

CONTACTS = 100_000
ONE_MORE = f"p{CONTACTS + 1}@example.com"


def large(folder: Path) -> Path:
    folder.mkdir()
    (folder / "events.json").write_text('[{"id": 100, "name": "purchase_confirmation"}]')
    (folder / "fields.json").write_text('[{"id": 3, "name": "E-Mail"}]')
    lines = (f"{n},u{n},p{n}@example.com\n" for n in range(1, CONTACTS + 2))
    (folder / "contacts.csv").write_text(f"id,uid,3\n{''.join(lines)}")
    return folder


@contextmanager
def token_endpoint(behind: str) -> Iterator[tuple[str, set[str]]]:
    """Hands requests for tokens on to the account; its URL, and the tokens that it gave out."""
    given: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = urllib.request.Request(
                f"{behind}/oauth2/token",
                self.rfile.read(int(self.headers["Content-Length"])),
                {name: self.headers[name] for name in ("Authorization", "Content-Type")},
            )
            with urllib.request.urlopen(asked, timeout=20) as reply:
                body = reply.read()
            given.add(json.loads(body)["access_token"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/oauth2/token", given
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
def test_from_an_empty_home_to_the_history_with_a_hundred_thousand_contacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIGGERDESK_ACCOUNT", str(large(tmp_path / "account")))
    home, printed = tmp_path / "home", [b""]
    own = {name: value for name, value in os.environ.items() if not name.startswith("TRIGGERDESK_")}
    environment = {**own, "TRIGGERDESK_HOME": str(home), "TRIGGERDESK_SHOP_SECRET": SECRET}

    def run(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "app", *words], env=environment, capture_output=True, check=True
        )
        printed.append(ran.stdout + ran.stderr)
        return ran.stdout.decode()

    signed = ("--auth", "oauth", "--user", "shop001", "--secret", SECRET)
    with served(tmp_path / "there", *signed) as (url, _), token_endpoint(url) as (token_url, tokens):
        run("profile", "add", "shop", "--base-url", f"{url}/api/v3", "--auth", "oauth", "--client-id", "shop001",
            "--token-url", token_url, "--production", "--refresh-contacts", f"query:{CONTACTS}")  # fmt: skip
        checked = run("profile", "check", "shop")
        assert "oauth accepted" in checked
        assert "✗" not in checked
        with on_a_terminal(environment, "--verbose", "--profile", "shop") as desk:
            desk.until("never refreshed")
            desk.press("f5")
            bar = desk.until("refreshed just now")
            shares = {int(share) for share in re.findall(r"(\d+)%", bar)}
            assert len(shares) > 20, "the bar did not move"
            desk.press("f4", "100", "tab", "tab", ONE_MORE)
            desk.until("Cannot predict the reply")
            desk.press("ctrl+l")
            desk.until(r"Will be accepted \(0 OK\)")
            desk.press("f10")
            desk.until("Type its name")
            desk.press("shop", "enter")
            desk.until("SENDING UNLOCKED")
            desk.press("f9")
            desk.until("Send it")
            desk.press("ctrl+y")
            desk.until("✓ accepted")
            desk.press("f6")
            desk.until("more keys")
            desk.press("enter")
            desk.until("Request body of POST")
            desk.press("escape", "ctrl+q")
            assert desk.end() == 0
        printed.append(desk.drawn)
        attempt = json.loads(run("--profile", "shop", "history", "--json"))
        run("--profile", "shop", "history", "--format", "csv", "--output", str(home / "attempts.csv"))
        assert (
            json.loads(run("--profile", "shop", "contacts", "--filter", ONE_MORE, "--json"))["id"] == "100001"
        )
        assert (
            len(run("--profile", "shop", "contacts", "--limit", "0", "--json").splitlines()) == CONTACTS + 1
        )
    assert (attempt["external_id"], attempt["outcome"], attempt["predicted_code"]) == (
        ONE_MORE,
        "accepted",
        0,
    )
    assert tokens
    kept = everything_in(home) + b"".join(printed)
    basic = base64.b64encode(f"shop001:{SECRET}".encode()).decode()
    for word in (SECRET, base64.b64encode(SECRET.encode()).decode().rstrip("="), basic, *tokens):
        assert word.encode() not in kept
