"""What each key of `config.toml` may hold: None where a value is fine, else the reason it is not."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from app.settings.profile import is_loopback
from app.settings.secrets import split_command

Check = Callable[[object], str | None]

_DOMAIN = re.compile(r"@[^@\s]+")


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value else "must be a text"


def _truth(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _table(value: object) -> str | None:
    return None if isinstance(value, Mapping) else "must be a table"


def _keymap(value: object) -> str | None:
    if isinstance(value, Mapping) and all(isinstance(keys, str) for keys in value.values()):
        return None
    return 'must be a table of texts, such as send = "f9"'


def _test_contacts(value: object) -> str | None:
    if not (isinstance(value, list) and all(isinstance(entry, str) for entry in value)):
        return "must be a list of texts"
    if any(not entry or (entry.startswith("@") and not _DOMAIN.fullmatch(entry)) for entry in value):
        return "must hold values such as thor@example.com, or domains such as @example.com"
    return None


def _user(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "must be a text"
    if not (value.isascii() and value.isprintable()) or set(value) & set('"\\'):
        return 'must be printable ASCII without " and \\'
    return None


def _client_id(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "must be a text"
    return None if value.isprintable() and ":" not in value else "must be printable, without a colon"


def _command(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a text"
    try:
        split_command(value)
    except ValueError as error:
        return f"is no command line: {str(error)[:1].lower()}{str(error)[1:]}"
    return None


def _whole(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return None
    return "must be a whole number, 0 or more"


def _seconds(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 3600:
        return None
    return "must be a number of seconds, more than 0 and at most 3600"


def _one_of(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def _contacts(value: object) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"none|list:\d+|query:\d+", value):
        return None
    return "must be none, list:ID or query:N"


def _base_url(value: object) -> str | None:
    if reason := _url(value):
        return reason
    return None if str(value).endswith(("/api/v2", "/api/v3")) else "must end in /api/v2 or /api/v3"


def _url(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a text"
    if not value.isprintable() or " " in value:
        return "must hold no spaces and no control characters"
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        return f"is no address ({error})"
    return _address(parts, host)


def _address(parts: SplitResult, host: str) -> str | None:
    if parts.scheme not in ("http", "https") or not host:
        return "must begin with https:// (http:// only for this machine) and name a host"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must hold no user, password, query or fragment"
    if parts.scheme == "http" and not is_loopback(host):
        return "plain http is allowed to this machine only (127.0.0.0/8, ::1, localhost); use https"
    return None


TOP_KEYS: Mapping[str, Check] = {
    "default_profile": _text,
    "theme": _text,
    "keymap": _keymap,
    "profiles": _table,
}

PROFILE_KEYS: Mapping[str, Check] = {
    "base_url": _base_url,
    "account": _text,
    "auth": _one_of("none", "wsse", "oauth"),
    "client_id": _client_id,
    "token_url": _url,
    "user": _user,
    "secret_command": _command,
    "production": _truth,
    "test_contacts": _test_contacts,
    "deadline_s": _seconds,
    "second_send_s": _whole,
    "refresh_contacts": _contacts,
    "proxy": _text,
    "retention_days": _whole,
    "retention_rows": _whole,
}
