"""A profile without a team: nothing of it is loaded, and no statement of a send is about it."""

import json
import os
import subprocess
import sys
from pathlib import Path

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
