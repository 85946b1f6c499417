"""Profiles written into `config.toml` and taken out again: everything else stays as it was typed, comments too.

What would be written is checked first, by the checks of reading, and must say exactly what was meant; then the
file is replaced at once. Apart from reading, because only this needs tomlkit.
"""

import contextlib
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from app.settings.config import Config, check_config, read_text
from app.settings.errors import SettingsError
from app.settings.profile import SANDBOX, Profile

_HEADER = re.compile(r"\s*\[")


def add_profile(path: Path, name: str, values: Mapping[str, object], *, default: bool = False) -> Profile:
    """Adds a profile, and makes it the default one if asked to; the profile. Raises SettingsError."""
    text = read_text(path)
    if name in check_config(path, text).profiles:
        raise SettingsError(_taken(name))
    meant = tomllib.loads(text)
    meant.setdefault("profiles", {})[name] = dict(values)
    if default:
        meant["default_profile"] = name
        text = _with_default(text, name)
    return _write(path, [_appended(text, name, values)], meant).profiles[name]


def remove_profile(path: Path, name: str) -> None:
    """Takes a profile out; where it was the default one, the sandbox is again. Raises SettingsError."""
    text = read_text(path)
    config = check_config(path, text)
    if name == SANDBOX:
        raise SettingsError(f"The profile {SANDBOX!r} is built in and stays.")
    if name not in config.profiles:
        raise SettingsError(f"There is no profile {name!r}. Profiles: {', '.join(sorted(config.profiles))}.")
    meant = tomllib.loads(text)
    del meant["profiles"][name]
    if config.default_profile == name:
        del meant["default_profile"]
        text = _edited(text, lambda document: document.remove("default_profile"))
    if not meant["profiles"]:
        del meant["profiles"]
    _write(path, _without(text, name), meant)


def _taken(name: str) -> str:
    if name == SANDBOX:
        return f"The profile {SANDBOX!r} is built in; choose another name."
    return f"There is a profile {name!r} already; choose another name, or remove it first."


def _with_default(text: str, name: str) -> str:
    if "default_profile" in tomllib.loads(text):
        return _edited(text, lambda document: document.update({"default_profile": name}))
    return f'default_profile = "{name}"\n{text}'


def _appended(text: str, name: str, values: Mapping[str, object]) -> str:
    import tomlkit  # noqa: PLC0415 - only editing needs it

    between = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{between}{tomlkit.dumps({'profiles': {name: dict(values)}})}"


def _edited(text: str, edit: Callable[[Any], object]) -> str:
    import tomlkit  # noqa: PLC0415 - only editing needs it

    document = tomlkit.parse(text)
    edit(document)
    return tomlkit.dumps(document)


def _without(text: str, name: str) -> Iterator[str]:
    """The text without a profile: with every comment if the profile stands in lines of its own, else as it can be had."""
    header = re.compile(rf"\s*\[\s*profiles\s*\.\s*[\"']?{name}[\"']?\s*\]")
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    if len(starts) == 1:
        before, after = lines[: starts[0]], lines[starts[0] + 1 :]
        table = list(takewhile(lambda line: not _HEADER.match(line), after))
        yield "".join((*before, *_trailing_comments(table), *after[len(table) :]))
    yield _edited(text, lambda document: document["profiles"].pop(name))


def _trailing_comments(lines: Sequence[str]) -> list[str]:
    """What stands below the last key of a table: it may speak of the next one."""
    trailing = list(
        takewhile(lambda line: not line.strip() or line.lstrip().startswith("#"), reversed(lines))
    )
    return trailing[::-1]


def _write(path: Path, candidates: Sequence[str] | Iterator[str], meant: Mapping[str, object]) -> Config:
    """Writes the first candidate that says what is meant."""
    for text in candidates:
        config = check_config(path, text) if _says(text, meant) else None
        if config is not None:
            _replace(path, text)
            return config
    # What is wrong with the values themselves is told by the checks of reading.
    raise SettingsError(f"{path} cannot be changed safely in the way it is written; edit it by hand.")


def _says(text: str, meant: Mapping[str, object]) -> bool:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    if not found.get("profiles", True):
        del found["profiles"]
    return found == meant


def _replace(path: Path, text: str) -> None:
    # A link to the file stays a link.
    path = path.resolve()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".config-", suffix=".toml", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:  # ctrl+c too: it goes on, once this is put in order
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from None
