"""`--verbose`: a log that tells what happened to each attempt, and neither secrets nor event data."""

import json
import stat
from pathlib import Path

from tests.cli.conftest import Desk


def test_the_log_tells_the_fate_of_an_attempt_and_not_its_data(desk: Desk, home: Path) -> None:
    ran = desk(
        "--verbose", "trigger", "100", "--key", "3", "--external-id", "twin@example.com",
        "--data", json.dumps({"global": {"itemName": "hammer"}}), "--json",
    )  # fmt: skip
    log = (home / "triggerdesk.log").read_text(encoding="utf-8")
    assert ran.json["attempt_id"] in log
    assert "rejected, HTTP 400, reply code 2010" in log
    assert "hammer" not in log
    assert "twin@example.com" not in log
    assert stat.S_IMODE((home / "triggerdesk.log").stat().st_mode) == 0o600


def test_without_the_option_there_is_no_log(desk: Desk, home: Path) -> None:
    desk("events")
    assert not (home / "triggerdesk.log").exists()
