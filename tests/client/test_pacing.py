"""A refresh keeps within the rate limit; single calls do not wait, and triggers never do."""

from email.utils import formatdate

import httpx
import pytest

from app.client.api import ApiClient, Pace
from app.client.exchange import open_http
from app.domain.errors import ClientError

OK = b'{"replyCode":0,"replyText":"OK","data":[{"id":"1","name":"a"}]}'
NOW = 1_700_000_000
DATE = formatdate(NOW, usegmt=True)


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Account:
    """Answers with these replies, one after another, and notes when each was asked for."""

    def __init__(self, clock: Clock, *replies: httpx.Response) -> None:
        self.replies = list(replies)
        self.asked: list[float] = []
        self.pace = Pace(clock.sleep, clock)
        self.client = ApiClient(
            "https://api.example.com/api/v2", open_http(transport=httpx.MockTransport(self)), 5, self.pace
        )
        self._clock = clock

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked.append(self._clock.now)
        return self.replies.pop(0)


def ok(**headers: str) -> httpx.Response:
    return httpx.Response(
        200, headers={k.replace("_", "-"): v for k, v in headers.items()}, stream=httpx.ByteStream(OK)
    )


def refused(**headers: str) -> httpx.Response:
    return httpx.Response(
        429, headers={k.replace("_", "-"): v for k, v in headers.items()}, stream=httpx.ByteStream(b"")
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_refresh_waits_where_no_call_is_left_and_tells_every_second(clock: Clock) -> None:
    spent = ok(X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOW + 3), Date=DATE)
    account = Account(clock, spent, ok())
    told: list[int] = []
    with account.pace.keeping(told.append):
        await account.client.external_events()
        await account.client.fields()
    assert account.asked == [0, 3]
    assert told == [3, 2, 1]


async def test_a_refresh_that_is_refused_for_the_limit_asks_once_more(clock: Clock) -> None:
    account = Account(clock, refused(Retry_After="2"), ok())
    with account.pace.keeping(lambda _: None):
        assert len(await account.client.external_events()) == 1
    assert account.asked == [0, 2]


async def test_what_the_second_reply_says_of_the_limit_counts_too(clock: Clock) -> None:
    spent = ok(X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOW + 9), Date=DATE)
    account = Account(clock, refused(Retry_After="2"), spent, ok())
    with account.pace.keeping(lambda _: None):
        await account.client.external_events()
        await account.client.fields()
    assert account.asked == [0, 2, 11]


async def test_a_limit_that_is_not_told_lasts_a_minute_and_a_second_refusal_ends_it(clock: Clock) -> None:
    account = Account(clock, refused(), refused(), ok())
    with account.pace.keeping(lambda _: None), pytest.raises(ClientError, match="Rate limit reached"):
        await account.client.external_events()
    assert account.asked == [0, 60]


async def test_a_single_call_is_told_at_once(clock: Clock) -> None:
    account = Account(clock, refused(Retry_After="900"), ok(X_RateLimit_Remaining="0"), ok())
    with pytest.raises(ClientError, match="15 minutes"):
        await account.client.external_events()
    await account.client.external_events()
    await account.client.external_events()
    assert clock.now == 0


async def test_calls_that_are_left_cost_no_waiting(clock: Clock) -> None:
    account = Account(clock, ok(X_RateLimit_Remaining="1", X_RateLimit_Reset=str(NOW + 60)), ok())
    with account.pace.keeping(lambda _: None):
        await account.client.external_events()
        await account.client.fields()
    assert clock.now == 0
