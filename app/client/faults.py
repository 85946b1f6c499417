"""What went wrong, in one word and one sentence: any exception of an exchange -> NoReply.

The words: `address`, `request`, `too_large`, `refused`, `dns`, `tls`, `proxy`, `unreachable`,
`no_token` (nothing left this machine); `reset`, `no_reply`, `cut`, `protocol`, `crashed` (it may
have); `deadline`, `stopped` (either).
"""

import socket
from collections.abc import Iterator

import httpx

from app.client.exchange import ExpiredError, StoppedError
from app.client.progress import Progress
from app.domain.model import NoReply


class UnsendableError(Exception):
    """A request that cannot be made: `reason` is one of the words, the message one sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)


def no_reply(error: Exception, progress: Progress, deadline_s: float) -> NoReply:
    """Why there is no reply. The sentence names the host, never a URL: a URL may hold a password."""
    reason, sentence = _reason(error, progress, deadline_s)
    return NoReply(reason, "maybe" if progress.sent else "no", sentence)


def _reason(error: Exception, progress: Progress, deadline_s: float) -> tuple[str, str]:
    match error:
        case UnsendableError(reason=reason):
            return reason, str(error)
        case StoppedError():
            return "stopped", f"Waiting for {progress.host} was stopped."
        case ExpiredError() | httpx.TimeoutException() | TimeoutError():
            return "deadline", f"{progress.host} did not answer in full within {deadline_s:g} seconds."
        case _ if progress.sent:
            return _broken(error, progress)
        case _:
            return _unconnected(error, progress)


def _unconnected(error: Exception, progress: Progress) -> tuple[str, str]:
    host = progress.host
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return (
            "address",
            "The address cannot be used: it must begin with http:// or https:// and name a host.",
        )
    if isinstance(error, httpx.ProxyError):
        return "proxy", f"The proxy {host} refused to connect onwards: {error}."
    if progress.stage == "start_tls":
        return "tls", f"No secure connection to {host}: {_innermost(error)}."
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        return "dns", f"The name {host} could not be resolved to an address."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refused", f"{host} refused the connection."
    return "unreachable", f"{host} could not be reached: {_innermost(error)}."


def _broken(error: Exception, progress: Progress) -> tuple[str, str]:
    host = progress.host
    if not isinstance(error, httpx.TransportError):
        return "crashed", f"The exchange with {host} broke off inside this program: {type(error).__name__}."
    if progress.stage == "receive_response_body":
        return "cut", f"{host} broke off in the middle of its reply."
    if isinstance(error, httpx.NetworkError):
        return "reset", f"{host} broke the connection before it replied."
    if "without sending a response" in str(error):
        return "no_reply", f"{host} closed the connection without a reply."
    return "protocol", f"{host} answered with something that is not HTTP: {error}."


def _innermost(error: BaseException) -> str:
    return (str(list(_causes(error))[-1]) or type(error).__name__).rstrip(".")


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (*inside, error.__cause__ or error.__context__):
        if cause is not None:
            yield from _causes(cause)
