"""ApiClient: the calls of the API that this product makes, and the one place where what httpx raises ends.

A trigger's failure is a value; a failure of the calls that fill the cache is a ClientError.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

import httpx

from app.client.auth import SignIn
from app.client.errors import ClientError, UnsendableError
from app.client.exchange import Received, exchange, within
from app.client.faults import no_reply
from app.client.pacing import Pace
from app.client.progress import Progress
from app.client.replies import Purpose, data_of, trigger_reply
from app.client.requests import RequestMaker
from app.domain import wire
from app.domain.model import CONTACT_KEYS, Answer, Contact, ExternalEvent, Field, NoReply, TriggerRequest

TRIGGER_CAP = 1024 * 1024
"""Bytes kept of the reply to a trigger."""

REFRESH_CAP = 64 * 1024 * 1024
"""Bytes of the largest page that is read."""

EVENTS = Purpose("events", "externalevent.list")
FIELDS = Purpose("fields", "field.list")
CONTACTS = Purpose("contacts", "contact.list")
CONTACT_DATA = Purpose("contacts", "contact.getdata")
CONTACT_LIST = Purpose("contact list", "contactlist.list")

T = TypeVar("T")

PAGE = 10_000
BATCH = 1_000
LIST_PAGE = 100_000


class ApiClient:
    """One account over one httpx client, made by `open_http`; `aclose` closes both.

    `deadline_s` is in seconds and covers each exchange whole, from its beginning to the last byte.
    The calls that fill the cache keep to `pace`.
    """

    def __init__(
        self,
        base_url: str,
        http: httpx.AsyncClient,
        deadline_s: float,
        pace: Pace | None = None,
    ) -> None:
        self.pace = pace or Pace()
        self._http = http
        self._requests = RequestMaker(base_url, http)
        self._deadline_s = deadline_s

    async def aclose(self) -> None:
        """Closes what is open, each of it even where another cannot be closed."""
        async with AsyncExitStack() as closing:
            if isinstance(self._http.auth, SignIn):
                closing.push_async_callback(self._http.auth.aclose)
            closing.push_async_callback(self._http.aclose)

    def describe(self, request: TriggerRequest) -> dict[str, object]:
        """The request as it would be sent: method, url, headers, body as text; credentials as `***`.

        Raises ClientError where it could not be sent.
        """
        try:
            return self._requests.describe(request)
        except UnsendableError as error:
            raise ClientError(str(error)) from None

    async def trigger(self, request: TriggerRequest, stop: asyncio.Event | None = None) -> Answer:
        """POST /event/<id>/trigger, once: the reply, or why there is none. Never raises.

        Setting `stop` ends the waiting.
        """
        try:
            prepared = self._requests.trigger(request)
        except UnsendableError as error:
            return NoReply(error.reason, "no", str(error))
        received = await self._exchange(prepared, TRIGGER_CAP, stop)
        return received if isinstance(received, NoReply) else trigger_reply(received)

    async def external_events(self) -> tuple[ExternalEvent, ...]:
        """GET /event: every external event of the account. Raises ClientError."""
        return await self._ask(wire.parse_events, EVENTS, "GET", "event")

    async def fields(self) -> tuple[Field, ...]:
        """GET /field: every contact field of the account. Raises ClientError."""
        return await self._ask(wire.parse_fields, FIELDS, "GET", "field")

    async def contacts(self, return_field: str = "3", limit: int = 0) -> AsyncIterator[tuple[Contact, ...]]:
        """GET /contact/query by pages, POST /contact/getdata for all their fields: 1000 contacts at a time.

        `return_field` is any field of the account; `limit` 0 is all. Raises ClientError.
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
        """GET /contactlist/<id>/ by pages, then their fields: 1000 contacts at a time.

        With each goes the number of contacts on the list. Raises ClientError.
        """
        ids = await self._listed(list_id)
        for start in range(0, len(ids), BATCH):
            yield len(ids), await self._contacts("id", ids[start : start + BATCH])

    async def probe(
        self, method: str, path: str, body: bytes | None = None, query: Mapping[str, str | int] | None = None
    ) -> Answer:
        """Any reading call, once: the reply, or why there is none. Never raises."""
        try:
            prepared = self._requests.make(method, path, body, query)
        except UnsendableError as error:
            return NoReply(error.reason, "no", str(error))
        received = await self._paced(prepared)
        return received if isinstance(received, NoReply) else trigger_reply(received)

    async def lookup(self, key_id: str, value: str) -> tuple[Contact, ...]:
        """Every contact that the key finds, () for none, with all their fields. Raises ClientError."""
        errors, contacts = await self._getdata(key_id, [value])
        codes = {code for codes in errors.values() for code in codes}
        if "2010" in codes and key_id not in CONTACT_KEYS:
            ids = await self._ids({"return": key_id, key_id: value, "limit": BATCH})
            return await self._contacts("id", ids) if ids else ()
        return contacts

    async def _ids(self, query: Mapping[str, str | int]) -> list[str]:
        _, contacts = await self._ask(_found, CONTACTS, "GET", "contact/query/", query=query)
        return [contact.id for contact in contacts]

    async def _listed(self, list_id: str) -> list[str]:
        ids: list[str] = []
        while True:
            query = {"limit": LIST_PAGE, "offset": len(ids)}
            path = f"contactlist/{list_id}/"
            page = await self._ask(wire.parse_ids, CONTACT_LIST, "GET", path, query=query)
            ids += page
            if len(page) < LIST_PAGE:
                return ids

    async def _contacts(self, key_id: str, values: Sequence[str]) -> tuple[Contact, ...]:
        return (await self._getdata(key_id, values))[1]

    async def _getdata(
        self, key_id: str, values: Sequence[str]
    ) -> tuple[wire.ContactErrors, tuple[Contact, ...]]:
        body = wire.dumps({"keyId": key_id, "keyValues": list(values)})
        return await self._ask(_found, CONTACT_DATA, "POST", "contact/getdata", body=body)

    async def _ask(
        self,
        parse: Callable[[object], T],
        purpose: Purpose,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> T:
        try:
            prepared = self._requests.make(method, path, body, query)
        except UnsendableError as error:
            raise ClientError(str(error)) from None
        received = await self._paced(prepared)
        if isinstance(received, Received) and self.pace.waits_for(received):
            # Once, and for a reading call only: it changes nothing, however often it is made.
            received = await self._paced(prepared)
        if isinstance(received, NoReply):
            raise ClientError(f"{received.detail} Check the connection and try again.")
        return _read(parse, received, purpose)

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
    """`data` of the calls that find contacts: whom they did not find, and whom they did. Raises WireError."""
    members = data if isinstance(data, Mapping) else {}
    return wire.parse_errors(members.get("errors")), wire.parse_contacts(members.get("result"))


def _read(parse: Callable[[object], T], received: Received, purpose: Purpose) -> T:
    try:
        return parse(data_of(received, purpose))
    except wire.WireError as error:
        raise ClientError(f"{error} Check that the base URL is that of the API.") from None
