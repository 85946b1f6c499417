"""One call of the API as its handler sees it: matched, signed in, its body read and decoded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.accounts.memory import TriggerMemory
from app.sandbox.answers import Answer
from app.sandbox.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class Ground:
    """What every handler stands on: the account, what it remembers, and how it was set up."""

    account: SandboxAccount
    memory: TriggerMemory
    options: SandboxOptions


@dataclass(frozen=True, slots=True)
class Call:
    """`path` holds the parts of the path by name, `query` the query string, `payload` the JSON object of a POST.

    `length` is the length of the body that `payload` was read from, in bytes.
    """

    path: Mapping[str, str]
    query: bytes = b""
    payload: Mapping[str, object] = field(default_factory=dict)
    length: int = 0


Handler = Callable[[Ground, Call], Answer]
"""Handlers are plain functions: by the time one is called there is nothing left to wait for. May raise Refused."""
