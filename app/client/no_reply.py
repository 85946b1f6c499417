"""Turns any exception of an exchange into a NoReply: a word for the reason, and a sentence.

The words are `address`, `request`, `too_large`, `refused`, `dns`, `tls`, `proxy`, `unreachable`, `no_token` (nothing
left this machine); `reset`, `no_reply`, `cut`, `protocol`, `crashed` (something may have); `deadline`, `stopped`
(either).
"""

import re
import socket
import ssl
from ast import literal_eval
from collections.abc import Iterator

import httpx

from app.client.errors import UnsendableError
from app.client.exchange import ExpiredError, Progress, WaitStoppedError
from app.domain.model import NoReply
from app.domain.reply_codes import OWN_AUTHORITY, PROXY_SIGN_IN
from app.domain.sanitize import sanitize

_LONGEST_QUOTE = 120
_SAID = {
    "illegal status line: ": "it begins ",
    "illegal header line: ": "one of its headers is ",
    "Receive buffer too long": "its headers are too long",
}
_BYTES = re.compile(r"""bytearray\((b(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))\)""")


def no_reply(error: Exception, progress: Progress, deadline_s: float) -> NoReply:
    """Why there is no reply. The sentence names the host, never the URL, which may contain a password."""
    reason, sentence = _reason(error, progress, deadline_s)
    return NoReply(reason, "maybe" if progress.sent else "no", sentence)


def _reason(error: Exception, progress: Progress, deadline_s: float) -> tuple[str, str]:
    match error:
        case UnsendableError(reason=reason):
            return reason, str(error)
        case WaitStoppedError():
            return "stopped", f"Waiting for {progress.asked} was stopped."
        case ExpiredError() | httpx.TimeoutException() | TimeoutError():
            return "deadline", f"{progress.who} sent no complete reply within {deadline_s:g} s (timeout)."
        case _ if progress.sent:
            return _broken(error, progress)
        case _:
            return _unconnected(error, progress)


def _unconnected(error: Exception, progress: Progress) -> tuple[str, str]:
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return (
            "address",
            "The address cannot be used: it must begin with http:// or https:// and name a host.",
        )
    if progress.stage not in ("", "connect_tcp"):
        return _insecure(error, progress)
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        name = progress.host or progress.asked
        return "dns", f"The name {name} could not be resolved to an address."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refused", f"{progress.who} refused the connection."
    return "unreachable", f"{progress.who} could not be reached: {_innermost(error)}."


def _insecure(error: Exception, progress: Progress) -> tuple[str, str]:
    """Why there is no secure connection, or no tunnel through the proxy."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = sanitize(cause.verify_message, _LONGEST_QUOTE).rstrip(".")
            return "tls", f"The certificate of {progress.host} is not trusted: {why}. {OWN_AUTHORITY}"
    if progress.stage == "start_tls":
        return "tls", f"No secure connection to {progress.host}: {_innermost(error)}."
    if isinstance(error, httpx.ProxyError) and str(error).startswith("407"):
        return "proxy", PROXY_SIGN_IN
    return "proxy", f"{progress.who} did not connect onwards to {progress.asked}: {_innermost(error)}."


def _broken(error: Exception, progress: Progress) -> tuple[str, str]:
    who = progress.who
    if isinstance(error, ConnectionError):
        # An application in this process simulates a cut connection.
        return "reset", f"{who} broke the connection before it replied."
    if not isinstance(error, httpx.TransportError):
        return (
            "crashed",
            f"The exchange with {progress.asked} broke off in this program: {type(error).__name__}.",
        )
    if progress.stage == "receive_response_body":
        return "cut", f"{who} broke off in the middle of its reply."
    if isinstance(error, httpx.NetworkError):
        return "reset", f"{who} broke the connection before it replied."
    if "without sending a response" in str(error):
        return "no_reply", f"{who} closed the connection without a reply."
    return "protocol", f"{who} answered with something that is not HTTP: {_innermost(error)}."


def _innermost(error: BaseException) -> str:
    # The text of an error may quote bytes of the reply.
    said = _BYTES.sub(_readable, str(list(_causes(error))[-1]) or type(error).__name__)
    for theirs, ours in _SAID.items():
        said = said.replace(theirs, ours)
    return sanitize(said, _LONGEST_QUOTE).rstrip(".")


def _readable(found: re.Match[str]) -> str:
    """The text of a bytes literal that an error quotes; bytes that are not UTF-8 stay escaped, such as `\\xff`."""
    quoted: bytes = literal_eval(found[1])
    return f"“{quoted.decode('utf-8', 'backslashreplace')}”"


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (*inside, error.__cause__ or error.__context__):
        if cause is not None:
            yield from _causes(cause)
