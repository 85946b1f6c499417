"""JSON as text, with every number and every repeated key as it was typed.

Parsing and writing JSON again would turn `0.10` into `0.1` and keep only the last of two equal keys.
"""

import json
import re
from collections.abc import Iterator

TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
"""A text, a mark or a word of valid JSON; what stands between them is white space."""

_OPENING = ("{", "[")
_CLOSING = ("}", "]")


class TypedObject(dict[str, object]):
    """A JSON object, and the JSON that it was read from; both are sent and shown as typed."""

    def __init__(self, value: dict[str, object], text: str) -> None:
        super().__init__(value)
        self.text = text


def parsed(text: str | bytes) -> object:
    """The value that JSON holds; None for a text that is no JSON, or nested too deeply."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def compact(text: str) -> str:
    """Valid JSON without white space."""
    return "".join(TOKEN.findall(text))


def ascii_json(text: str) -> str:
    if text.isascii():
        return compact(text)
    return "".join(
        token if token.isascii() else json.dumps(json.loads(token)) for token in TOKEN.findall(text)
    )


def indented(text: str, *, unescaped: bool = False) -> str:
    """Valid JSON with one member a line, indented by two spaces; `unescaped` writes letters for their escapes."""
    lines, before, depth = [""], "", 0
    for token in TOKEN.findall(text):
        if before in _OPENING and token not in _CLOSING:
            depth += 1
            lines.append("  " * depth)
        elif token in _CLOSING and before not in _OPENING:
            depth -= 1
            lines.append("  " * depth)
        elif before == ",":
            lines.append("  " * depth)
        elif before == ":":
            lines[-1] += " "
        lines[-1] += (
            json.dumps(json.loads(token), ensure_ascii=False) if unescaped and "\\" in token else token
        )
        before = token
    return "\n".join(lines)


def written(value: object) -> str:
    """A value as indented JSON without escaped letters, as it was typed if that is known; sanitize it before you show it."""
    if isinstance(value, TypedObject):
        return indented(value.text)
    return json.dumps(value, indent=2, ensure_ascii=False)


def member(text: str, name: str) -> str | None:
    """The JSON of a member of the outermost object, the last one of that name; None if there is none."""
    found, at, depth, key = None, None, 0, ""
    for place in TOKEN.finditer(text):
        mark = place[0]
        if depth == 1 and mark in (",", "}"):
            if at is not None:
                found = text[at : place.start()].strip()
            at, key = None, ""
        elif depth == 1 and mark == ":":
            at = place.end() if json.loads(key) == name else None
        elif depth == 1 and at is None and mark.startswith('"'):
            key = key or mark
        depth += (mark in _OPENING) - (mark in _CLOSING)
    return found


def repeated_keys(text: str) -> Iterator[tuple[str, int]]:
    known: list[set[str]] = []
    places = list(TOKEN.finditer(text))
    for place, after in zip(places, [*places[1:], None], strict=True):
        token = place[0]
        if token in _OPENING:
            known.append(set())
        elif token in _CLOSING:
            known.pop()
        elif token.startswith('"') and after is not None and after[0] == ":":
            key = json.loads(token)
            if key in known[-1]:
                yield key, place.start()
            known[-1].add(key)


# Repair

_LENIENT = r"""(?xs)
    (?P<text>"(?:[^"\\\n]|\\.)*")
    | '(?P<single>(?:[^'\\\n]|\\.)*)'
    | [“„”«»](?P<curly>[^“„”«»"\n]*)[“”«»]
    | (?P<nothing>//[^\n]*|\#[^\n]*|/\*.*?\*/|[\s\u00a0\u200b-\u200f\u202f\u2060\ufeff]+)
    | (?P<placeholder>\{\{\s*(?:field:|contact\.|event\.)[^{}"'\n]*\}\})
    | (?P<mark>[{}\[\],:])
    | (?P<word>[^\s{}\[\],:"'“„”«»\u00a0\u200b-\u200f\u202f\u2060\ufeff]+)
"""
_WORDS = {"True": "true", "False": "false", "None": "null"}


def repaired(text: str) -> str | None:
    """The JSON object that a faulty text certainly means, indented; None if there is no certain repair."""
    inner = _wrapped(text)
    if inner is not None:
        return indented(inner)
    start, end = text.find("{"), text.rfind("}")
    if start < 0:
        return None
    for part in (text[start : end + 1] if end > start else "", text[start:]):
        tokens = _tokens(part)
        if tokens and isinstance(parsed("".join(tokens)), dict):
            return indented("".join(tokens))
    return None


def _wrapped(text: str) -> str | None:
    """The object inside valid JSON: in a list of one, in a text, or as the data of a whole request."""
    value = parsed(text)
    if isinstance(value, str) and isinstance(parsed(value), dict):
        return value
    if (
        isinstance(value, dict)
        and {"key_id", "external_id"} <= value.keys()
        and isinstance(value.get("data"), dict)
    ):
        return member(text, "data")
    return None


def _tokens(text: str) -> list[str]:
    """The tokens of a text in valid spelling, with what is not closed closed; none if it holds anything else."""
    tokens: list[str] = []
    open_marks: list[str] = []
    at, lenient = 0, re.compile(_LENIENT)
    while at < len(text):
        found = lenient.match(text, at)
        if found is None:
            return []
        at = found.end()
        token = _spelled(found)
        if token in _CLOSING:
            while tokens and tokens[-1] == ",":
                tokens.pop()
            if not open_marks or open_marks.pop() != token:
                return []
        elif token in _OPENING:
            open_marks.append(_CLOSING[_OPENING.index(token)])
        if token:
            tokens.append(token)
    return tokens + open_marks[::-1]


def _spelled(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "single":
            return json.dumps(re.sub(r"\\'", "'", found["single"]), ensure_ascii=False)
        case "placeholder":
            return json.dumps(found["placeholder"], ensure_ascii=False)
        case "curly":
            return json.dumps(found["curly"], ensure_ascii=False)
        case "word":
            return _WORDS.get(found["word"], found["word"])
        case "nothing":
            return ""
        case _:
            return found[0]
