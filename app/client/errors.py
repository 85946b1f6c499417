"""What a call that fills the cache raises; apart from the rest, so that catching it imports no httpx."""

from app.domain.errors import DeskError


class ClientError(DeskError):
    """A call that could not be made, or was not answered as asked: cause and remedy."""
