"""What the screens say, as text that is never read as markup.

Everything that came from a file, the wire or a person passes through here on its way to a widget.
Pure: the same values always give the same words.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from textual.content import Content

from app.domain.attempt_export import reply_parts
from app.domain.formatting import count, elapsed
from app.domain.model import (
    CONTACT_KEYS,
    Attempt,
    Contact,
    NoReply,
    Outcome,
    Reply,
)
from app.domain.outcome import MEANING
from app.domain.recipient import contact_name
from app.domain.reply_codes import describe
from app.domain.rules import RULES, Verdict
from app.domain.sanitize import sanitize, sanitize_block

__all__ = ["count", "label", "sanitize", "sanitize_block", "sanitize_content"]

_SYMBOLS = {
    Outcome.SENDING: "…",
    Outcome.ACCEPTED: "✓",
    Outcome.PARTIAL: "◐",
    Outcome.REJECTED: "✗",
    Outcome.NOT_SENT: "○",
    Outcome.UNKNOWN: "?",
}


class Live(Protocol):
    """What the status line says of a profile."""

    @property
    def name(self) -> str: ...
    @property
    def base_url(self) -> str | None: ...
    @property
    def folder(self) -> object | None: ...
    @property
    def is_sandbox(self) -> bool: ...
    @property
    def is_loopback(self) -> bool: ...
    @property
    def is_production(self) -> bool: ...


def label(text: str, style: str = "", limit: int = 300) -> Content:
    """One line of text from anywhere, made harmless; `style` is ours, as in `bold $text-error`."""
    return Content.styled(sanitize(text, limit), style) if style else Content(sanitize(text, limit))


def sanitize_content(content: Content) -> Content:
    """The content as it is if it is harmless, else its text made harmless, without its styles."""
    cleaned = sanitize(content.plain)
    return content if cleaned == content.plain else Content(cleaned)


def visible(text: str) -> str:
    """The text with every unsafe character replaced by one visible character, so that positions stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    shown = sanitize(character)
    return shown if len(shown) == 1 else "\N{REPLACEMENT CHARACTER}"


def lines(parts: Iterable[Content | None]) -> Content:
    """The parts below each other, those that are None left out."""
    return Content("\n").join([part for part in parts if part is not None])


# Outcomes and replies


def outcome_style(outcome: Outcome) -> str:
    """The theme token of an outcome."""
    return f"$outcome-{outcome.value.replace('_', '-')}"


def outcome_label(outcome: Outcome) -> Content:
    """Symbol and word in the outcome's colour, such as `✓ accepted`."""
    return Content.styled(f"{_SYMBOLS[outcome]} {outcome_word(outcome)}", f"bold {outcome_style(outcome)}")


def outcome_word(outcome: Outcome) -> str:
    """The word of an outcome."""
    return outcome.value.replace("_", " ")


def meaning(outcome: Outcome) -> str:
    """What an outcome means, in one or two sentences."""
    return MEANING[outcome]


def answer_head(attempt: Attempt) -> Content:
    """Outcome, HTTP status and time on one line."""
    status, _, _ = reply_parts(attempt)
    facts = [f"HTTP {status}" if status is not None else "", elapsed(attempt.elapsed_ms)]
    said = " · ".join(fact for fact in facts if fact)
    return Content.assemble(outcome_label(attempt.outcome), ("   " + said if said else "", "$quiet"))


def answer_code(attempt: Attempt) -> Content | None:
    """Reply code and reply text; what is known instead where there was no reply."""
    match attempt.answer:
        case Reply(reply_code=None, reply_text=None):
            return Content("No reply code could be read.")
        case Reply(reply_code=code, reply_text=text):
            shown = "no code" if code is None else str(code)
            return Content.assemble((shown, "bold"), "  ", sanitize(text or "", 2000))
        case NoReply():
            return Content("No reply.")
        case None:
            return None


def answer_description(attempt: Attempt) -> Content | None:
    """The documented sentence for a refusal, unless the account said the same; the meaning of the outcome else."""
    status, code, text = reply_parts(attempt)
    published = describe(code, status)
    if published and attempt.outcome is Outcome.REJECTED:
        if published == text:
            return None
        return Content.styled(published, "$quiet")
    return Content.styled(meaning(attempt.outcome), "$quiet")


def remedy(text: str | None) -> Content | None:
    """What to do, behind an arrow."""
    return None if text is None else Content.assemble(("→ ", "bold $accent"), sanitize(text, 2000))


def compared(attempt: Attempt) -> Content | None:
    """How the reply compares with what was predicted; None where there is nothing to compare.

    Nor is there where a gateway, a limit or the sign-in answered: a prediction speaks of the rules.
    """
    _, code, _ = reply_parts(attempt)
    if attempt.predicted_code is None or code not in {0, *(rule.code for rule in RULES)}:
        return None
    if code == attempt.predicted_code:
        return Content.styled("= as predicted", "$quiet")
    return Content.styled(
        f"≠ predicted was {attempt.predicted_code}: the cache is stale, Refresh mends that.",
        "bold $text-warning",
    )


def predicted_label(verdict: "Verdict") -> Content:
    """The prediction as symbol and words."""
    if verdict.code == 0:
        return Content.styled("✓ will be answered 0 OK", "bold $outcome-accepted")
    return Content.styled(f"✗ will be refused with {verdict.code}", "bold $outcome-rejected")


# Ids, names and times


def key_label(key_id: str, field_name: Callable[[str], str | None]) -> str:
    """A key field by name and id, such as `E-Mail (3)`."""
    if key_id in CONTACT_KEYS:
        return f"contact {key_id} ({key_id})"
    name = field_name(key_id)
    return f"{name} ({key_id})" if name else f"field {key_id or '–'}"


def contact_label(contact: Contact) -> Content:
    """A contact by name and id."""
    return Content.assemble(
        (sanitize(contact_name(contact) or "without a name"), "bold"), f" · contact {sanitize(contact.id)}"
    )


# The status line


def account_labels(profile: Live) -> tuple[Content, Content, Content]:
    """Which account is live and what that means, by symbol, word and colour; the longest first."""
    host = (profile.base_url or "").partition("://")[2].partition("/")[0]
    if profile.is_sandbox:
        where = f"folder {_folder_name(profile)}" if profile.folder else "built in"
        return _account("◆", profile.name, where, "nothing leaves this machine", "$account-sandbox")
    if profile.is_production:
        return _account("▲", profile.name, host, "REAL CONTACTS", "$account-real")
    said = "on this machine" if profile.is_loopback else "not production"
    return _account("◇", profile.name, host, said, "$account-local")


def _account(symbol: str, name: str, where: str, said: str, token: str) -> tuple[Content, Content, Content]:
    named = Content.styled(f"{symbol} {sanitize(name)}", f"bold {token}")
    return (
        Content.assemble(named, (f" · {sanitize(where)}, {said}", token)),
        Content.assemble(named, (f" · {said}", token)),
        named,
    )


def _folder_name(profile: Live) -> str:
    return str(profile.folder).rstrip("/\\").replace("\\", "/").rpartition("/")[2]


def fit_line(choices: Iterable[tuple[Content, Content]], width: int) -> Content:
    """The first (left, right) pair that fits the width, left and right aligned; the last one, cut, if none does."""
    left, right = Content(""), Content("")
    for left, right in choices:
        if left.cell_length + right.cell_length + 2 <= width:
            break
    gap = max(1, width - left.cell_length - right.cell_length)
    return Content.assemble(left, " " * gap, right).truncate(width, ellipsis=True)
