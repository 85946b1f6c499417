"""Signing in by OAuth 2: one token for many requests, one new token and one repeat after a 401, never more."""

import asyncio
import base64

from app.domain.model import NoReply, Outcome, Reply, TriggerRequest, outcome_of
from tests.client.fault_server import ACCEPTED, FaultServer, Writer, envelope, reply, reset, without_end
from tests.client.oauth import Clock, Sign, asked, in_turn, token

REQUEST = TriggerRequest("100", "3", "thor@example.com")
UNAUTHORIZED = reply("401 Unauthorized", envelope(1, "Unauthorized"))
ENDLESS_401 = b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + bytes(65536) + b"\r\n"


async def test_a_token_is_asked_for_once_and_used_again(sign: Sign, server: FaultServer) -> None:
    api = sign(ACCEPTED, token("t1"))

    answers = [await api.trigger(REQUEST), await api.trigger(REQUEST)]

    assert [answer.reply_code for answer in answers if isinstance(answer, Reply)] == [0, 0]
    assert asked(server) == ["token", "trigger t1", "trigger t1"]


async def test_the_token_is_asked_for_as_documented(sign: Sign, server: FaultServer) -> None:
    await sign(ACCEPTED, token()).trigger(REQUEST)

    head, _, body = server.received[0].partition(b"\r\n\r\n")
    lines = head.decode("ascii").lower().split("\r\n")
    assert body == b"grant_type=client_credentials"
    assert "content-type: application/x-www-form-urlencoded" in lines
    assert f"authorization: basic {base64.b64encode(b'desk:mjolnir').decode()}".lower() in lines


async def test_triggers_at_once_share_one_token(sign: Sign, server: FaultServer) -> None:
    api = sign(ACCEPTED, token())

    await asyncio.gather(*(api.trigger(REQUEST) for _ in range(8)))

    assert asked(server).count("token") == 1


async def test_a_token_is_renewed_before_it_expires(sign: Sign, server: FaultServer, clock: Clock) -> None:
    api = sign(ACCEPTED, in_turn(token("t1", 3600), token("t2", 3600)))

    await api.trigger(REQUEST)
    clock.now += 3569
    await api.trigger(REQUEST)
    clock.now += 1
    await api.trigger(REQUEST)

    assert asked(server) == ["token", "trigger t1", "trigger t1", "token", "trigger t2"]


async def test_a_life_that_makes_no_sense_is_taken_to_be_short(
    sign: Sign, server: FaultServer, clock: Clock
) -> None:
    for expires_in in [None, "soon", True, -1, 0, 1e999, 10**12]:
        server.received.clear()
        api = sign(ACCEPTED, token("t1", expires_in))

        await api.trigger(REQUEST)
        clock.now += 269
        await api.trigger(REQUEST)
        clock.now += 1
        await api.trigger(REQUEST)

        assert asked(server).count("token") == 2, expires_in


# A 401


async def test_a_401_leads_to_one_new_token_and_one_repeat(sign: Sign, server: FaultServer) -> None:
    api = sign(in_turn(UNAUTHORIZED, ACCEPTED), in_turn(token("t1"), token("t2")))

    answer = await api.trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert answer.reply_code == 0
    assert asked(server) == ["token", "trigger t1", "token", "trigger t2"]


async def test_a_second_401_is_the_answer(sign: Sign, server: FaultServer) -> None:
    answer = await sign(UNAUTHORIZED, in_turn(token("t1"), token("t2"))).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert (answer.http_status, answer.reply_text) == (401, "Unauthorized")
    assert asked(server) == ["token", "trigger t1", "token", "trigger t2"]


async def test_a_401_stands_where_no_new_token_can_be_had(sign: Sign, server: FaultServer) -> None:
    answer = await sign(UNAUTHORIZED, in_turn(token("t1"), reply("503 Down"))).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert (answer.http_status, answer.reply_text) == (401, "Unauthorized")
    assert asked(server) == ["token", "trigger t1", "token"]


async def test_a_401_that_says_reply_code_0_is_unknown_and_not_repeated(
    sign: Sign, server: FaultServer
) -> None:
    for body in [
        envelope(0),
        envelope("0"),
        b'\xef\xbb\xbf{"replyCode": 0}',
        b'{"pad": "' + b"x" * 200_000 + b'", "replyCode": 0}',
    ]:
        server.received.clear()
        answer = await sign(in_turn(reply("401 Unauthorized", body), ACCEPTED), token("t1")).trigger(REQUEST)

        assert isinstance(answer, Reply), body
        assert (answer.http_status, answer.reply_code, answer.body) == (401, 0, body), body
        assert outcome_of(answer) is Outcome.UNKNOWN, body
        assert asked(server) == ["token", "trigger t1"], body


async def test_a_401_that_does_not_say_reply_code_0_is_repeated_once(sign: Sign, server: FaultServer) -> None:
    for body in [
        envelope(1),
        envelope(True),
        envelope(0.0),
        envelope(None),
        b'{"replyCode": ',
        b"<h1>401</h1>",
        b"",
    ]:
        server.received.clear()
        refused = reply("401 Unauthorized", body)
        answer = await sign(in_turn(refused, ACCEPTED), in_turn(token("t1"), token("t2"))).trigger(REQUEST)

        assert isinstance(answer, Reply), body
        assert answer.http_status == 200, body
        assert asked(server) == ["token", "trigger t1", "token", "trigger t2"], body


async def test_a_401_that_breaks_off_is_unknown_and_not_repeated(sign: Sign, server: FaultServer) -> None:
    broken = b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n{"replyCode":'

    answer = await sign(in_turn(broken, ACCEPTED), token("t1")).trigger(REQUEST)

    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("cut", "maybe")
    assert asked(server) == ["token", "trigger t1"]


async def test_of_a_401_without_end_the_kept_bytes_are_read_before_the_repeat(
    sign: Sign, server: FaultServer
) -> None:
    first = [without_end(ENDLESS_401, CHUNK)]

    async def trigger(writer: Writer) -> None:
        if first:
            endless = first.pop()
            assert not isinstance(endless, bytes)
            await endless(writer)
        writer.write(ACCEPTED)
        await writer.drain()

    answer = await sign(trigger, in_turn(token("t1"), token("t2"))).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert answer.reply_code == 0


async def test_other_refusals_are_not_repeated(sign: Sign, server: FaultServer) -> None:
    await sign(reply("403 Forbidden"), token()).trigger(REQUEST)

    assert asked(server) == ["token", "trigger t1"]


async def test_a_repeat_that_breaks_off_leaves_the_outcome_unknown(sign: Sign, server: FaultServer) -> None:
    first = [UNAUTHORIZED]

    async def trigger(writer: Writer) -> None:
        if first:
            writer.write(first.pop())
            await writer.drain()
        else:
            await reset(writer)

    answer = await sign(trigger, in_turn(token("t1"), token("t2"))).trigger(REQUEST)

    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("reset", "maybe")
