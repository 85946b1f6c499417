"""Deletes the attempts past the profile's retention, after a preview."""

from datetime import UTC, datetime

from app.service.live import LiveAccount
from app.store.erasure import Doomed, Retention, doomed, let_go


class AttemptRetention:
    """The attempts of the live account past `retention_days` and `retention_rows` of its profile. Raises StoreError."""

    def __init__(self, account: LiveAccount) -> None:
        self._path = account.history.path
        profile = account.profile
        self._retention = Retention(account.key, profile.retention_days, profile.retention_rows)

    def preview(self) -> Doomed | None:
        """The attempts that `apply` would delete; None if there are none."""
        return doomed(self._path, self._retention, datetime.now(UTC))

    def apply(self) -> int:
        """Deletes the attempts that `preview` shows; returns their number."""
        return let_go(self._path, self._retention, datetime.now(UTC))
