"""The cache of one account kept up to date: refreshed, and joined by what was looked up.

Separate from `desk` because nothing here triggers; what the lists only read stands in `lists`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.domain.model import Contact
from app.service.filling import FillStep, Watch, fill
from app.service.lists import AccountLists
from app.settings import Profile
from app.store.cache import Cache, CacheState
from app.store.history import History

if TYPE_CHECKING:
    from app.client.api import ApiClient


class AccountKeeping(AccountLists):
    """One profile's account, its cache, the history, and the way to the endpoint."""

    def __init__(
        self,
        profile: Profile,
        cache: Cache,
        history: History,
        open_client: "Callable[[], ApiClient]",
        source: str | None,
    ) -> None:
        super().__init__(cache)
        self.profile = profile
        self._history = history
        self._open_client = open_client
        self._source = source
        self._client: ApiClient | None = None

    @property
    def client(self) -> "ApiClient":
        """The way to the endpoint, opened when it is first needed.

        Raises SettingsError where the profile's secret cannot be had.
        """
        if self._client is None:
            self._client = self._open_client()
        return self._client

    async def close(self) -> None:
        """Closes the connections and the databases."""
        if self._client is not None:
            await self._client.aclose()
        self._cache.close()
        self._history.close()

    def state(self) -> CacheState:
        """How old the cache is and how much it holds."""
        return self._cache.state()

    def needs_refresh(self) -> bool:
        """Whether the cache of a sandbox is empty or of other account files; never for a real account."""
        return self.profile.is_sandbox and self.state().source != self._source

    async def refresh(
        self, progress: Callable[[int], None] = lambda _: None, watch: Watch | None = None
    ) -> CacheState:
        """Fills the cache over the wire; `progress` is told the number of contacts so far, `watch` every step.

        Events and fields always; the contacts that `refresh_contacts` of the profile names, a sandbox's all. The old
        cache stays whole until the new one is, also when this is cancelled. Raises ClientError, StoreError and
        SettingsError.
        """

        def told(step: FillStep) -> None:
            progress(step.done)
            if watch is not None:
                watch(step)

        await fill(self._cache, self.client, self.profile, self._source, told)
        return self.state()

    async def look_up(self, key_id: str, value: str) -> tuple[Contact, ...]:
        """The contacts that the account finds by this key, () for none; they join the cache.

        One getdata; from now on the cache knows of this key and value, until the next refresh. Raises ClientError,
        StoreError and SettingsError.
        """
        if not value:
            return ()
        contacts = await self.client.lookup(key_id, value)
        self._cache.remember_lookup(key_id, value, contacts)
        return contacts
