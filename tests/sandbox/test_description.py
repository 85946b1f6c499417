"""The description against the sandbox: requests made from it, and replies held against it, by schemathesis."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.handlers import ROUTES
from tests.sandbox.folders import write_folder

EXCLUDED = [
    # A request of the right shape may name a contact, a field or an event that does not exist: 400 is its answer.
    positive_data_acceptance,
    # The service answers a wrong method with 400 and reply code 1009, not with 405.
    unsupported_method,
]
CALLS = [(method, path.replace(":path}", "}")) for method, path, _ in ROUTES]


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("account")
    account = SandboxAccount(write_folder(folder), folder / "sandbox.db")
    sandbox = create_sandbox(account)
    yield schemathesis.openapi.from_asgi("/openapi.json", sandbox)
    sandbox.close()
    account.close()


def hold(description: Any, call: tuple[str, str], mode: GenerationMode, examples: int) -> None:
    method, path = call
    strategy = description[path][method].as_strategy(generation_mode=mode)

    @given(case=strategy)
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def held(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=EXCLUDED)

    try:
        held()
    except Unsatisfiable:
        # A call that takes nothing cannot be asked wrongly.
        assert mode is GenerationMode.NEGATIVE


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_replies_are_as_described(description: Any, call: tuple[str, str], mode: GenerationMode) -> None:
    hold(description, call, mode, 4)


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_replies_are_as_described_however_often_one_asks(
    description: Any, call: tuple[str, str], mode: GenerationMode
) -> None:
    hold(description, call, mode, 100)
