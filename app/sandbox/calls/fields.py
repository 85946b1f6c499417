"""The calls about contact fields. Names are what the account folder says, whatever the language asked for."""

import re

from app.sandbox.answers import Answer, Refused, ok
from app.sandbox.calls.call import Call, Ground

_LANGUAGE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2})?")


def list_fields(ground: Ground, call: Call) -> Answer:
    """GET field and GET field/translate/<language>: every field, unpaged. Raises Refused (1002)."""
    _check_language(call)
    return ok(
        [
            {
                "id": field.id,
                "name": field.name,
                "application_type": field.application_type,
                "string_id": field.string_id,
            }
            for field in ground.account.fields.values()
        ]
    )


def list_choices(ground: Ground, call: Call) -> Answer:
    """GET field/<id>/choice: an account folder knows no choices, so none. Raises Refused (2006)."""
    _check_language(call)
    if not ground.account.has_field(call.path["field_id"]):
        raise Refused(2006, f"Invalid field id: {call.path['field_id']}")
    return ok([])


def _check_language(call: Call) -> None:
    if not _LANGUAGE.fullmatch(call.path.get("language", "en")):
        raise Refused(1002, "Invalid language code")
