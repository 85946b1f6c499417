"""The mails of an event, and those that the account launched to a contact."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.domain.text import sanitize

NOTHING_USES_IT = "! No active program or mail uses this event."
MAX_NAMED = 3
_MAX_NAME = 60


class Mail(NamedTuple):
    id: str
    name: str = ""
    subject: str = ""

    @property
    def label(self) -> str:
        """`“Order shipped”`, or the id if there is no name."""
        return f"“{sanitize(self.name, _MAX_NAME)}”" if self.name else sanitize(self.id)


class Usages(NamedTuple):
    mails: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    interactions: tuple[str, ...] = ()


class EventUse(NamedTuple):
    """The mails and the programs that an event starts; of many mails only the first have a name."""

    mails: tuple[Mail, ...] = ()
    programs: tuple[str, ...] = ()

    def words(self, *, subjects: bool = False) -> str:
        """`Sends the mail “Order shipped”. Triggered mails ignore opt-in.`, with the subject if asked for."""
        labels = [
            f"{mail.label} (subject: {sanitize(mail.subject, _MAX_NAME)})"
            if subjects and mail.subject not in ("", mail.name)
            else mail.label
            for mail in self.mails
        ]
        said = [
            _listed("Sends", "mail", labels),
            _listed("Starts", "program", list(map(sanitize, self.programs))),
        ]
        said.append("Triggered mails ignore opt-in." if self.mails else "")
        return " ".join(filter(None, said)) or NOTHING_USES_IT


class Launch(NamedTuple):
    mail_id: str
    contact_id: str
    at: datetime


def _listed(verb: str, thing: str, labels: Sequence[str]) -> str:
    if len(labels) < 2:
        return f"{verb} the {thing} {labels[0]}." if labels else ""
    *shown, last = (
        labels if len(labels) <= MAX_NAMED else (*labels[:MAX_NAMED], f"{len(labels) - MAX_NAMED} more")
    )
    return f"{verb} {len(labels)} {thing}s: {', '.join(shown)} and {last}."


def account_time(moment: datetime) -> datetime:
    """A moment in the account's zone, without zone: one hour ahead of UTC, two in summer."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    begins, ends = (_last_sunday(utc.year, month) + timedelta(hours=1) for month in (3, 10))
    return utc + timedelta(hours=2 if begins <= utc < ends else 1)


def from_account_time(local: datetime) -> datetime:
    """The moment of a time in the account's zone; in the hour that occurs twice, the earlier one."""
    summer = (local - timedelta(hours=2)).replace(tzinfo=UTC)
    return summer if account_time(summer) == local else summer + timedelta(hours=1)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)
