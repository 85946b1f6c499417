"""A profile without a team loads nothing of it; one without the key of its team does not open."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.settings import SettingsError, load_settings

SEND = """
import json, sqlite3, sys
from contextlib import suppress
statements, connect = [], sqlite3.connect

def traced(*args, **given):
    connection = connect(*args, **given)
    connection.set_trace_callback(statements.append)
    return connection

sqlite3.connect = traced
from app.cli.main import program
with suppress(SystemExit):
    program(["trigger", "100", "--key", "3", "--external-id", "thor@example.com"])
loaded = [name for name in sys.modules if name.startswith(("psycopg", "app.team", "app.service.team"))]
sends = [one for one in statements if one.startswith("INSERT INTO attempts")]
print(json.dumps([loaded, len(sends), [one for one in statements if "INTO outbox" in one or "FROM team_state" in one]]))
"""


def test_nothing_of_the_team_is_loaded_and_no_statement_is_added_to_a_send(tmp_path: Path) -> None:
    environment = os.environ | {"TRIGGERDESK_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", SEND], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == [[], 1, []]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the open files are not listed here")
def test_a_desk_without_the_key_of_its_team_leaves_no_file_open(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[profiles.shop]\nbase_url = "http://127.0.0.1:9/api/v2"\nteam = "postgresql://anna@127.0.0.1:9/desks"\n'
    )
    with pytest.raises(SettingsError, match="team join"):
        open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}, "shop"))
    opened = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert not [name for name in opened if name.startswith(str(tmp_path))]
