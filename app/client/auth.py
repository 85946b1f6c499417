"""Authentication by X-WSSE and by OAuth 2 client credentials, as httpx auth classes.

No exception text and no `repr` contains a secret or a token.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime
from typing import cast

import httpx

from app.client.exchange import Progress, Received, UnsendableError, exchange, no_reply, receive, within
from app.domain.errors import ClientError
from app.domain.reply_codes import PROXY_SIGN_IN, is_web_page, web_page
from app.domain.wire import json_object
from app.settings.secrets import Secret

TOKEN_CAP = 64 * 1024
REJECTION_CAP = 1024 * 1024
"""The number of bytes read of a 401 before deciding whether to repeat the request; as many as a reply keeps."""

TOKEN_DEADLINE_S = 30.0
_USUAL_LIFE_S = 300.0
_LONGEST_LIFE_S = 86_400.0
_MARGIN_S = 30.0


class SignIn(httpx.Auth):
    signs_with: tuple[str, ...] = ()
    user_word = "user"

    async def aclose(self) -> None:
        """Closes open connections."""


class Wsse(SignIn):
    """X-WSSE (API v2): a header with a new nonce and time for each request; never repeats a request."""

    signs_with = ("X-WSSE",)

    def __init__(self, user: str, secret: Secret) -> None:
        _as_bytes(secret)
        self._user = user
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        request.headers["X-WSSE"] = wsse_header(self._user, self._secret, secrets.token_hex(16), created)
        yield request


def wsse_header(user: str, secret: Secret, nonce: str, created: str) -> str:
    digest = wsse_digest(nonce, created, secret)
    return f'UsernameToken Username="{user}", PasswordDigest="{digest}", Nonce="{nonce}", Created="{created}"'


def wsse_digest(nonce: str, created: str, secret: Secret) -> str:
    """Base64 of the lower-case hexadecimal SHA-1 of nonce, time and secret."""
    # The service requires SHA-1.
    hexed = hashlib.sha1(f"{nonce}{created}".encode() + _as_bytes(secret), usedforsecurity=False).hexdigest()
    return base64.b64encode(hexed.encode("ascii")).decode("ascii")


class ClientCredentials(SignIn):
    """OAuth 2 client credentials (API v3): a bearer token, kept in memory only.

    After a 401 it gets one new token and repeats the request once, never more. It keeps the 401 if the body has reply
    code 0, since the service may have accepted the event, or if it gets no new token. Owns `http`, which requests the
    tokens.
    """

    signs_with = ("Authorization",)
    user_word = "client id"

    def __init__(
        self,
        token_url: str,
        client_id: str,
        secret: Secret,
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token_url = token_url
        self._credentials = Secret(f"{client_id}:{secret.reveal()}")
        _as_bytes(self._credentials)
        self._http = http
        self._clock = clock
        self._token: Secret | None = None
        self._valid_until = 0.0
        self._asking = asyncio.Lock()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Signs the request, and once more after a 401. Raises UnsendableError if it gets no first token."""
        token = await self._valid_token()
        request.headers["Authorization"] = f"Bearer {token.reveal()}"
        response = yield request
        if response.status_code != 401 or await _says_accepted(response):
            return
        try:
            renewed = await self._valid_token(refused=token)
        except UnsendableError:
            return
        request.headers["Authorization"] = f"Bearer {renewed.reveal()}"
        yield request

    async def _valid_token(self, refused: Secret | None = None) -> Secret:
        async with self._asking:
            if self._token is None or self._token == refused or self._clock() >= self._valid_until:
                self._token, life_s = await self._ask()
                self._valid_until = self._clock() + life_s - _MARGIN_S
            return self._token

    async def _ask(self) -> tuple[Secret, float]:
        progress = Progress("the token service")
        ended = await within(self._request(progress), TOKEN_DEADLINE_S)
        if isinstance(ended, Received):
            return _token_of(ended, progress.asked)
        raise _no_token(no_reply(ended, progress, TOKEN_DEADLINE_S).detail)

    async def _request(self, progress: Progress) -> Received:
        request = self._http.build_request(
            "POST",
            self._token_url,
            data={"grant_type": "client_credentials"},
            headers={
                "Authorization": f"Basic {base64.b64encode(_as_bytes(self._credentials)).decode('ascii')}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        progress.asked = request.url.raw_host.decode("ascii")
        return await exchange(self._http, request, TOKEN_CAP, progress)


def _as_bytes(secret: Secret) -> bytes:
    try:
        # Bytes in the environment that are not UTF-8 arrive as surrogates; this restores them.
        return secret.reveal().encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ClientError("The secret of the profile is not valid text. Correct it.") from None


async def _says_accepted(response: httpx.Response) -> bool:
    """Whether the body of a 401 has reply code 0. Reads the body and puts it back, capped, for the next reader."""
    received = await receive(response, REJECTION_CAP)
    # Close the stream only: httpx reads a reply to its end before it repeats a request.
    await cast("httpx.AsyncByteStream", response.stream).aclose()
    # One byte beyond the cap tells the next reader that the body was longer.
    kept = received.body if received.whole else received.body + b" "
    response.stream = httpx.ByteStream(kept)
    return received.reply().reply_code == 0


def _token_of(received: Received, host: str) -> tuple[Secret, float]:
    if received.status == 401:
        raise _no_token(f"{host} did not accept the client id and secret.")
    if received.status == 407:
        raise _no_token(PROXY_SIGN_IN)
    if is_web_page(received.reply()):
        raise _no_token(web_page(received.status))
    if received.status != 200 or received.coded:
        raise _no_token(f"{host} answered with HTTP {received.status}.")
    payload = json_object(received.body)
    token = payload.get("access_token")
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise _no_token(f"{host} sent no valid token.")
    return Secret(token), _life_s(payload.get("expires_in"))


def _life_s(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST_LIFE_S:
        return float(value)
    return _USUAL_LIFE_S


def _no_token(sentence: str) -> UnsendableError:
    return UnsendableError("no_token", f"No access token: {sentence}")
