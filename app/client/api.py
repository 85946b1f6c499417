"""The API calls of this program; no exception of httpx leaves this module.

A failed trigger returns a NoReply; a failed call that fills the cache raises ClientError.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, date, datetime
from typing import TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from app.client.auth import ClientCredentials, SignIn, Wsse
from app.client.exchange import (
    Progress,
    Received,
    RejectedError,
    UnsendableError,
    exchange,
    no_reply,
    open_http,
    within,
)
from app.domain import wire
from app.domain.errors import ClientError
from app.domain.mails import Launch, Mail, Usages
from app.domain.model import (
    CONTACT_KEYS,
    MAX_REQUEST,
    Answer,
    Contact,
    ExternalEvent,
    Field,
    NoReply,
    Reply,
    TriggerRequest,
)
from app.domain.reply_codes import advise_status, retry_after_s
from app.domain.text import sanitize
from app.settings import Profile
from app.settings.secrets import Secret

REFUSED = 429
UNTOLD_WAIT_S = 60


class Pace:
    """The time of the next reading call. Only inside `keeping` calls wait for it; triggers report the limit instead."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._free_at = 0.0
        self._watch: Callable[[int], None] | None = None

    @contextmanager
    def keeping(self, watch: Callable[[int], None]) -> Iterator[None]:
        """Inside the block, calls wait for the limit; `watch` gets the seconds left, every second."""
        self._watch = watch
        try:
            yield
        finally:
            self._watch = None

    async def turn(self) -> None:
        while self._watch and (left := self._free_at - self._clock()) > 0:
            self._watch(max(1, round(left)))
            await self._sleep(min(1.0, left))

    def note(self, received: Received) -> None:
        if received.status == REFUSED or received.headers.get("x-ratelimit-remaining", "").strip() == "0":
            seconds = retry_after_s(received.reply(), datetime.now(UTC))
            self._free_at = self._clock() + (UNTOLD_WAIT_S if seconds is None else seconds)

    def waits_for(self, received: Received) -> bool:
        """Whether the limit rejected the call, so that it must be repeated after the limit resets."""
        return received.status == REFUSED and self._watch is not None


TRIGGER_CAP = 1024 * 1024
BATCH_CAP = 16 * 1024 * 1024
"""The same of the reply to a trigger of many contacts, which may name each of them."""

REFRESH_CAP = 64 * 1024 * 1024
MASK = "***"
_LONGEST_TEXT = 200


T = TypeVar("T")

SANDBOX_URL = "http://sandbox.localhost/api/v2"

PAGE = 10_000
BATCH = 1_000
LIST_PAGE = 100_000


