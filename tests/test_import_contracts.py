"""Each import contract can fail: one forbidden import for each, written into a copy of the package, breaks them all."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

BREAKING = {
    "The layers, from the command line down to the words": ("app.store.schema", "app.service"),
    "The dashboard reaches the world only through the service": ("app.tui.text", "app.store.catalog"),
    "The sandbox knows no client": ("app.sandbox.app", "app.client.api"),
    "Inside the store: cache and history, searches, rows": (
        "app.store.attempt_rows",
        "app.store.history_search",
    ),
    "Inside the sandbox: serving, handlers, accounts": (
        "app.sandbox.accounts.account",
        "app.sandbox.handlers.trigger",
    ),
    "psycopg only in the team": ("app.store.schema", "psycopg"),
    "Inside the dashboard: app, dashboard, controllers, screens, widgets, text": (
        "app.tui.screens.menu",
        "app.tui.controllers.send",
    ),
    "Inside the controllers: the form uses send and cache, the history none": (
        "app.tui.controllers.send",
        "app.tui.controllers.form",
    ),
    "The domain is standard library only": ("app.domain.model", "sqlite3"),
    "Textual and Rich only in the dashboard": ("app.store.schema", "rich"),
    "httpx only in the client": ("app.store.schema", "httpx"),
    "sqlite-utils only in the store": ("app.client.api", "sqlite_utils"),
    "Starlette and uvicorn only in the sandbox": ("app.client.api", "starlette"),
    "click and tabulate only in the command line": ("app.store.schema", "click"),
    "keyring, tomlkit and platformdirs only in the settings": ("app.store.schema", "keyring"),
}


@pytest.mark.slow
def test_each_forbidden_import_breaks_its_contract(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    for module, forbidden in BREAKING.values():
        with (tmp_path / f"{module.replace('.', '/')}.py").open("a", encoding="utf-8") as file:
            file.write(f"\nimport {forbidden}\n")
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
    )
    assert ran.returncode != 0
    broken = ran.stdout.partition("Broken contracts")[2]
    for contract, (module, forbidden) in BREAKING.items():
        whole = rf"^{re.escape(contract)}\n-+\n(.*?)(?=^[^\n]+\n-+\n|\Z)"
        report = re.search(whole, broken, re.MULTILINE | re.DOTALL)
        assert report, f"{contract} is kept"
        assert f"{module} -> {forbidden} (l." in report[1]


def test_every_contract_has_its_breaking_import() -> None:
    pyproject = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    assert [contract["name"] for contract in pyproject["tool"]["importlinter"]["contracts"]] == list(BREAKING)
