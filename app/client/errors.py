"""What a call that fills the cache raises, and what a request that cannot be made raises within.

Apart from the rest, so that catching it imports no httpx.
"""

from app.domain.errors import AppError


class ClientError(AppError):
    """A call that could not be made, or was not answered as asked: cause and remedy."""


class UnsendableError(Exception):
    """A request that cannot be made: `reason` is one of the words, the message one sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)
