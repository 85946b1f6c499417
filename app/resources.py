"""Files that the program reads.

`styles` and `sample_data` are beside the package in a checkout, inside it in a wheel.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def styles(name: str) -> Path:
    """A TCSS sheet."""
    return _folder("styles") / f"{name}.tcss"


def style(name: str) -> str:
    """The text of a sheet that a screen brings along when it is first opened."""
    return styles(name).read_text(encoding="utf-8")


def sample_data() -> Path:
    """The account folder of the built-in sandbox."""
    return _folder("sample_data")


def help_pages() -> list[Path]:
    """The pages of the manual, by name."""
    return sorted((_PACKAGE / "help").glob("*.md"))


def _folder(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
