"""No rule can be lost unnoticed: with one of the six broken, the tests of both forms of the trigger fail."""

import os
import subprocess
import sys

import pytest

TESTS = ("tests/sandbox/test_trigger.py", "tests/sandbox/test_batch.py")
PLUGINS = (
    "-p",
    "tests.sandbox.mutants",
    "-p",
    "pytest_asyncio.plugin",
    "-p",
    "xdist.plugin",
    "-p",
    "no:cacheprovider",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant",
    ["2004:dropped", "2005:other words", "2008:dropped", "2010:inverted", "5001:dropped", "2012:other code"],
)
def test_a_broken_rule_is_noticed(mutant: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, "-n", "0", "-q", "-W", "ignore", *TESTS],
        env={**os.environ, "MUTANT": mutant, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    for tests in TESTS:
        assert f"FAILED {tests}::" in run.stdout, run.stdout + run.stderr
