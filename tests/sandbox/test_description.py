"""The description against the sandbox: requests made from it, and replies held against it, by schemathesis."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.handlers import ROUTES
from tests.sandbox.folders import write_folder

CALLS = [(method, path.replace(":path}", "}")) for method, path, _ in ROUTES]


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    import schemathesis

    folder = tmp_path_factory.mktemp("account")
    account = SandboxAccount(write_folder(folder), folder / "sandbox.db")
    sandbox = create_sandbox(account)
    yield schemathesis.openapi.from_asgi("/openapi.json", sandbox)
    sandbox.close()
    account.close()


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_replies_are_as_described_however_often_one_asks(
    description: Any, call: tuple[str, str], mode: str
) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

    method, path = call
    # A request of the right shape may name a contact, a field or an event that does not exist: 400 is its answer.
    # The service answers a wrong method with 400 and reply code 1009, not with 405.
    excluded = [positive_data_acceptance, unsupported_method]

    @given(case=description[path][method].as_strategy(generation_mode=GenerationMode(mode)))
    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def held(case: Any) -> None:
        case.call_and_validate(excluded_checks=excluded)

    try:
        held()
    except Unsatisfiable:
        # A call that takes nothing cannot be asked wrongly.
        assert mode == "negative"
