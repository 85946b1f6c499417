"""`config.toml`, read and checked whole: also a profile that is not used, so that a mistake is found before it matters."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from app.settings.errors import SettingsError
from app.settings.permissions import check_config_mode
from app.settings.profile import SANDBOX, Auth, Profile

if TYPE_CHECKING:
    from app.settings.checks import Check

_NAME = re.compile(r"[a-z0-9-]+")
_NEEDS = {"oauth": ("/api/v3", "client_id"), "wsse": ("/api/v2", "user")}


class Config(NamedTuple):
    profiles: Mapping[str, Profile]
    default_profile: str = SANDBOX
    theme: str | None = None
    keymap: Mapping[str, str] = MappingProxyType({})


def read_config(path: Path) -> Config:
    """The configuration in a file; that of a fresh start where there is none. Raises SettingsError."""
    text = read_text(path)
    # Most homes have no file: those do without what reads and checks one.
    return check_config(path, text) if text else Config({SANDBOX: Profile(SANDBOX)})


def read_text(path: Path) -> str:
    """The text of a configuration file, '' where there is none. Raises SettingsError."""
    check_config_mode(path)
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from None


def check_config(path: Path, text: str) -> Config:
    """The configuration in `text`, as it stands or would stand in `path`. Raises SettingsError."""
    import tomllib  # noqa: PLC0415 - see read_config

    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no valid TOML: {error}.") from None
    try:
        return _parse_config(raw, path.parent)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


def _parse_config(raw: Mapping[str, object], folder: Path) -> Config:
    from app.settings.checks import TOP_KEYS  # noqa: PLC0415 - see read_config

    checked = _check("", raw, TOP_KEYS)
    profiles = {SANDBOX: Profile(SANDBOX)}
    for name, table in cast("Mapping[str, object]", checked.get("profiles", {})).items():
        profiles[name] = _parse_profile(name, table, folder)
    default = cast("str", checked.get("default_profile", SANDBOX))
    if default not in profiles:
        raise SettingsError(f"default_profile: there is no profile {default!r}.")
    return Config(
        profiles,
        default,
        cast("str | None", checked.get("theme")),
        cast("Mapping[str, str]", checked.get("keymap", {})),
    )


def _parse_profile(name: str, table: object, folder: Path) -> Profile:
    from app.settings.checks import PROFILE_KEYS  # noqa: PLC0415 - see read_config

    where = f"profiles.{name}"
    if name == SANDBOX:
        raise SettingsError(f"{where}: the profile {SANDBOX!r} is built in; choose another name.")
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{where}: a profile name is made of a-z, 0-9 and '-'.")
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where}: must be a table.")
    values = _check(f"{where}.", table, PROFILE_KEYS)
    if ("base_url" in values) == ("account" in values):
        raise SettingsError(f"{where}: needs exactly one of base_url and account.")
    auth = cast("Auth", values.get("auth", "none"))
    base_url = cast("str | None", values.get("base_url"))
    _check_auth(where, auth, base_url, values)
    account = cast("str | None", values.get("account"))
    return Profile(
        name,
        base_url,
        (folder / account).resolve() if account is not None else None,
        auth,
        float(cast("float", values.get("deadline_s", 30.0))),
        values,
    )


def _check_auth(where: str, auth: Auth, base_url: str | None, values: Mapping[str, object]) -> None:
    if auth == "none":
        return
    needed, named = _NEEDS[auth]
    if not (base_url or "").endswith(needed):
        raise SettingsError(f"{where}.auth: {auth} needs a base_url that ends in {needed}.")
    if named not in values:
        raise SettingsError(f"{where}.{named}: is missing; auth = {auth!r} needs it.")


def _check(where: str, table: Mapping[str, object], keys: "Mapping[str, Check]") -> Mapping[str, object]:
    for key, value in table.items():
        check = keys.get(key)
        if check is None:
            raise SettingsError(f"{where}{key}: there is no such key; known: {', '.join(keys)}.")
        if reason := check(value):
            raise SettingsError(f"{where}{key}: {reason}.")
    return table
