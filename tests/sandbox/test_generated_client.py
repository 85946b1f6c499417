"""A client that is generated from the description triggers events and reads every reply."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.asking import Asker

pytestmark = pytest.mark.slow

Call = Callable[..., Any]
PLAIN = "post_hooks: []\nproject_name_override: account\npackage_name_override: account_client\n"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the generated package `account_client`."""
    folder = tmp_path_factory.mktemp("generated")
    description = Path(__file__).parents[2] / "app" / "sandbox" / "openapi.json"
    (folder / "plain.yaml").write_text(PLAIN)
    subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", str(description), "--meta", "none",
            "--config", str(folder / "plain.yaml"), "--output-path", str(folder / "account_client"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def call(generated: Path, sandbox: Asker) -> Call:
    """Makes a call of the generated client against the sandbox; returns the status and the parsed reply."""
    package = importlib.import_module("account_client")

    async def made(operation: str, base: str, *words: object, **values: object) -> tuple[int, Any]:
        client = package.Client(base_url="http://localhost")
        transport = httpx.ASGITransport(sandbox.app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://localhost{base}") as http:
            client.set_async_httpx_client(http)
            module = importlib.import_module(f"account_client.api.{operation}")
            response = await module.asyncio_detailed(*words, client=client, **values)
        return int(response.status_code), response.parsed

    return made


def models() -> Any:
    return importlib.import_module("account_client.models")


REPLIES = [
    ("100", "3", "thor@example.com", 200, 0),
    ("100", 10142, 7, 200, 0),
    ("100", "4711", "thor@example.com", 400, 2004),
    ("100", "3", "", 400, 2005),
    ("100", "3", "loki@example.com", 400, 2008),
    ("100", "3", "twin@example.com", 400, 2010),
    ("999", "3", "thor@example.com", 400, 5001),
    ("100", "id", "999999", 400, 2012),
]


async def test_a_trigger_gets_each_of_the_seven_replies(call: Call) -> None:
    for event_id, key_id, external_id, status, code in REPLIES:
        body = models().OneContact(key_id=key_id, external_id=external_id)
        got, reply = await call("events.trigger_event", "/api/v2", event_id, body=body)
        assert (got, reply.reply_code) == (status, code)


async def test_a_batch_is_triggered_and_its_errors_are_read(call: Call) -> None:
    contacts = [{"external_id": "thor@example.com", "trigger_id": "t"}, {"external_id": "loki@example.com"}]
    body = models().ManyContacts.from_dict({"key_id": "3", "contacts": contacts})
    status, reply = await call("events.trigger_event", "/api/v2", "100", body=body)
    assert (status, reply.reply_code) == (200, 0)
    assert reply.to_dict()["data"] == {
        "ids": ["11"],
        "errors": {
            "loki@example.com": {"2008": "No contact found with the external id: 3 - loki@example.com"}
        },
    }


async def test_the_lists_are_read(call: Call) -> None:
    status, reply = await call("events.list_events", "/api/v2")
    assert (status, [event.name for event in reply.data]) == (200, ["purchase", "password reset", "draft"])


async def test_a_fault_is_set_by_the_controls(call: Call) -> None:
    fault = models().Fault.from_dict({"kind": "429", "times": 1})
    assert (await call("sandbox.add_fault", "", body=fault))[0] == 200
    assert (await call("events.list_events", "/api/v2"))[0] == 429
    assert (await call("events.list_events", "/api/v2"))[0] == 200


async def test_json_lines_are_text_and_each_line_is_of_the_described_type(call: Call) -> None:
    body = models().OneContact(key_id="3", external_id="thor@example.com")
    await call("events.trigger_event", "/api/v2", "100", body=body)
    status, text = await call("sandbox.list_triggers", "")
    accepted = models().AcceptedTrigger.from_dict(json.loads(text))
    assert (status, accepted.contact_id, accepted.deduplicated) == (200, "11", False)
    status, text = await call("sandbox.list_requests", "")
    logged = models().LoggedRequest.from_dict(json.loads(text))
    assert (status, logged.path, logged.status) == (200, "/api/v2/event/100/trigger", 200)
