"""The profiles that a dashboard under test is given: the service that the test holds, and where else one can go."""

from collections.abc import Callable, Sequence

from app.bootstrap import Profiles
from app.service.session import Session
from app.settings import Profile


class Opening:
    """Opens what the test opens, and by name what `others` has."""

    def __init__(self, open_service: Callable[[], Session], others: Profiles | None = None) -> None:
        self._open_service = open_service
        self._others = others

    def known(self) -> Sequence[Profile]:
        """Where one can go."""
        return self._others.known() if self._others else ()

    def open(self, name: str | None = None) -> Session:
        """The service of the test, or that of another profile."""
        if name is None:
            return self._open_service()
        assert self._others is not None
        return self._others.open(name)
