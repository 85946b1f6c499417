"""`python -m tests.journal.desk_user EVENT_ID SENDS`: one long-lived user of the service, told what to do line by line.

`send` sends SENDS triggers, `same` one that is the same for all users, `count` says how many attempts the history holds, `look` does once it has changed,
`recover` says how many were recovered, anything else ends it. Each command is answered by one line.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable

from app.bootstrap import open_service
from app.domain.model import TriggerRequest, new_attempt_id
from app.service.session import SentMeanwhileError, Session
from app.settings import load_settings

# As in the program: what is logged goes to no stream.
logging.getLogger("app").addHandler(logging.NullHandler())

LOOKS = 500
PAUSE_S = 0.02


async def send(service: Session, event_id: str, sends: int) -> str:
    outcomes = []
    for number in range(sends):
        attempt_id = new_attempt_id()
        request = TriggerRequest(event_id, "3", f"{number}@example.com", None, attempt_id)
        outcomes.append((await service.send(request, attempt_id)).outcome)
    return " ".join(outcomes)


async def same(service: Session) -> str:
    attempt_id = new_attempt_id()
    request = TriggerRequest("100", "3", "thor@example.com", {"order": 1}, attempt_id)
    try:
        return (await service.send(request, attempt_id)).outcome
    except SentMeanwhileError as error:
        return f"asked about {error.earlier.attempt_id}"


async def look(service: Session) -> str:
    for _ in range(LOOKS):
        if service.history.changed():
            break
        await asyncio.sleep(PAUSE_S)
    return await count(service)


async def count(service: Session) -> str:
    return str(sum(1 for _ in service.history.list_attempts(0)))


async def recover(service: Session) -> str:
    return str(service.history.recover())


async def follow(event_id: str, sends: int) -> None:
    service = open_service(load_settings(os.environ))
    service.history.changed()
    done: dict[str, Callable[[], Awaitable[str]]] = {
        "send": lambda: send(service, event_id, sends),
        "same": lambda: same(service),
        "look": lambda: look(service),
        "count": lambda: count(service),
        "recover": lambda: recover(service),
    }
    print("ready", flush=True)
    for line in sys.stdin:
        if (command := done.get(line.strip())) is None:
            break
        print(await command(), flush=True)
    await service.close()


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], int(sys.argv[2])))
