"""The exact request to copy: as a cURL command, a Python program, or JSON, with masked credentials.

Every function takes the result of `service.describe`: method, url, headers, body.
"""

import json
import shlex
from collections.abc import Iterable, Mapping

from app.domain.attempt_export import json_text

# curl and httpx set these themselves, and wrong ones break the request.
_BY_THE_PROGRAM = ("host", "content-length", "connection", "transfer-encoding")
_LONGEST_ARGUMENT = 100_000
"""The longest body passed as an argument, in characters; Linux accepts at most 128 KiB in one argument."""

_TIMEOUT_S = 30
_END = "END_OF_BODY"


def as_curl(described: Mapping[str, object]) -> str:
    """A shell command that sends the request with cURL; a very long body comes from a here-document."""
    body = str(described["body"])
    parts = [["curl", "--globoff", "--request", str(described["method"]), str(described["url"])]]
    parts += [["--header", f"{name}: {value}"] for name, value in _headers(described).items()]
    if len(body) <= _LONGEST_ARGUMENT:
        return _command([*parts, ["--data-raw", body]])
    return f"{_command([*parts, ['--data', '@-']])} <<'{_END}'\n{body}\n{_END}"


def _command(parts: Iterable[list[str]]) -> str:
    return " \\\n  ".join(map(shlex.join, parts))


def as_httpx(described: Mapping[str, object]) -> str:
    """A Python program that sends the request with httpx and prints the reply; printable ASCII."""
    headers = "".join(f"        {name!a}: {value!a},\n" for name, value in _headers(described).items())
    return (
        "import httpx\n\n"
        "reply = httpx.request(\n"
        f"    {described['method']!a},\n"
        f"    {described['url']!a},\n"
        f"    headers={{\n{headers}    }},\n"
        f"    content={str(described['body'])!a},\n"
        f"    timeout={_TIMEOUT_S},\n"
        ")\n"
        "print(reply.status_code, reply.text)\n"
    )


def as_json(described: Mapping[str, object]) -> str:
    """Method, url, headers and body, with the body as a JSON object; printable ASCII."""
    body = described["body"]
    try:
        parsed = json.loads(str(body))
    except ValueError:
        parsed = body
    shown = {**described, "headers": _headers(described), "body": parsed}
    return json_text(shown, indent=2)


def _headers(described: Mapping[str, object]) -> dict[str, str]:
    headers = described["headers"]
    if not isinstance(headers, Mapping):
        return {}
    return {name: str(value) for name, value in headers.items() if name.lower() not in _BY_THE_PROGRAM}
