"""The sandbox as one ASGI application: the trigger call at once, everything else by its path."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.accounts.memory import TriggerMemory
from app.sandbox.auth import SignIn
from app.sandbox.body import BodyReader
from app.sandbox.calls.call import Ground
from app.sandbox.calls.trigger import trigger
from app.sandbox.endpoint import VERSIONS, Desk, Endpoint
from app.sandbox.faults import Faults
from app.sandbox.limits import RateLimit
from app.sandbox.options import SandboxOptions
from app.sandbox.records import Records
from app.sandbox.tokens import Tokens

_TRIGGER_PATH = re.compile(r"/+api/+(v[23])/+event/+(.+?)/+trigger/*")


def create_sandbox(
    account: SandboxAccount,
    options: SandboxOptions | None = None,
    clock: Callable[[], float] = time.time,
    accepted: Path | None = None,
) -> "Sandbox":
    """The endpoint over an account, as an ASGI application; `clock` is in seconds since 1970.

    The trigger ids that it accepted are kept in the file `accepted`, by default beside the
    account's database. Raises AccountDatabaseError.
    """
    beside = account.database.with_name(f"{account.database.stem}-triggers.db")
    return Sandbox(account, TriggerMemory(accepted or beside), options or SandboxOptions(), clock)


class Sandbox:
    """An ASGI application. The trigger call is found before all others, so that it costs least.

    `faults` are the failures being rehearsed, `records` what was received lately.
    """

    def __init__(
        self,
        account: SandboxAccount,
        memory: TriggerMemory,
        options: SandboxOptions,
        clock: Callable[[], float],
    ) -> None:
        self._memory = memory
        self._tokens = Tokens(options, clock)
        self.faults = Faults()
        self.records = Records()
        self._desk = Desk(
            Ground(account, self._memory, options),
            SignIn(options, self._tokens, clock),
            RateLimit(options.rate_limit, clock),
            self.faults,
            self.records,
            BodyReader(options),
            clock,
        )
        self._triggers = {version: Endpoint(self._desk, version, {"POST": trigger}) for version in VERSIONS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        found = _TRIGGER_PATH.fullmatch(scope["path"])
        if found:
            scope["path_params"] = {"event_id": found[2]}
            await self._triggers[found[1]](scope, receive, send)
        else:
            await self._others(_tidied(scope), receive, send)

    def reset(self) -> None:
        """Back to how it began: no trigger id remembered, nothing recorded, no failure set."""
        self._memory.forget()
        self.records.clear()
        self.faults.clear()
        self._desk.rate.forget()

    def served(self) -> AbstractContextManager[None]:
        """Within the block it runs in one loop that goes on, and may put off what can wait a moment."""
        return self._memory.gathering()

    def close(self) -> None:
        """Closes the files that the sandbox itself opened; the account stays open."""
        self._memory.close()

    @cached_property
    def _others(self) -> ASGIApp:
        from app.sandbox.paths import router  # noqa: PLC0415 - a trigger must not wait for what it does not use

        return router(self._desk, self._tokens, self.reset)


def _tidied(scope: Scope) -> Scope:
    """The request with double and trailing slashes taken out of its path, as real clients send both."""
    path = re.sub("/{2,}", "/", scope["path"]).rstrip("/") or "/"
    return {**scope, "path": path, "root_path": ""}
