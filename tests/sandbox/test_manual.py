"""The pytest fixture in the manual works as it is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import app

MANUAL = (Path(app.__file__).parent / "help" / "sandbox.md").read_text(encoding="utf-8")
TEST = """

def test_it(sandbox):
    import urllib.request
    body = b'{"key_id": "3", "external_id": "thor@example.com"}'
    urllib.request.urlopen(f"{sandbox}/api/v2/event/100/trigger", body, timeout=10)
    with urllib.request.urlopen(f"{sandbox}/_sandbox/triggers?event=100", timeout=10) as reply:
        assert json.load(reply)["contact_id"] == "11"
"""


def test_the_fixture_of_the_manual_serves_a_test(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.+?)```", MANUAL, re.DOTALL)
    assert found
    assert len([line for line in found[1].splitlines() if line]) <= 10
    (tmp_path / "test_shop.py").write_text(found[1] + TEST, encoding="utf-8")
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": scripts,
            "TRIGGERDESK_HOME": str(tmp_path / "home"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
    )
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
