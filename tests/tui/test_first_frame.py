"""The libraries that the dashboard does not need to open."""

import subprocess
import sys

LATER = (
    "keyring",
    "starlette",
    "uvicorn",
    "httpx",
    "sqlite_utils",
)


def test_heavy_libraries_are_not_imported_with_the_dashboard() -> None:
    program = f"import sys, app.bootstrap, app.tui.app; print(*{{*{LATER!r}}} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
