"""The errors of the client, in a module that does not import httpx."""

from app.domain.errors import AppError


class ClientError(AppError):
    """A failed call; the message names the cause and the fix."""


class UnsendableError(Exception):
    """A request that cannot be sent; `reason` is a word listed in `no_reply`, the message one sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)
