"""What may follow an attempt, as keys: on its screen and in its row of the history the same ones."""

from enum import Enum
from typing import NamedTuple

from textual.binding import Binding, BindingType

from app.domain.model import Attempt, Outcome
from app.service.history import AttemptRow
from app.service.resolution import offers_same_trigger


class Choice(Enum):
    """What somebody wants to do about an attempt."""

    ARRIVED = "arrived"
    DID_NOT = "did not"
    SAME_TRIGGER = "same trigger"
    NEW_TRIGGER = "new trigger"
    IN_FORM = "in the form"

    def fits(self, attempt: Attempt) -> bool:
        """Whether it can be done: only an unknown outcome is settled; only what is over is sent again."""
        match self:
            case Choice.ARRIVED | Choice.DID_NOT:
                return attempt.outcome is Outcome.UNKNOWN
            case Choice.SAME_TRIGGER:
                return offers_same_trigger(attempt)
            case Choice.NEW_TRIGGER:
                return attempt.outcome is not Outcome.SENDING
            case Choice.IN_FORM:
                return True

    @property
    def unfit(self) -> str:
        """Why it cannot be done, where it cannot."""
        match self:
            case Choice.ARRIVED | Choice.DID_NOT:
                return "Only an unknown outcome is settled."
            case Choice.SAME_TRIGGER:
                return "The same trigger is sent again only after an unknown outcome, and where it had a trigger id."
            case Choice.NEW_TRIGGER:
                return "It is still under way."
            case Choice.IN_FORM:
                return ""


class Followed(NamedTuple):
    """The attempt that was looked at last, and what somebody wants to do about it; None for nothing."""

    row: AttemptRow
    choice: Choice | None


_KEYS = {
    Choice.ARRIVED: ("a", "It arrived", "Settle: the event did arrive"),
    Choice.DID_NOT: ("d", "It did not", "Settle: the event did not arrive"),
    Choice.SAME_TRIGGER: ("s", "Same again", "Send it again with the same trigger id"),
    Choice.NEW_TRIGGER: ("n", "Send again", "Send it again as a trigger of its own"),
    Choice.IN_FORM: ("o", "Form", "Open it in the form, to change it before it is sent again"),
}


def follow_up_bindings(where: str, *, show: bool = True) -> list[BindingType]:
    """The keys; `where` begins their ids, so that each place can have other ones."""
    return [
        Binding(
            key,
            f"choose('{choice.name}')",
            name,
            tooltip=tooltip,
            show=show,
            id=f"{where}.{choice.value.replace(' ', '_')}",
        )
        for choice, (key, name, tooltip) in _KEYS.items()
    ]
