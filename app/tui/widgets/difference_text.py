"""What differs between two attempts as text: every part by its path, told by sign and word. Pure."""

from collections.abc import Iterator

from textual.content import Content

from app.domain.attempt_json import reply_parts
from app.domain.difference import Comparison, Part, Sameness
from app.domain.model import Attempt
from app.domain.reference import reference_of
from app.tui.text import clean, clean_block, count, elapsed, lines, outcome_label

LEFT, RIGHT = "A", "B"
LONGEST_VALUE = 4_000


def side(letter: str, attempt: Attempt) -> Content:
    """One of the two on two lines: reference, time, outcome, code; event, and whom it was for."""
    request = attempt.request
    _, code, _ = reply_parts(attempt)
    name = f" {clean(attempt.event_name, 40)}" if attempt.event_name else ""
    return Content.assemble(
        (f"{letter}  ", "bold $accent"),
        f"{clean(reference_of(attempt.attempt_id))}  {attempt.started_at.astimezone():%Y-%m-%d %H:%M:%S}  ",
        outcome_label(attempt.outcome),
        "" if code is None else f"  {code}",
        (f"  {elapsed(attempt.elapsed_ms)}", "$quiet"),
        f"\n   event {clean(request.event_id)}{name}  {clean(request.external_id, 60)}",
    )


def compared_lines(comparison: Comparison, width: int, *, with_equal: bool) -> Content:
    """Every part that differs, values in lines of at most `width`; `with_equal` also where the others are, a line each."""
    shown = [part for part in comparison.parts if with_equal or part.sameness is not Sameness.EQUAL]
    folded = sum(part.values for part in comparison.parts if part.sameness is Sameness.EQUAL)
    said = [line for part in shown for line in _part(part, width)]
    if folded and not with_equal:
        more = " more" if said else ""
        said.append(Content.styled(f"= {count(folded, 'value')}{more}, equal in both", "$quiet"))
    if comparison.left_out:
        said.append(
            Content.styled(f"… {count(comparison.left_out, 'part')} more are not told", "$text-warning")
        )
    return lines(said or [Content.styled("nothing on either side", "$quiet")])


def _part(part: Part, width: int) -> Iterator[Content]:
    path = clean(part.path)
    match part.sameness:
        case Sameness.EQUAL:
            yield Content.styled(f"= {path}  {count(part.values, 'value')}, equal", "$quiet")
        case Sameness.CHANGED:
            yield Content.assemble(("≠ ", "bold $text-warning"), (path, "bold"))
            yield _value(LEFT, part.left, width)
            yield _value(RIGHT, part.right, width)
        case Sameness.ONLY_LEFT:
            yield Content.assemble(
                ("− ", "bold $text-warning"), (path, "bold"), (f"  only in {LEFT}", "$quiet")
            )
            yield _value(LEFT, part.left, width)
        case Sameness.ONLY_RIGHT:
            yield Content.assemble(
                ("+ ", "bold $text-warning"), (path, "bold"), (f"  only in {RIGHT}", "$quiet")
            )
            yield _value(RIGHT, part.right, width)


def _value(letter: str, text: str | None, width: int) -> Content:
    """A value, every line of it below the first one's beginning."""
    before = f"  {letter}  "
    shown = Content(clean_block(text or "", LONGEST_VALUE)).wrap(max(1, width - len(before)))
    return Content.assemble((before, "bold $accent"), Content(f"\n{' ' * len(before)}").join(shown))
