"""The sandbox of a profile in this process: its account folder, and the application that is created on first use."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from app.domain.errors import FileFaultError
from app.domain.model import JsonObject
from app.resources import sample_data
from app.sandbox.accounts.account import SandboxAccount, ensure_built
from app.sandbox.accounts.folder import examples, unknown_keys
from app.settings import Settings
from app.store.catalog import Cache
from app.store.database import StoppedError, StoreError

if TYPE_CHECKING:
    from app.sandbox.app import Sandbox


def account_folder(settings: Settings) -> Path:
    """The folder that the sandbox reads: the profile's, the demo account's, or the sample."""
    if settings.profile.folder is not None:
        return settings.profile.folder
    return settings.demo if settings.demo.is_dir() else sample_data()


class InProcess:
    """The sandbox of the live profile.

    It replies from the files that the cache was filled from, also after a refresh in another window.
    """

    def __init__(self, settings: Settings, warn: Callable[[str], None]) -> None:
        """Builds the sandbox's database if needed.

        Calls `warn` with a sentence for each unknown key in files that are new or have changed.
        """
        self._settings = settings
        folder = account_folder(settings)
        self.source, is_new = ensure_built(folder, settings.sandbox_database)
        for warning in unknown_keys(folder) if is_new else ():
            warn(warning)
        self.cache = Cache(settings.cache)
        self._making = Lock()
        self._made: tuple[SandboxAccount, Sandbox] | None = None

    @property
    def sandbox(self) -> "Sandbox":
        return self._pair[1]

    @property
    def _pair(self) -> "tuple[SandboxAccount, Sandbox]":
        with self._making:
            if self._made is None:
                account = SandboxAccount(None, self._settings.sandbox_database)
                self._made = account, _sandbox_of(account)
            return self._made

    async def answer(self, *call: Any) -> None:
        account, sandbox = self._pair
        with suppress(StoreError):  # without a readable cache the sandbox keeps its content
            account.follow(self.cache.state().source or "")
        await sandbox(*call)

    def examples(self) -> Mapping[str, JsonObject]:
        """The example event data of the folder; empty if the folder is faulty, which a refresh reports."""
        try:
            return examples(account_folder(self._settings))
        except FileFaultError:
            return {}

    @contextmanager
    def rebuilt(self, stop: Event) -> "Iterator[tuple[Sandbox, str]]":
        """A sandbox of the files as they are now; the live one follows once the cache is refreshed."""

        def check(*_: int) -> None:
            if stop.is_set():
                raise StoppedError

        folder, database = account_folder(self._settings), self._settings.sandbox_database
        with (
            closing(SandboxAccount(folder, database, check)) as account,
            closing(_sandbox_of(account)) as sandbox,
        ):
            yield sandbox, account.fingerprint

    def close(self) -> None:
        if self._made is not None:
            account, sandbox = self._made
            sandbox.close()
            account.close()


def _sandbox_of(account: SandboxAccount) -> "Sandbox":
    from app.sandbox.app import create_sandbox  # noqa: PLC0415 - a list from the cache needs no Starlette

    return create_sandbox(account)
