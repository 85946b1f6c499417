"""`config.toml`: reading and checking all profiles, adding and removing one.

Flags win over the environment, the environment over the file. Edits keep the rest of the file as it was
typed. Any mistake raises SettingsError.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from app.domain.errors import FileFaultError, read_text, reason_of
from app.settings.files import atomic_write, check_config_mode
from app.settings.keymap import check_keymap
from app.settings.profile import CONFIG, SANDBOX, Profile, Settings, SettingsError, is_loopback
from app.settings.secrets import split_command

THEMES = (
    "triggerdesk-dark", "triggerdesk-light", "triggerdesk-high-contrast", "triggerdesk-okabe-ito",
    "ansi-dark", "ansi-light", "atom-one-dark", "atom-one-light", "catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha", "dracula",
    "flexoki", "gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark",
    "solarized-light", "textual-dark", "textual-light", "tokyo-night",
)  # fmt: skip
"""The themes of the dashboard; a test compares this with Textual's."""

MAX_DEADLINE_S = 3600
MAX_SECOND_SEND_S = 365 * 86_400
MAX_RETENTION_DAYS = 36_500
MAX_RETENTION_ROWS = 1_000_000_000
MAX_MEMBER = 64
LOCK_TIMEOUT_S = 60

_NEEDS = {"oauth": ("/api/v3", "client_id"), "wsse": ("/api/v2", "user")}

Check = Callable[[object], str | None]


class Config(NamedTuple):
    """The content of `config.toml`; `keymap` by full ids."""

    profiles: Mapping[str, Profile]
    default_profile: str = SANDBOX
    theme: str | None = None
    keymap: Mapping[str, str] = MappingProxyType({})
    member: str | None = None


def load_config(environment: Mapping[str, str]) -> Config:
    return read_config(home_folder(environment) / CONFIG)


def load_settings(
    environment: Mapping[str, str], profile: str | None = None, account: Path | None = None
) -> Settings:
    home = home_folder(environment)
    config = read_config(home / CONFIG)
    name = profile or environment.get("TRIGGERDESK_PROFILE") or config.default_profile
    if name not in config.profiles:
        raise SettingsError(_unknown(name, config))
    live = config.profiles[name]
    if folder := account or environment.get("TRIGGERDESK_ACCOUNT"):
        live = _on_folder(live, Path(folder))
    return Settings(home, live, config.theme, config.keymap, config.member)


def home_folder(environment: Mapping[str, str]) -> Path:
    if named := environment.get("TRIGGERDESK_HOME"):
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 - costs 14 ms, rarely needed

    return user_data_path("triggerdesk", appauthor=False)


def read_config(path: Path) -> Config:
    return _parse(path, _read(path))


def add_profile(path: Path, name: str, values: Mapping[str, object], *, default: bool = False) -> Profile:
    """Adds a profile, makes it the default if asked to, and returns it. Raises SettingsError."""
    with _locked(path) as (text, config):
        if name in config.profiles:
            raise SettingsError(_taken(name))
        meant = tomllib.loads(text)
        meant.setdefault("profiles", {})[name] = dict(values)
        if default:
            meant["default_profile"] = name
        before = (
            _edited(text, lambda document: document.update({"default_profile": name})) if default else text
        )
        return _write(path, [_appended(before, name, values)], meant).profiles[name]


def change_profile(
    path: Path,
    name: str,
    values: Mapping[str, object],
    top: Mapping[str, object] | None = None,
    *,
    write: bool = True,
) -> Profile:
    """The profile with these keys, without those that are None, and keys at the top; in the file too if `write`."""

    def change(document: Any) -> None:
        document.update(top or {})
        table = document["profiles"][name]
        for key, value in values.items():
            if value is not None:
                table[key] = value
            elif key in table:
                del table[key]

    with _locked(path) as (text, _):
        meant = tomllib.loads(text)
        if name not in meant.get("profiles", {}):
            raise SettingsError(
                f"There is no profile {name!r} in {path}. `triggerdesk profile add` adds one."
            )
        change(meant)
        edited = _edited(text, change)
        return (_write(path, [edited], meant) if write else _parse(path, edited)).profiles[name]


