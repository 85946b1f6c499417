"""Each import contract can fail: one forbidden import, written into a copy of the package, breaks it by name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

BREAKING = [
    ("The layers, from the command line down to the words", "app/store/schema.py", "import app.service"),
    ("The dashboard reaches the world only through the service", "app/tui/text.py", "import app.store.cache"),
    ("The sandbox knows no client", "app/sandbox/app.py", "import app.client.api"),
    (
        "Inside the store: cache and history, searches, rows",
        "app/store/attempt_rows.py",
        "import app.store.history_search",
    ),
    (
        "Inside the sandbox: serving, handlers, accounts",
        "app/sandbox/accounts/account.py",
        "import app.sandbox.handlers.trigger",
    ),
    ("psycopg only in the team", "app/store/schema.py", "import psycopg"),
    (
        "Inside the dashboard: app, dashboard, controllers, screens, widgets, text",
        "app/tui/screens/menu.py",
        "import app.tui.controllers.send",
    ),
    (
        "Inside the controllers: the form uses send and cache, the history none",
        "app/tui/controllers/send.py",
        "import app.tui.controllers.form",
    ),
    ("The domain is standard library only", "app/domain/model.py", "import sqlite3"),
    ("Textual and Rich only in the dashboard", "app/store/schema.py", "import rich.text"),
    ("httpx only in the client", "app/store/schema.py", "import httpx"),
    ("sqlite-utils only in the store", "app/client/api.py", "import sqlite_utils"),
    ("Starlette and uvicorn only in the sandbox", "app/client/api.py", "import starlette"),
    ("click and tabulate only in the command line", "app/store/schema.py", "import click"),
    ("keyring, tomlkit and platformdirs only in the settings", "app/store/schema.py", "import keyring"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "module", "forbidden"), BREAKING)
def test_a_forbidden_import_breaks_its_contract(
    tmp_path: Path, contract: str, module: str, forbidden: str
) -> None:
    shutil.copytree(CHECKOUT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{forbidden}\n")
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
    )
    assert ran.returncode != 0
    assert f"{contract} BROKEN" in ran.stdout


def test_every_contract_has_its_breaking_import() -> None:
    named = [
        line.removeprefix('name = "').removesuffix('"')
        for line in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
        if line.startswith('name = "') and line != 'name = "triggerdesk"'
    ]
    assert named == [contract for contract, _, _ in BREAKING]
