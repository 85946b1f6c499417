"""The errors of the client, in a module that does not import httpx."""

from app.domain.errors import AppError


class ClientError(AppError):
    """A failed call; the message names the cause and the fix."""


class RejectedError(ClientError):
    """A call that the account answered with another HTTP status than 2xx, or with another reply code than 0."""

    def __init__(self, sentence: str, http_status: int) -> None:
        self.http_status = http_status
        super().__init__(sentence)


class UnsendableError(ClientError):
    """A request that cannot be sent; `reason` is a word listed in `exchange`, the message one sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)
