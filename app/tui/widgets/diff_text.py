"""The differences between two attempts as text, each line marked by sign and colour."""

from textual.content import Content

from app.domain.attempt_export import reply_parts
from app.domain.formatting import elapsed
from app.domain.json_diff import DiffLine, JsonDiff, Side
from app.domain.model import Attempt
from app.domain.short_id import short_id
from app.tui.text import count, lines, outcome_label, sanitize

LEFT, RIGHT = "A", "B"
LONGEST_LINE = 4_000

_MARK = {Side.BOTH: "  ", Side.LEFT: f"{LEFT} ", Side.RIGHT: f"{RIGHT} "}
_STYLE = {Side.BOTH: "$quiet", Side.LEFT: "$text-error", Side.RIGHT: "$text-success"}


def side(letter: str, attempt: Attempt) -> Content:
    """One of the two on two lines: reference, time, outcome, code; event, and whom it was for."""
    request = attempt.request
    _, code, _ = reply_parts(attempt)
    name = f" {sanitize(attempt.event_name, 40)}" if attempt.event_name else ""
    return Content.assemble(
        (f"{letter}  ", "bold $accent"),
        f"{sanitize(short_id(attempt.attempt_id))}  {attempt.started_at.astimezone():%Y-%m-%d %H:%M:%S}  ",
        outcome_label(attempt.outcome),
        "" if code is None else f"  {code}",
        (f"  {elapsed(attempt.elapsed_ms)}", "$quiet"),
        f"\n   event {sanitize(request.event_id)}{name}  {sanitize(request.external_id, 60)}",
    )


def diff_content(diff: JsonDiff, width: int, *, everything: bool) -> Content:
    """The lines that differ with their surroundings, wrapped to `width` cells; with `everything` all lines."""
    if diff.is_equal and not everything:
        return Content.styled(f"{count(diff.identical, 'value')}, all identical", "$quiet")
    shown = diff.lines if everything else diff.around_differences()
    said = [_line(line, width) for line in shown]
    if diff.identical and not everything:
        verb = "is" if diff.identical == 1 else "are"
        said.append(Content.styled(f"{count(diff.identical, 'more value')} {verb} identical", "$quiet"))
    if diff.left_out:
        said.append(Content.styled(f"… {count(diff.left_out, 'line')} more not compared", "$text-warning"))
    return lines(said)


def _line(line: DiffLine | None, width: int) -> Content:
    """One line, marked with its side; None, which stands for identical lines, as an ellipsis."""
    if line is None:
        return Content.styled("  …", "$quiet")
    mark = _MARK[line.side]
    wrapped = Content(sanitize(line.text, LONGEST_LINE)).wrap(max(1, width - len(mark)))
    below = Content("\n" + " " * len(mark))
    return Content.assemble(mark, below.join(wrapped)).stylize(_STYLE[line.side])