class ApiClient:
    """Calls one account over one httpx client, made by `open_http`; `aclose` closes both.

    `deadline_s` is in seconds and covers each exchange from its beginning to the last byte. The calls that fill the cache
    keep to `pace`.
    """

    def __init__(
        self, base_url: str, http: httpx.AsyncClient, deadline_s: float, pace: Pace | None = None
    ) -> None:
        self.pace = pace or Pace()
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._deadline_s = deadline_s

    async def aclose(self) -> None:
        """Closes every connection, even if closing another one fails."""
        async with AsyncExitStack() as closing:
            if isinstance(self._http.auth, SignIn):
                closing.push_async_callback(self._http.auth.aclose)
            closing.push_async_callback(self._http.aclose)

    def describe(self, request: TriggerRequest) -> dict[str, object]:
        """The exact request as method, url, headers and body text, with credentials as `***`. Raises ClientError."""
        return self._described(self._trigger_request(request))

    def describe_many(self, event_id: str, body: bytes) -> dict[str, object]:
        return self._described(self._request("POST", wire.trigger_path(event_id), body))

    def _described(self, made: httpx.Request) -> dict[str, object]:
        auth = self._http.auth
        signed = dict.fromkeys(auth.signs_with, MASK) if isinstance(auth, SignIn) else {}
        return {
            "method": made.method,
            "url": str(made.url),
            "headers": dict(made.headers) | signed,
            "body": made.content.decode("ascii"),
        }

    async def trigger(self, request: TriggerRequest, stop: asyncio.Event | None = None) -> Answer:
        """Sends POST /event/<id>/trigger once, and waits for the reply until `stop`. Never raises."""
        received = await self._tried(
            lambda: self._exchange(self._trigger_request(request), TRIGGER_CAP, stop)
        )
        return received if isinstance(received, NoReply) else received.reply()

    async def trigger_many(self, event_id: str, body: bytes) -> tuple[Answer, Mapping[str, str]]:
        """The same for the contacts in `body`, with the headers of the reply, names in lower case. Never raises."""
        path = wire.trigger_path(event_id)
        received = await self._tried(lambda: self._exchange(self._request("POST", path, body), BATCH_CAP))
        return (received, {}) if isinstance(received, NoReply) else (received.reply(), received.headers)

    async def external_events(self) -> tuple[ExternalEvent, ...]:
        return await self._ask(wire.parse_events, wire.EVENTS, "GET", "event")

    async def fields(self) -> tuple[Field, ...]:
        return await self._ask(wire.parse_fields, wire.FIELDS, "GET", "field")

    async def contacts(self, return_field: str = "3", limit: int = 0) -> AsyncIterator[tuple[Contact, ...]]:
        """Contacts with all their fields, 1000 at a time, by GET /contact/query and POST /contact/getdata.

        `return_field` is any field of the account; `limit` 0 means all contacts. Raises ClientError.
        """
        offset = 0
        while not limit or offset < limit:
            wanted = min(PAGE, limit - offset) if limit else PAGE
            ids = await self._ids({"return": return_field, "limit": wanted, "offset": offset})
            for start in range(0, len(ids), BATCH):
                yield await self._contacts("id", ids[start : start + BATCH])
            if len(ids) < wanted:
                return
            offset += len(ids)

    async def list_contacts(self, list_id: str) -> AsyncIterator[tuple[int, tuple[Contact, ...]]]:
        """Contacts of a list with all their fields, 1000 at a time, by GET /contactlist/<id>/contactIds.

        An account without that call is asked by GET /contactlist/<id>/. Yields the number of contacts on the list with
        each batch. Raises ClientError.
        """
        try:
            ids = await self._listed(list_id)
        except RejectedError as error:
            if error.http_status in (401, 429) or error.http_status >= 500:
                raise
            ids = await self._listed_by_offset(list_id)
        for start in range(0, len(ids), BATCH):
            yield len(ids), await self._contacts("id", ids[start : start + BATCH])

    async def probe(
        self, method: str, path: str, body: bytes | None = None, query: Mapping[str, str | int] | None = None
    ) -> Answer:
        """Makes any reading call once; returns the reply, or why there is none. Never raises."""
        received = await self._tried(lambda: self._paced(self._request(method, path, body, query)))
        return received if isinstance(received, NoReply) else received.reply()

    async def lookup(self, key_id: str, value: str) -> tuple[Contact, ...]:
        """Every contact that the key finds, with all its fields. Raises ClientError."""
        errors, contacts = await self._getdata(key_id, [value])
        codes = {code for codes in errors.values() for code in codes}
        if "2010" in codes and key_id not in CONTACT_KEYS:
            ids = await self._ids({"return": key_id, key_id: value, "limit": BATCH})
            return await self._contacts("id", ids) if ids else ()
        return contacts

    async def usages(self, event_id: str) -> Usages:
        return await self._ask(
            wire.parse_usages, wire.USAGES, "GET", f"event/{quote(event_id, safe='')}/usages"
        )

    async def mail(self, mail_id: str) -> Mail:
        return await self._ask(wire.parse_mail, wire.MAIL, "GET", f"email/{quote(mail_id, safe='')}")

    async def launches(self, contact_id: str, first: date, last: date) -> tuple[Launch, ...]:
        """The mails launched to a contact between two days, by POST /contact/getcontacthistory. Raises ClientError."""
        contact = int(contact_id) if contact_id.isascii() and contact_id.isdigit() else contact_id
        body = wire.dumps({"contacts": [contact], "startDate": f"{first}", "endDate": f"{last}"})
        return await self._ask(
            wire.parse_launches, wire.MAIL_HISTORY, "POST", "contact/getcontacthistory", body=body
        )

    async def _ids(self, query: Mapping[str, str | int]) -> list[str]:
        _, contacts = await self._ask(_found, wire.CONTACTS, "GET", "contact/query/", query=query)
        return [contact.id for contact in contacts]

    async def _listed(self, list_id: str) -> list[str]:
        path = f"contactlist/{list_id}/contactIds"
        ids: list[str] = []
        tokens = ["0"]
        while True:
            query: dict[str, str | int] = {"$skiptoken": tokens[-1], "$top": LIST_PAGE}
            page, following = await self._ask(wire.parse_page, wire.CONTACT_LIST, "GET", path, query=query)
            ids += page
            if following is None:
                return ids
            token = _skip_token(following, path)
            if token is None or token in tokens:
                raise ClientError(
                    "The account did not name the next page of its contact list. Try again later."
                )
            tokens.append(token)

    async def _listed_by_offset(self, list_id: str) -> list[str]:
        ids: list[str] = []
        while True:
            query = {"limit": LIST_PAGE, "offset": len(ids)}
            path = f"contactlist/{list_id}/"
            page = await self._ask(wire.parse_ids, wire.CONTACT_LIST, "GET", path, query=query)
            ids += page
            if len(page) < LIST_PAGE:
                return ids

    async def _contacts(self, key_id: str, values: Sequence[str]) -> tuple[Contact, ...]:
        return (await self._getdata(key_id, values))[1]

    async def _getdata(
        self, key_id: str, values: Sequence[str]
    ) -> tuple[wire.ContactErrors, tuple[Contact, ...]]:
        body = wire.dumps({"keyId": key_id, "keyValues": list(values)})
        return await self._ask(_found, wire.CONTACT_DATA, "POST", "contact/getdata", body=body)

    async def _ask(
        self,
        parse: Callable[[object], T],
        purpose: wire.Purpose,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> T:
        prepared = self._request(method, path, body, query)
        received = await self._paced(prepared)
        if isinstance(received, Received) and self.pace.waits_for(received):
            # Repeat once, which is safe, since only reading calls come here.
            received = await self._paced(prepared)
        if isinstance(received, NoReply):
            raise ClientError(f"{received.detail} Check the connection and try again.")
        auth = self._http.auth
        user = auth.user_word if isinstance(auth, SignIn) else "user"
        try:
            return parse(_data_of(received, purpose, user))
        except wire.WireError as error:
            raise ClientError(f"{error} Check that the base URL is that of the API.") from None

    def _trigger_request(self, request: TriggerRequest) -> httpx.Request:
        try:
            path, body = wire.trigger_path(request.event_id), wire.trigger_body(request)
        except (ValueError, TypeError, RecursionError) as error:
            raise UnsendableError("request", f"The request cannot be written as JSON: {error}.") from None
        return self._request("POST", path, body)

    def _request(
        self, method: str, path: str, body: bytes | None = None, query: Mapping[str, str | int] | None = None
    ) -> httpx.Request:
        if body and len(body) > MAX_REQUEST:
            raise UnsendableError(
                "too_large", f"The request is {len(body):,} bytes long, over the limit of {MAX_REQUEST:,}."
            )
        try:
            url = httpx.URL(f"{self._base_url}/{path}", params=query)
        except (httpx.InvalidURL, ValueError) as error:
            raise UnsendableError("address", f"The base URL of the profile is invalid: {error}.") from None
        return self._http.build_request(method, url, content=body)

    async def _tried(self, start: Callable[[], Awaitable[Received | NoReply]]) -> Received | NoReply:
        try:
            return await start()
        except UnsendableError as error:
            return NoReply(error.reason, "no", str(error))

    async def _paced(self, request: httpx.Request) -> Received | NoReply:
        await self.pace.turn()
        received = await self._exchange(request, REFRESH_CAP)
        if isinstance(received, Received):
            self.pace.note(received)
        return received

    async def _exchange(
        self, request: httpx.Request, cap: int, stop: asyncio.Event | None = None
    ) -> Received | NoReply:
        progress = Progress(request.url.raw_host.decode("ascii"))
        ended = await within(exchange(self._http, request, cap, progress), self._deadline_s, stop)
        return ended if isinstance(ended, Received) else no_reply(ended, progress, self._deadline_s)


def _found(data: object) -> tuple[wire.ContactErrors, tuple[Contact, ...]]:
    members = data if isinstance(data, Mapping) else {}
    return wire.parse_errors(members.get("errors")), wire.parse_contacts(members.get("result"))


def _data_of(received: Received, purpose: wire.Purpose, user: str) -> object:
    """`data` of a reply with HTTP 2xx and reply code 0. Raises ClientError for any other reply."""
    payload = wire.json_object(received.readable)
    if received.status // 100 == 2 and "value" in payload and "replyCode" not in payload:
        return payload  # contactIds may come without the envelope
    if received.status // 100 != 2 or wire.reply_code(payload.get("replyCode")) != 0:
        raise RejectedError(_rejection(received.reply(), purpose, user), received.status)
    return payload.get("data")


def _skip_token(following: str, path: str) -> str | None:
    """The token in the path of the next page; None unless that is a page of the same list."""
    try:
        parts = urlsplit(following)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or parts.path.strip("/") != path:
        return None
    token = parse_qs(parts.query).get("$skiptoken", [""])[0]
    return token if token.isascii() and token.isalnum() else None


def _rejection(reply: Reply, purpose: wire.Purpose, user: str) -> str:
    said = [f"HTTP {reply.http_status}"]
    if reply.reply_code is not None:
        said.append(f"reply code {reply.reply_code}")
    if reply.reply_text:
        said.append(sanitize(reply.reply_text, _LONGEST_TEXT))
    remedy = advise_status(reply, datetime.now(UTC), purpose.permission, user)
    return f"The account did not answer with its {purpose.what} ({', '.join(said)}). {remedy or 'Try again later.'}"


def open_client(
    profile: Profile,
    secret: Callable[[], Secret],
    sandbox: Callable[..., Awaitable[None]] | None = None,
    refuses: Callable[[], bool] = lambda: False,
) -> ApiClient:
    """A client of the profile's account, or of a sandbox in this process: nothing leaves for that while it `refuses`.

    Calls `secret`, which may raise SettingsError, if the profile signs in.
    """
    if sandbox is not None:
        return ApiClient(SANDBOX_URL, open_http(sandbox=sandbox, refuses=refuses), profile.deadline_s)
    auth: SignIn | None
    match profile.auth:
        case "none":
            auth = None
        case "wsse":
            auth = Wsse(profile.user, secret())
        case "oauth":
            tokens = open_http(proxy=profile.proxy)
            auth = ClientCredentials(profile.token_url, profile.client_id, secret(), tokens)
    return ApiClient(profile.base_url or "", open_http(proxy=profile.proxy, auth=auth), profile.deadline_s)
