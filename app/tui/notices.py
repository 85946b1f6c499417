"""Labels about what needs somebody's attention: unsettled outcomes, real accounts, questions before a trigger.

Pure, like `text`, and separate from it because the first frame needs none of them.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from textual.content import Content

from app.domain.account import FieldNames
from app.domain.formatting import clock, minute, percent
from app.domain.model import Attempt, Contact, Outcome, Settlement, TriggerRequest
from app.domain.outcome import LABEL
from app.domain.recipient import Recipient, contact_name, nobody_words, shared_words
from app.service.duplicates import second_send_words, sent_before
from app.service.preflight import Preflight
from app.service.stored import AttemptRow
from app.tui.text import (
    Live,
    answer_code,
    contact_label,
    count,
    key_label,
    lines,
    outcome_label,
    outcome_style,
    predicted_label,
    sanitize,
)

LISTED = 5
UNPREDICTED = Content.styled("? what will be answered is not known", "bold $text-warning")


class RealAccount(Protocol):
    """What a question about a real account names."""

    @property
    def profile(self) -> Live: ...
    @property
    def contacts(self) -> FieldNames: ...


def settled(settlement: Settlement | None) -> Content | None:
    """What somebody settled about an unknown outcome."""
    if settlement is None:
        return None
    found = "it arrived" if settlement.arrived else "it did not arrive"
    note = f": {sanitize(settlement.note, 2000)}" if settlement.note else ""
    when = f"{settlement.settled_at.astimezone():%Y-%m-%d %H:%M}"
    return Content.assemble(("settled ", "bold $primary"), found, note, (f"  {when}", "$quiet"))


def again_question(
    attempt: Attempt,
    field_name: Callable[[str], str | None],
    known: Preflight,
    now: datetime,
    *,
    same_trigger: bool,
    real_account: str | None = None,
) -> str:
    """The question before an attempt is sent again, with the attempt in it, and what is known before it goes.

    The account is named where it is a real one.
    """
    request = attempt.request
    outcome = outcome_label(attempt.outcome).plain
    started = attempt.started_at.astimezone()
    name = f" {sanitize(attempt.event_name)}" if attempt.event_name else ""
    said = (
        f"{started:%Y-%m-%d %H:%M:%S}  {outcome}\n"
        f"event {sanitize(request.event_id)}{name}\n"
        f"to {sanitize(key_label(request.key_id, field_name))} {sanitize(request.external_id)}\n"
        f"{f'on {sanitize(real_account)}, a real account' if real_account else ''}\n"
    )
    said += f"{predicted(known).plain}\n"
    if known.second_send is not None and known.second_send.attempt_id != attempt.attempt_id:
        said += f"! {second_send_words(known.second_send, now)}\n"
    if same_trigger:
        return (
            f"{said}Send it again as the same trigger? The trigger id stays, so that an account which already "
            "received it can know it for the same."
        )
    return (
        f"{said}Send it again as a new trigger? Where the first one arrived, the contact is triggered twice."
    )


def send_question(
    request: TriggerRequest,
    event_name: str | None,
    account: RealAccount,
    known: Preflight,
    now: datetime,
) -> str:
    """The one question before a trigger: because it is a real account, because the same was sent before, or both.

    It says whom the key finds, and what will be answered.
    """
    earlier = known.second_send
    name = f" {sanitize(event_name)}" if event_name else ""
    asked = (
        f"event {sanitize(request.event_id)}{name}\n"
        f"to {sanitize(key_label(request.key_id, account.contacts.field_name))} {sanitize(request.external_id)}"
    )
    if len(known.contacts) == 1:
        asked += f"\n{contact_label(known.contacts[0]).plain}"
    if account.profile.is_production:
        asked += f"\non {sanitize(account.profile.name)}, a real account"
    asked += f"\n{predicted(known).plain}"
    if earlier is None:
        return f"{asked}\n\nSend it?"
    return (
        f"{second_send_words(earlier, now)}\n\n{asked}\n"
        f"the one before {clock(earlier.started_at, now)}  {_result(earlier).plain}\n\nSend it a second time?"
    )


def answered(attempt: Attempt, field_name: Callable[[str], str | None]) -> str:
    """What was answered to a trigger, for whoever looks at something else."""
    request = attempt.request
    code = answer_code(attempt)
    to = f"{sanitize(key_label(request.key_id, field_name))} {sanitize(request.external_id)}"
    return f"{code.plain if code else ''} · event {sanitize(request.event_id)} to {to}."


def predicted(known: Preflight) -> Content:
    """What will be answered, or that nobody knows."""
    return UNPREDICTED if known.prediction is None else predicted_label(known.prediction)


def second_send_label(earlier: AttemptRow | None, now: datetime) -> Content | None:
    """That the same was sent before, where it was, and at what time: this stays while the time goes on."""
    if earlier is None:
        return None
    return Content.styled(
        f"! {sent_before(earlier, f'before, {clock(earlier.started_at, now)}')}", "bold $text-warning"
    )


def carried_data(known: Preflight, now: datetime) -> Content | None:
    """That the event data are those of another contact, or an example; None if they are neither."""
    if known.example_data:
        return Content.styled("! Example data, unchanged", "bold $text-warning")
    use = known.same_data
    if use is None:
        return None
    who = use.external_id
    if use.contact is not None:
        who = contact_name(use.contact) or f"contact {use.contact.id}"
    said = f"! Same event data as for {sanitize(who, 60)} ({minute(use.at, now)})"
    return Content.styled(said, "bold $text-warning")


def recipient_label(
    found: Recipient, request: TriggerRequest, field_name: Callable[[str], str | None], shared: str = ""
) -> Content:
    """Whom a request goes to; `shared` is the key field that others share, if it goes by contact id therefore."""
    if found.only is not None:
        named = Content.assemble(("to ", "$quiet"), contact_label(found.only))
        why = f"by contact id: others share this {sanitize(key_label(shared, field_name))}"
        return lines([named, Content.styled(why, "$text-warning") if shared else None])
    if not request.external_id:
        return Content("")
    field = sanitize(key_label(request.key_id, field_name))
    said = nobody_words(field, complete=found.complete)
    if found.contacts:
        said = shared_words(found.contacts, found.total, field)
    return Content.styled(said, "$text-warning")


def last_sent(last: AttemptRow | None, now: datetime) -> Content | None:
    """What was last sent to this contact, when, and how that went."""
    if last is None:
        return None
    what = last.event_name or f"event {last.event_id}"
    said = f"  {sanitize(what, 60)}  {clock(last.started_at, now)}"
    return Content.assemble(("last sent ", "$quiet"), _result(last), (said, "$quiet"))


def _result(row: AttemptRow) -> Content:
    code = f" {row.reply_code}" if row.reply_code else ""
    return Content.assemble(outcome_label(row.outcome), code)


def looked_up(key_id: str, value: str, found: Iterable[Contact], account: RealAccount) -> str:
    """What the account answered when it was asked for a contact."""
    contacts = list(found)
    by = f"{sanitize(key_label(key_id, account.contacts.field_name))} {sanitize(value)}"
    if not contacts:
        return f"The account knows nobody by {by}."
    named = [contact_label(contact).plain for contact in contacts[:LISTED]]
    if len(contacts) == 1:
        return f"{by} is {named[0]}."
    more = " and more" if len(contacts) > LISTED else ""
    return f"{len(contacts):,} contacts share {by}: {', '.join(named)}{more}."


# Many attempts

STACKED = (
    Outcome.ACCEPTED,
    Outcome.PARTIAL,
    Outcome.REJECTED,
    Outcome.NOT_SENT,
    Outcome.UNKNOWN,
    Outcome.SENDING,
)
"""From the bottom up, and from left to right."""


def counts_label(counts: Mapping[Outcome, int], *, words: bool = True, width: int | None = None) -> Content:
    """How many attempts, and the share of each outcome there is, by sign and word: in lines of at most `width` cells.

    A line ends between two outcomes, never between a number and its share.
    """
    total = sum(counts.values())
    parts = [Content(count(total, "attempt") if words else f"{total:,}")]
    for outcome in STACKED:
        if number := counts.get(outcome, 0):
            sign, word = LABEL[outcome]
            said = f"{sign} {word} {number:,}" if words else sign
            parts.append(Content.assemble((said, outcome_style(outcome)), f" {percent(number, total)}"))
    gap = "   " if words else "  "
    rows = [parts[0]]
    for part in parts[1:]:
        if width is None or rows[-1].cell_length + len(gap) + part.cell_length <= width:
            rows[-1] = Content.assemble(rows[-1], gap, part)
        else:
            rows.append(part)
    return Content("\n").join(rows)
