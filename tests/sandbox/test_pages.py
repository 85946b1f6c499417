"""What a person or a generator finds beside the API."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.handlers import ROUTES
from tests.sandbox.asking import Asker
from tests.sandbox.folders import write_folder

CONTROLS = {
    ("POST", "/_sandbox/faults"), ("GET", "/_sandbox/faults"), ("DELETE", "/_sandbox/faults"),
    ("POST", "/_sandbox/reset"), ("GET", "/_sandbox/requests"), ("GET", "/_sandbox/triggers"),
    ("GET", "/_sandbox/health"),
}  # fmt: skip


def described(sandbox: Asker) -> Any:
    got = sandbox.get("/openapi.json")
    assert (got.status, got.headers["content-type"]) == (200, "application/json")
    return json.loads(got.body)


def parameters(description: Any, operation: Any) -> list[Any]:
    shared = description["components"]["parameters"]
    return [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in operation["parameters"]]


def test_the_description_names_every_call_once(sandbox: Asker) -> None:
    description = described(sandbox)
    assert description["openapi"] == "3.1.0"
    calls = {(method.upper(), path) for path, methods in description["paths"].items() for method in methods}
    assert calls == {(method, path.replace(":path}", "}")) for method, path, _ in ROUTES} | CONTROLS
    names = [
        operation["operationId"]
        for methods in description["paths"].values()
        for operation in methods.values()
    ]
    assert len(names) == len(set(names)) == len(ROUTES) + len(CONTROLS)


def test_the_parameters_described_are_those_of_the_paths_and_exist(sandbox: Asker) -> None:
    description = described(sandbox)
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            known = parameters(description, operation)
            inside = {p["name"]: p["example"] for p in known if p["in"] == "path"}
            assert set(inside) == {part[1:-1] for part in path.split("/") if part.startswith("{")}
            # Which field the bare path asks for stands in the query by a name that no description can know.
            if method == "get" and path != "/contact":
                query = "&".join(
                    f"{p['name']}={p['example']}" for p in known if p["in"] == "query" and "example" in p
                )
                base = "" if operation.get("servers") == [{"url": "/"}] else "/api/v2"
                assert sandbox.get(f"{base}{path.format(**inside)}?{query}").status == 200, path


def test_the_example_of_the_trigger_is_accepted(sandbox: Asker) -> None:
    description = described(sandbox)
    operation = description["paths"]["/event/{event_id}/trigger"]["post"]
    event_id = parameters(description, operation)[0]["example"]
    example = operation["requestBody"]["content"]["application/json"]["examples"]["one"]["value"]
    assert sandbox.trigger(event_id, json.dumps(example)).status == 200


def test_the_description_says_how_to_sign_in(open_sandbox: Callable[..., Asker]) -> None:
    assert (described(open_sandbox())["security"], len(described(open_sandbox())["servers"])) == ([], 2)
    wsse, oauth = described(open_sandbox(auth="wsse")), described(open_sandbox(auth="oauth"))
    assert (wsse["security"], wsse["servers"]) == ([{"wsse": []}], [{"url": "/api/v2"}])
    assert (oauth["security"], oauth["servers"]) == ([{"oauth": []}], [{"url": "/api/v3"}])


@pytest.mark.parametrize(
    ("control", "item"), [("requests", "LoggedRequest"), ("triggers", "AcceptedTrigger")]
)
def test_the_lines_of_a_control_are_described(sandbox: Asker, control: str, item: str) -> None:
    sandbox.trigger(100, '{"key_id":"3","external_id":"thor@example.com"}')
    description = described(sandbox)
    content = description["paths"][f"/_sandbox/{control}"]["get"]["responses"]["200"]["content"]
    assert sorted(content) == ["application/x-ndjson", "text/plain"]
    for media_type, described_as in content.items():
        assert described_as["schema"]["type"] == "string"
        assert described_as["x-itemSchema"] == {"$ref": f"#/components/schemas/{item}"}
        got = sandbox.get(f"/_sandbox/{control}", {"Accept": media_type})
        assert got.headers["content-type"].partition(";")[0] == media_type
        (line,) = map(json.loads, got.body.splitlines())
        schema = description["components"]["schemas"][item]
        assert list(line) == schema["required"] == list(schema["properties"])


def test_an_account_without_anything_is_described_all_the_same(tmp_path: Path) -> None:
    account = SandboxAccount(write_folder(tmp_path, "[]", "[]", "id,uid\n"), tmp_path / "sandbox.db")
    sandbox = create_sandbox(account)
    assert described(Asker(sandbox))["paths"]
    assert Asker(sandbox).get("/").status == 200
    sandbox.close()
    account.close()


def test_the_page_lists_the_events_and_shows_calls_that_work(sandbox: Asker) -> None:
    page = sandbox.get("/").body.decode()
    for text in ("purchase", "password reset", "draft", "/openapi.json", "curl", "/_sandbox/faults"):
        assert text in page


def test_no_name_of_the_account_acts_on_the_page(tmp_path: Path) -> None:
    events = json.dumps([{"id": 1, "name": "<script>alert(1)</script>{base}&"}])
    account = SandboxAccount(write_folder(tmp_path, events), tmp_path / "sandbox.db")
    sandbox = create_sandbox(account)
    page = Asker(sandbox).get("/").body.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{base}&amp;" in page
    sandbox.close()
    account.close()


def test_the_page_shows_the_header_that_signs_in(open_sandbox: Callable[..., Asker]) -> None:
    assert "X-WSSE: $WSSE" in open_sandbox(auth="wsse").get("/").body.decode()
    page = open_sandbox(auth="oauth", secret="hush").get("/").body.decode()
    assert "Authorization: Bearer $TOKEN" in page
    assert "/api/v3" in page
    assert "hush" not in page


def test_clients_can_be_generated_from_the_description(sandbox: Asker) -> None:
    description = described(sandbox)
    pending: list[Any] = [description]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            assert node.get("type") != "array" or "items" in node, node
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    for methods in description["paths"].values():
        for operation in methods.values():
            assert len(operation["tags"]) == 1
            assert operation["summary"]
    parts = description["components"]
    assert "contacts" not in parts["schemas"]["TriggerOne"]["properties"]
    rejected = parts["responses"]["TriggerRejected"]["content"]["application/json"]["examples"]
    assert [example["value"]["replyCode"] for example in rejected.values()] == [
        2004,
        2005,
        2008,
        2010,
        5001,
        2012,
    ]
    body = description["paths"]["/event/{event_id}/trigger"]["post"]["requestBody"]
    assert sorted(body["content"]["application/json"]["examples"]) == ["batch", "one"]
