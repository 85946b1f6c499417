"""What the screens say about accounts, predictions, recipients and attempts, as text that is never markup.

Text from a file, the wire or a person passes through here on its way to a widget.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from textual.content import Content

from app.domain import text as harmless
from app.domain.attempt_export import reply_parts, warnings_of
from app.domain.diagnosis import field_label
from app.domain.mails import EventUse
from app.domain.model import (
    LABEL,
    MEANING,
    RESOLVED,
    Attempt,
    Contact,
    FieldNames,
    NoReply,
    Outcome,
    Reply,
    Settlement,
    TriggerRequest,
    extras_words,
)
from app.domain.recipient import Recipient, contact_name, nobody_words, shared_words
from app.domain.reply_codes import describe
from app.domain.rules import RULES, Verdict
from app.domain.text import clock, count, elapsed, is_today, minute, percent, short_id
from app.service.guard import already_sent_words, second_send_words
from app.service.history import AttemptRow
from app.service.preflight import Preflight
from app.service.scenarios import SentMail
from app.service.session import Profile, Session

LISTED = 5
NO_VALUE = 2005
_NAME_CELLS = 13
_PREDICTABLE = {0, *(rule.code for rule in RULES)}


# Text from outside


def sanitize(text: str, limit: int = 300) -> str:
    """One harmless line, with a blank for each cell by which a terminal may draw it wider than Textual measures."""
    shown = harmless.sanitize(text, limit)
    return shown + " " * harmless.spacing_marks(shown)


def label(text: str, style: str = "", limit: int = 300) -> Content:
    """One line of text from outside; `style` is ours, such as `bold $text-error`."""
    return Content.styled(sanitize(text, limit), style) if style else Content(sanitize(text, limit))


def sanitize_content(content: Content) -> Content:
    """The same content if it is harmless, else its sanitized text without styles."""
    cleaned = sanitize(content.plain)
    return content if cleaned == content.plain else Content(cleaned)


def visible(text: str) -> str:
    """The text with each unsafe character replaced by one visible character, so that positions stay."""
    if text.isascii() and text.isprintable():
        return text
    shown = map(sanitize, text)
    return "".join(one if len(one) == 1 else "\N{REPLACEMENT CHARACTER}" for one in shown)


def lines(parts: Iterable[Content | None]) -> Content:
    """The parts below each other, without those that are None."""
    return Content("\n").join([part for part in parts if part is not None])


def _warning(text: str) -> Content:
    return Content.styled(text, "bold $text-warning")


# Accounts


def account_labels(profile: Profile) -> tuple[Content, Content, Content]:
    """The account and what it means to send to it, by symbol, word and colour; the longest first."""
    host = (profile.base_url or "").partition("://")[2].partition("/")[0]
    if profile.is_sandbox:
        folder = str(profile.folder).rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        where = f"folder {folder}" if profile.folder else "built-in"
        return _account("◆", profile.name, where, "nothing leaves this machine", "$account-sandbox")
    if profile.is_production:
        return _account("▲", profile.name, host, "LIVE: real customers", "$account-real")
    means = "on this machine" if profile.is_loopback else "Test account"
    return _account("◇", profile.name, host, means, "$account-local")


def _account(symbol: str, name: str, where: str, means: str, token: str) -> tuple[Content, Content, Content]:
    named = Content.styled(f"{symbol} {sanitize(name)}", f"bold {token}")
    return (
        Content.assemble(named, (f" · {sanitize(where)}, {means}", token)),
        Content.assemble(named, (f" · {means}", token)),
        named,
    )


def fit_line(choices: Iterable[tuple[Content, Content]], width: int) -> Content:
    """The first (left, right) pair that fits the width, aligned to both edges; the last one, cut, if none fits."""
    left, right = Content(""), Content("")
    for left, right in choices:
        if left.cell_length + right.cell_length + 2 <= width:
            break
    gap = max(1, width - left.cell_length - right.cell_length)
    return Content.assemble(left, " " * gap, right).truncate(width, ellipsis=True)


# Names and times


def contact_label(contact: Contact) -> Content:
    name = sanitize(contact_name(contact) or "no name")
    return Content.assemble((name, "bold"), f" · contact {sanitize(contact.id)}")


def request_label(request: TriggerRequest, fields: FieldNames) -> str:
    """`event 100 to E-Mail (3) thor@example.com`."""
    key = sanitize(field_label(request.key_id, fields))
    return f"event {sanitize(request.event_id)} to {key} {sanitize(request.external_id)}"


# The prediction


def prediction_label(verdict: Verdict | None) -> Content:
    """The predicted reply by symbol and words; None means that nothing can be predicted."""
    if verdict is None:
        return _warning("? Cannot predict the reply")
    if verdict.code == 0:
        return Content.styled("✓ Will be accepted (0 OK)", "bold $outcome-accepted")
    return Content.styled(f"✗ Will be rejected: {verdict.code}", "bold $outcome-rejected")


def use_label(use: EventUse | None, predicted: Verdict | None = None) -> Content | None:
    """What the event starts, or a warning that nothing uses it; None if that is not known, or if it is rejected."""
    if use is None or (predicted is not None and predicted.code not in (0, NO_VALUE)):
        return None
    words = use.words(subjects=True)
    return Content(words) if use.mails or use.programs else _warning(words)


def remedy(text: str | None) -> Content | None:
    return None if text is None else Content.assemble(("→ ", "bold $accent"), sanitize(text, 2000))


def recipient_label(
    found: Recipient, request: TriggerRequest, fields: FieldNames, shared: str = ""
) -> Content:
    """The contact that a request reaches, or why there is not exactly one.

    `shared` is the key field whose value other contacts share, if the request goes by contact id for that reason.
    """
    if found.only is not None:
        why = f"by contact id: others share this {sanitize(field_label(shared, fields))}"
        named = Content.assemble(("to ", "bold $accent"), contact_label(found.only).stylize("bold $accent"))
        return lines([named, Content.styled(why, "$text-warning") if shared else None])
    if not request.external_id:
        return Content("")
    field = sanitize(field_label(request.key_id, fields))
    words = nobody_words(field, complete=found.complete)
    if found.contacts:
        words = shared_words(found.contacts, found.total, field)
    return Content.styled(words, "$text-warning")


def carried_data(known: Preflight, now: datetime) -> Content | None:
    """A warning if the event data belongs to another contact or is an unchanged example."""
    if known.example_data:
        return _warning("! Example data, unchanged")
    use = known.same_data
    if use is None:
        return None
    who = use.external_id
    if use.contact is not None:
        who = contact_name(use.contact) or f"contact {use.contact.id}"
    return _warning(f"! Same event data as for {sanitize(who, 60)} ({minute(use.at, now)})")


def second_send_label(earlier: AttemptRow | None, now: datetime) -> Content | None:
    """A warning that the same was sent before, with the time, which stays true while it is shown."""
    if earlier is None:
        return None
    preposition = "at" if is_today(earlier.started_at, now) else "on"
    return _warning(f"! {already_sent_words(earlier, f'{preposition} {minute(earlier.started_at, now)}')}")


def last_sent(last: AttemptRow | None, now: datetime) -> Content | None:
    if last is None:
        return None
    code = f" {last.reply_code}" if last.reply_code else ""
    what = last.event_name or f"event {last.event_id}"
    when = f"  {sanitize(what, 60)}  {clock(last.started_at, now)}"
    return Content.assemble(
        ("last sent: ", "$quiet"), outcome_label(last.outcome, last.arrived), code, (when, "$quiet")
    )


def sent_mail_label(sent: SentMail, external_id: str, now: datetime) -> Content:
    subject = sanitize(sent.mail.subject or sent.mail.name, 60)
    when = f"{clock(sent.at, now)}  "
    to = f"\n{' ' * len(when)}to {sanitize(external_id, 60)}"
    return Content.assemble((when, "$quiet"), (subject, "bold"), to)


def looked_up(key_id: str, value: str, found: Iterable[Contact], account: Session) -> str:
    contacts = list(found)
    by = f"{sanitize(field_label(key_id, account.contacts))} {sanitize(value)}"
    if not contacts:
        return f"The account has no contact with {by}."
    named = [contact_label(contact).plain for contact in contacts[:LISTED]]
    if len(contacts) == 1:
        return f"{by} is {named[0]}."
    more = " and more" if len(contacts) > LISTED else ""
    return f"{len(contacts):,} contacts share {by}: {', '.join(named)}{more}."


# The question before sending


def send_question(
    request: TriggerRequest,
    event_name: str | None,
    account: Session,
    known: Preflight,
    now: datetime,
    *,
    use: EventUse | None = None,
    again: Attempt | None = None,
    same_trigger: bool = False,
) -> str:
    """The question before a trigger that reaches real customers, repeats another one, or sends an attempt `again`."""
    rows = [row for row in (known.colleague, known.second_send) if row is not None]
    head, asked = [], "Send it again?" if rows else "Send it?"
    if again is not None:
        head = [f"{again.started_at.astimezone():%Y-%m-%d %H:%M:%S}  {attempt_label(again).plain}"]
        rows = [row for row in rows if row.attempt_id != again.attempt_id]
        asked = "Send it as a new trigger? If this attempt arrived, the contact is triggered twice."
    if same_trigger:
        asked = (
            "Resend it with the same trigger id? "
            "An account that already received the trigger can recognize the repeat."
        )
    head += [f"! {second_send_words(row, now)}" for row in rows]
    contact = known.contacts[0] if len(known.contacts) == 1 else None
    facts = [
        f"event {sanitize(request.event_id)} {sanitize(event_name or '')}".rstrip(),
        f"to {sanitize(field_label(request.key_id, account.contacts))} {sanitize(request.external_id)}",
        contact_label(contact).plain if contact else None,
        f"▲ {sanitize(account.profile.name)}: LIVE, real customers"
        if account.profile.is_production
        else None,
        prediction_label(known.prediction).plain,
        use and use.words(),
        _plain(carried_data(known, now)),
    ]
    return "\n\n".join(filter(None, ("\n".join(head), "\n".join(filter(None, facts)), asked)))


def _plain(content: Content | None) -> str | None:
    return None if content is None else content.plain


# An attempt


def outcome_style(outcome: Outcome) -> str:
    return f"$outcome-{outcome.value.replace('_', '-')}"


def outcome_label(outcome: Outcome, arrived: bool | None = None) -> Content:
    """Symbol and word in the colour of the outcome, such as `✓ accepted`, or how it was resolved."""
    symbol, word = LABEL[outcome]
    if arrived is not None:
        return Content.styled(f"{symbol} {RESOLVED[arrived]}", "bold $primary")
    return Content.styled(f"{symbol} {word}", f"bold {outcome_style(outcome)}")


def attempt_label(attempt: Attempt) -> Content:
    """The outcome of an attempt, or how it was resolved."""
    settlement = attempt.settlement
    return outcome_label(attempt.outcome, None if settlement is None else settlement.arrived)


def answer_head(attempt: Attempt) -> Content:
    status, _, _ = reply_parts(attempt)
    facts = [f"HTTP {status}" if status is not None else "", elapsed(attempt.elapsed_ms)]
    shown = " · ".join(filter(None, facts))
    return Content.assemble(attempt_label(attempt), ("   " + shown if shown else "", "$quiet"))


def answer_code(attempt: Attempt) -> Content | None:
    """Reply code and reply text, or that there is none; None while the attempt is being sent."""
    match attempt.answer:
        case Reply(reply_code=None, reply_text=None):
            return Content("No readable reply code.")
        case Reply(reply_code=code, reply_text=text):
            shown = "no code" if code is None else str(code)
            return Content.assemble((shown, "bold"), "  ", sanitize(text or "", 2000))
        case NoReply():
            return Content("No reply.")
        case None:
            return None


def answer_description(attempt: Attempt) -> Content | None:
    """The documented sentence for a rejection, unless the reply said the same; else the meaning of the outcome."""
    if attempt.settlement is not None:
        return None  # resolved: nothing is left to check
    status, code, text = reply_parts(attempt)
    documented = describe(code, status)
    if documented and attempt.outcome is Outcome.REJECTED:
        return None if documented == text else Content.styled(documented, "$quiet")
    return Content.styled(MEANING[attempt.outcome], "$quiet")


def compared(attempt: Attempt) -> Content | None:
    """How the reply compares with the prediction; None without a prediction.

    Also None if a gateway, a limit or the sign-in replied: the prediction only covers the rules.
    """
    _, code, _ = reply_parts(attempt)
    if attempt.predicted_code is None or code not in _PREDICTABLE:
        return None
    if code == attempt.predicted_code:
        return Content.styled("as predicted", "$quiet")
    return _warning(
        f"predicted {attempt.predicted_code}, got {code}: the local list is out of date, refresh it"
    )


def resolution(settlement: Settlement | None) -> Content | None:
    if settlement is None:
        return None
    how = RESOLVED[settlement.arrived]
    note = f": {sanitize(settlement.note, 2000)}" if settlement.note else ""
    when = f"  {settlement.settled_at.astimezone():%Y-%m-%d %H:%M}"
    return Content.assemble((how, "bold $primary"), note, (when, "$quiet"))


def reply_lines(attempt: Attempt) -> list[Content | None]:
    """Outcome, reply code, meaning, warnings, what to do or how it was resolved, and the prediction."""
    return [
        answer_head(attempt),
        answer_code(attempt),
        answer_description(attempt),
        *(_warning(f"! {sanitize(text, 500)}") for text in warnings_of(attempt)),
        resolution(attempt.settlement) or remedy(attempt.remedy),
        compared(attempt),
    ]


def answered(attempt: Attempt, fields: FieldNames) -> str:
    """The reply in one line, for a message."""
    return f"{_plain(answer_code(attempt)) or ''} · {request_label(attempt.request, fields)}."


def fact_lines(attempt: Attempt, fields: FieldNames) -> Content:
    request = attempt.request
    own_id = request.trigger_id == attempt.attempt_id
    trigger_id = "same as attempt id" if own_id else request.trigger_id or "none"
    facts = {
        "Event": f"{request.event_id}  {attempt.event_name or 'not in the local list'}",
        "Key field": field_label(request.key_id, fields),
        "External id": request.external_id,
        "Attempt": f"{short_id(attempt.attempt_id)}, {attempt.attempt_id}",
        **({"Sent by": attempt.member} if attempt.member else {"Trigger id": trigger_id}),
        "Profile": attempt.profile,
        "Started": _local_and_utc(attempt.started_at),
        "Predicted": "nothing" if attempt.predicted_code is None else str(attempt.predicted_code),
    }
    extras = ((name.capitalize(), value) for name, value in extras_words(request.extras))
    return lines(
        Content.assemble((f"{name:<{_NAME_CELLS}}", "$quiet"), sanitize(value, 2000))
        for name, value in (*facts.items(), *extras)
    )


def _local_and_utc(moment: datetime) -> str:
    local, utc = moment.astimezone(), moment.astimezone(UTC)
    if not local.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return f"{local:%Y-%m-%d %H:%M:%S} local, {utc:%H:%M:%S} UTC"


def chain_lines(chain: Sequence[AttemptRow], attempt_id: str) -> Content:
    """The attempts that resend one another, the first one first; the one on the screen is marked."""
    return lines(
        Content.assemble(
            ("▸ " if link.attempt_id == attempt_id else "  ", "bold $primary"),
            f"{short_id(link.attempt_id)}  {link.started_at.astimezone():%Y-%m-%d %H:%M:%S}  ",
            outcome_label(link.outcome, link.arrived),
            f"  {'' if link.reply_code is None else link.reply_code}",
        )
        for link in chain
    )


# Many attempts

STACKED = (
    Outcome.ACCEPTED,
    Outcome.PARTIAL,
    Outcome.REJECTED,
    Outcome.NOT_SENT,
    Outcome.UNKNOWN,
    Outcome.SENDING,
)
"""Outcomes from the bottom up in a chart, from left to right in a line."""


def counts_label(
    counts: Mapping[Outcome, int], *, words: bool = True, width: int | None = None, resolved: int = 0
) -> Content:
    """The number of attempts and the share of each outcome, in lines of at most `width` cells.

    A line breaks between two outcomes only. The `resolved` ones are not counted as unknown but by themselves.
    """
    total = sum(counts.values())
    parts = [Content(count(total, "attempt") if words else f"{total:,}")]
    for outcome in STACKED:
        if number := counts.get(outcome, 0) - (resolved if outcome is Outcome.UNKNOWN else 0):
            symbol, word = LABEL[outcome]
            named = f"{symbol} {word} {number:,}" if words else symbol
            parts.append(Content.assemble((named, outcome_style(outcome)), f" {percent(number, total)}"))
    if resolved:
        parts.append(Content.assemble(("resolved", "$primary"), f" {percent(resolved, total)}"))
    gap = "   " if words else "  "
    rows = [parts[0]]
    for part in parts[1:]:
        if width is None or rows[-1].cell_length + len(gap) + part.cell_length <= width:
            rows[-1] = Content.assemble(rows[-1], gap, part)
        else:
            rows.append(part)
    return Content("\n").join(rows)
