"""`python -m tests.sandbox.mutate`: breaks each of the six rules in turn, and shows the test that notices.

Exits 1 where one is broken and nothing notices.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

from app.domain.rules import RULES
from tests.sandbox.mutants import MUTATIONS

TESTS = ("tests/sandbox/test_trigger.py", "tests/sandbox/test_batch.py")
_FAILED = re.compile(r"^FAILED \S+::(\S+)", re.MULTILINE)


def noticed(mutant: str, tests: str) -> str | None:
    """The first test that fails while this rule is broken; None where all pass."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.sandbox.mutants", tests, "-q", "-x", "-n", "0"]
    command += ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    run = subprocess.run(
        command, env={**os.environ, "MUTANT": mutant}, capture_output=True, text=True, check=False
    )
    found = _FAILED.search(run.stdout)
    return found[1] if found else None


def main() -> int:
    """The exit code."""
    survivors = 0
    for mutant in mutants():
        for tests in TESTS:
            test = noticed(mutant, tests)
            survivors += test is None
            print(f"{mutant:20} {test or 'SURVIVED ' + tests}", flush=True)
    return min(survivors, 1)


def mutants() -> Iterator[str]:
    """Every rule with every way to break it."""
    return (f"{rule.code}:{mutation}" for rule in RULES for mutation in MUTATIONS)


if __name__ == "__main__":
    sys.exit(main())
