"""Options of a sandbox, for behaviour that the public documentation leaves open."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """`rate_limit` is requests a minute; None does not enforce it. `interactions` adds `connectedTo`.

    `user` and `secret` are the WSSE user or the OAuth client; they matter only with `auth`. A
    body may take `body_timeout_s` to arrive; the rest of a rejected one is
    dropped for `drain_s`. `field_names` takes a field's string id as a key id. A trigger id is known for `remember_s`,
    for ever if that is None. `log` gets a line for each request.
    """

    auth: Literal["none", "wsse", "oauth"] = "none"
    user: str = "sandbox001"
    secret: str = "sandbox-secret"  # noqa: S105 - of a sandbox, and published
    interactions: bool = False
    rate_limit: int | None = None
    body_timeout_s: float = 30.0
    drain_s: float = 2.0
    field_names: bool = False
    remember_s: float | None = None
    log: Callable[[str], None] | None = None