def move_to_oauth(
    path: Path, name: str, client_id: str, token_url: str | None = None, *, write: bool
) -> Profile:
    """The WSSE profile as an OAuth profile, in the file too if `write`; its other keys stay. Raises SettingsError."""
    config = read_config(path)
    if name not in config.profiles:
        raise SettingsError(_unknown(name, config))
    profile = config.profiles[name]
    if profile.auth != "wsse":
        raise SettingsError(f"The profile {name!r} does not sign in by X-WSSE. There is nothing to move.")
    base_url = f"{(profile.base_url or '').removesuffix('2')}3"
    values = {"auth": "oauth", "base_url": base_url, "client_id": client_id, "user": None}
    if token_url is not None:
        values["token_url"] = token_url
    return change_profile(path, name, values, write=write)


def remove_profile(path: Path, name: str) -> None:
    """Removes a profile; if it was the default, the sandbox becomes the default. Raises SettingsError."""
    with _locked(path) as (text, config):
        if name == SANDBOX:
            raise SettingsError(f"The profile {SANDBOX!r} is built in and stays.")
        if name not in config.profiles:
            raise SettingsError(_unknown(name, config))
        meant = tomllib.loads(text)
        del meant["profiles"][name]
        was_default = config.default_profile == name
        if was_default:
            del meant["default_profile"]
        rest = _edited(text, lambda document: document.remove("default_profile")) if was_default else text
        _write(path, _without(rest, name), meant)


def _unknown(name: str, config: Config) -> str:
    return f"There is no profile {name!r}. Profiles: {', '.join(sorted(config.profiles))}."


def _taken(name: str) -> str:
    if name == SANDBOX:
        return f"The profile {SANDBOX!r} is built in; choose another name."
    return f"The profile {name!r} already exists; choose another name, or remove it first."


def _on_folder(profile: Profile, folder: Path) -> Profile:
    if profile.base_url is not None:
        raise SettingsError(
            f"--account names a folder, but the profile {profile.name!r} has a base_url: "
            f"leave --account out, or add --profile {SANDBOX}."
        )
    return replace(profile, folder=folder.absolute().resolve(), auth="none")


# Reading


def _read(path: Path) -> str:
    check_config_mode(path)
    try:
        return read_text(path) if path.exists() else ""
    except (FileFaultError, OSError) as error:
        raise SettingsError(str(error)) from None


def _parse(path: Path, text: str) -> Config:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None
    try:
        return _parse_config(raw, path.parent)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


def _parse_config(raw: Mapping[str, Any], folder: Path) -> Config:
    _check("", raw, TOP_KEYS)
    profiles = {SANDBOX: Profile(SANDBOX)}
    for name, table in raw.get("profiles", {}).items():
        profiles[name] = _parse_profile(name, table, folder)
    default = raw.get("default_profile", SANDBOX)
    if default not in profiles:
        raise SettingsError(f"default_profile: there is no profile {default!r}.")
    keymap = check_keymap(raw.get("keymap", {}))
    return Config(profiles, default, raw.get("theme"), keymap, raw.get("member"))


def _parse_profile(name: str, table: object, folder: Path) -> Profile:
    where = f"profiles.{name}"
    if name == SANDBOX:
        raise SettingsError(f"{where}: the profile {SANDBOX!r} is built in; choose another name.")
    if not re.fullmatch("[a-z0-9-]+", name):
        raise SettingsError(f"{where}: a profile name is made of a-z, 0-9 and '-'.")
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where}: must be a table.")
    _check(f"{where}.", table, PROFILE_KEYS)
    if ("base_url" in table) == ("account" in table):
        raise SettingsError(f"{where}: needs exactly one of base_url and account.")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    account = values.pop("account", None)
    if "base_url" in values:
        values["base_url"] = values["base_url"].rstrip("/")
    profile = Profile(name, folder=None if account is None else (folder / account).resolve(), **values)
    _check_auth(where, profile)
    return profile


