"""What the trigger form tells its screen. Separate from the form so that a screen can be there before it."""

from textual.message import Message

from app.domain.model import TriggerRequest


class FormMessages:
    """The messages, under the names by which the form offers them."""

    class Changed(Message, namespace="trigger_form"):
        """The request would be another one now."""

    class SendPressed(Message, namespace="trigger_form"):
        """The button was pressed."""

    class Submitted(Message, namespace="trigger_form"):
        """Send was asked for, and may be; `is_rehearsed`: what was asked for is the reply, however often."""

        def __init__(self, request: TriggerRequest, attempt_id: str, *, is_rehearsed: bool) -> None:
            super().__init__()
            self.request = request
            self.attempt_id = attempt_id
            self.is_rehearsed = is_rehearsed
