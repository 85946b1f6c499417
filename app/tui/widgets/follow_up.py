"""What can follow an attempt: the same keys on its screen and in its row of the history."""

from enum import Enum

from textual.binding import Binding, BindingType

from app.domain.model import Attempt, Outcome
from app.service.evidence import may_show_evidence
from app.service.history import offers_same_trigger


class Choice(Enum):
    """What a person wants to do about an attempt."""

    EVIDENCE = "evidence"
    ARRIVED = "arrived"
    DID_NOT = "did not"
    SAME_TRIGGER = "same trigger"
    NEW_TRIGGER = "new trigger"
    IN_FORM = "in the form"

    def fits(self, attempt: Attempt) -> bool:
        if attempt.member and self not in _OF_A_COLLEAGUE:
            return False
        match self:
            case Choice.EVIDENCE:
                return may_show_evidence(attempt)
            case Choice.ARRIVED | Choice.DID_NOT:
                return attempt.outcome is Outcome.UNKNOWN
            case Choice.SAME_TRIGGER:
                return offers_same_trigger(attempt)
            case Choice.NEW_TRIGGER:
                return attempt.outcome is not Outcome.SENDING
            case Choice.IN_FORM:
                return True

    def unfit(self, attempt: Attempt) -> str:
        """Why it is not possible."""
        if attempt.member and self not in _OF_A_COLLEAGUE:
            return "Only the member who sent it can do this."
        match self:
            case Choice.EVIDENCE:
                return "It triggered nothing, or is still being sent: there is no mail to look for."
            case Choice.ARRIVED | Choice.DID_NOT:
                return "Only an unknown outcome can be marked."
            case Choice.SAME_TRIGGER:
                return "Only an unresolved unknown outcome with a trigger id can be resent. Send it as new."
            case Choice.NEW_TRIGGER:
                return "It is still being sent."
            case Choice.IN_FORM:
                return ""


_OF_A_COLLEAGUE = (Choice.ARRIVED, Choice.DID_NOT)
_KEYS = {
    Choice.EVIDENCE: ("l", "Find the mail", "Ask the account whether a mail of the event was launched since"),
    Choice.ARRIVED: ("a", "Mark arrived", "Resolve an unknown outcome: the event arrived"),
    Choice.DID_NOT: ("d", "Mark not arrived", "Resolve an unknown outcome: the event did not arrive"),
    Choice.SAME_TRIGGER: ("s", "Resend", "Resend with the same trigger id, after an unknown outcome"),
    Choice.NEW_TRIGGER: ("n", "Send as new", "Send the same request with a new trigger id"),
    Choice.IN_FORM: ("o", "Edit in form", "Open it in the form to change it before sending"),
}


def follow_up_bindings(where: str, *, show: bool = True) -> list[BindingType]:
    """The keys; `where` begins their ids in the keymap."""
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