def _check_auth(where: str, profile: Profile) -> None:
    if profile.auth == "none":
        return
    suffix, needed = _NEEDS[profile.auth]
    if not (profile.base_url or "").endswith(suffix):
        raise SettingsError(f"{where}.auth: {profile.auth} needs a base_url that ends in {suffix}.")
    if not getattr(profile, needed):
        raise SettingsError(f"{where}.{needed}: is missing; auth = {profile.auth!r} needs it.")


def _check(where: str, table: Mapping[str, object], keys: Mapping[str, Check]) -> None:
    for key, value in table.items():
        if key not in keys:
            raise SettingsError(f"{where}{key}: unknown key; use one of {', '.join(keys)}.")
        if reason := keys[key](value):
            raise SettingsError(f"{where}{key}: {reason}.")


# Checks of the values


def _must(holds: Callable[[Any], object], reason: str) -> Check:
    return lambda value: None if holds(value) else reason


def _text_with(check: Callable[[str], str | None]) -> Check:
    return lambda value: check(value) if isinstance(value, str) and value else "must be text and not empty"


def _text_that(holds: Callable[[str], object], reason: str) -> Check:
    return _text_with(_must(holds, reason))


def _one_of(*allowed: str) -> Check:
    return _must(lambda value: value in allowed, f"must be one of {', '.join(allowed)}")


def _whole(most: int) -> Check:
    return _must(
        lambda value: type(value) is int and 0 <= value <= most, f"must be a whole number from 0 to {most:,}"
    )


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _test_contacts(value: object) -> str | None:
    if not (isinstance(value, list) and _are_texts(value)):
        return "must be a list of texts"
    for entry in value:
        if "*" in entry:
            return f"{entry!r} matches nobody: patterns are not supported; a whole domain is @example.com"
        if not entry or entry != entry.strip() or entry.endswith("@"):
            return f"{entry!r} matches nobody: write a whole value such as thor@example.com, or @example.com"
        if entry.startswith("@") and not re.fullmatch(r"@[^@\s]+", entry):
            return f"{entry!r} is not a domain; write it like @example.com"
    return None


def _command(value: str) -> str | None:
    try:
        split_command(value)
    except ValueError as error:
        return f"is not a command line: {str(error)[:1].lower()}{str(error)[1:]}"
    return None


def _member(value: str) -> str | None:
    if value.strip() != value or not value.isprintable() or len(value) > MAX_MEMBER:
        return f"must be a name of at most {MAX_MEMBER} printable characters"
    return None if "@" not in value else "must be a name, not an e-mail address"


def _address_with(check: Callable[[SplitResult], str | None]) -> Check:
    """Checks an address further. No reason quotes it: it may hold a password."""

    def check_address(value: str) -> str | None:
        if not value.isprintable() or " " in value:
            return "must hold no spaces and no control characters"
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            return "is not an address; check the host and the port (1 to 65535)"
        if port == 0 or parts.netloc.endswith(":"):
            return "is not an address: the port must be between 1 and 65535"
        return check(parts)

    return _text_with(check_address)


def _base_url(parts: SplitResult) -> str | None:
    ends = parts.path.rstrip("/").endswith(("/api/v2", "/api/v3"))
    return _url(parts) or (None if ends else "must end in /api/v2 or /api/v3")


def _url(parts: SplitResult) -> str | None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must begin with https:// (http:// only for this machine) and name a host"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must hold no user, password, query or fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "plain http is allowed to this machine only (127.0.0.0/8, ::1, localhost); use https"
    return None


def _proxy(parts: SplitResult) -> str | None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must begin with http:// or https:// and name a host"
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return "must end after the host and the port"
    return None


