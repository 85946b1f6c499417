"""No rule can be lost unnoticed: with one of the six broken, its test of each form of the trigger fails."""

import os
import subprocess
import sys

import pytest

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
BOTH = "test_some_are_refused_within_a_good_reply"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "of_one", "of_many"),
    [
        ("2004:dropped", "test_an_unknown_key_field_is_2004", "test_an_unknown_key_field_refuses_the_whole"),
        ("2005:other words", "test_an_empty_value_is_2005", BOTH),
        ("2008:dropped", "test_a_value_that_no_contact_has_is_2008", BOTH),
        ("2010:inverted", "test_a_value_that_two_contacts_share_is_2010_with_a_full_stop", BOTH),
        ("5001:dropped", "test_an_unknown_event_is_5001", "test_an_unknown_event_refuses_the_whole"),
        (
            "2012:other code",
            "test_an_unknown_contact_id_or_uid_is_2012",
            "test_nobody_is_triggered_and_the_reply_is_still_good",
        ),
    ],
)
def test_a_broken_rule_is_noticed(mutant: str, of_one: str, of_many: str) -> None:
    tests = (f"tests/sandbox/test_trigger.py::{of_one}", f"tests/sandbox/test_batch.py::{of_many}")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, "-n", "0", "-q", "-W", "ignore", *tests],
        env={**os.environ, "MUTANT": mutant, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    for test in tests:
        assert f"FAILED {test}" in run.stdout, run.stdout + run.stderr
