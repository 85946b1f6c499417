"""No rule can be lost unnoticed; `python -m tests.sandbox.mutate` shows this for every way of breaking one."""

import pytest

from tests.sandbox.mutate import TESTS, noticed


@pytest.mark.slow
@pytest.mark.parametrize("code", [2004, 2005, 2008, 2010, 5001, 2012])
@pytest.mark.parametrize("tests", TESTS)
def test_a_rule_that_is_dropped_is_noticed(code: int, tests: str) -> None:
    assert noticed(f"{code}:dropped", tests)