def _team(parts: SplitResult) -> str | None:
    if parts.scheme not in ("postgresql", "postgres"):
        return "must begin with postgresql://"
    if parts.password or "password=" in parts.query:
        return "must hold no password; the environment, the keyring or libpq's passfile has it"
    return None


_text = _text_with(lambda _: None)
_truth = _must(lambda value: isinstance(value, bool), "must be true or false")
_table = _must(lambda value: isinstance(value, Mapping), "must be a table")

TOP_KEYS: Mapping[str, Check] = {
    "default_profile": _text,
    "theme": _one_of(*THEMES),
    "keymap": _must(
        lambda value: isinstance(value, Mapping) and _are_texts(value.values()),
        'must be a table of texts, such as send = "f9"',
    ),
    "member": _text_with(_member),
    "profiles": _table,
}

PROFILE_KEYS: Mapping[str, Check] = {
    "base_url": _address_with(_base_url),
    "account": _text,
    "auth": _one_of("none", "wsse", "oauth"),
    "client_id": _text_that(
        lambda value: value.isprintable() and ":" not in value, "must be printable, without a colon"
    ),
    "token_url": _address_with(_url),
    "user": _text_that(
        lambda value: value.isascii() and value.isprintable() and not set(value) & set('"\\'),
        'must be printable ASCII without " and \\',
    ),
    "secret_command": _text_with(_command),
    "production": _truth,
    "test_contacts": _test_contacts,
    "deadline_s": _must(
        lambda value: type(value) in (int, float) and 0 < value <= MAX_DEADLINE_S,
        f"must be a number of seconds, more than 0 and at most {MAX_DEADLINE_S}",
    ),
    "second_send_s": _whole(MAX_SECOND_SEND_S),
    "refresh_contacts": _text_that(
        lambda value: re.fullmatch(r"(?a)none|list:\d+|query:\d{1,9}", value),
        "must be none, list:ID or query:N",
    ),
    "proxy": _address_with(_proxy),
    "retention_days": _whole(MAX_RETENTION_DAYS),
    "retention_rows": _whole(MAX_RETENTION_ROWS),
    "team": _address_with(_team),
    "team_account": _text_with(_member),
    "team_share": _one_of("outcome", "all"),
    "team_required": _truth,
    "approve": _truth,
}


# Writing


@contextmanager
def _locked(path: Path) -> Iterator[tuple[str, Config]]:
    """The text and the content of the file, which no other process changes meanwhile. Raises SettingsError."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only editing needs it

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_TIMEOUT_S, mode=0o600):
            text = _read(path)
            yield text, _parse(path, text)
    except Timeout:
        raise SettingsError(f"{path} is being changed by another process. Try again.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {reason_of(error)}.") from None


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
    """The text without a profile; a table of its own keeps the comments around it."""
    header = re.compile(rf"\s*\[\s*profiles\s*\.\s*[\"']?{name}[\"']?\s*\]")
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    if len(starts) == 1:
        before, after = lines[: starts[0]], lines[starts[0] + 1 :]
        table = list(takewhile(lambda line: not re.match(r"\s*\[", line), after))
        # Comments below the last key may belong to the next table.
        below = list(takewhile(lambda line: not line.strip() or line.lstrip()[0] == "#", reversed(table)))
        yield "".join((*before, *reversed(below), *after[len(table) :]))
    yield _edited(text, lambda document: document["profiles"].pop(name))


def _write(path: Path, candidates: Sequence[str] | Iterator[str], meant: Mapping[str, object]) -> Config:
    """Writes the first candidate that parses to the wanted content. Raises SettingsError if there is none."""
    for text in candidates:
        if _says(text, meant):
            config = _parse(path, text)
            atomic_write(path, text)
            return config
    raise SettingsError(f"{path} cannot be edited automatically. Edit it manually.")


def _says(text: str, meant: Mapping[str, object]) -> bool:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return {"profiles": {}, **found} == {"profiles": {}, **meant}
