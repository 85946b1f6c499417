"""The key field: a list of the account's fields and both contact ids, and a line for any other key id."""

from collections.abc import Iterable

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Select
from textual.widgets._select import SelectCurrent, SelectOverlay

from app.domain.model import Field
from app.domain.recipient import EMAIL, customer_number
from app.tui.text import sanitize
from app.tui.widgets.inputs import SafeInput

_OTHER = ""


class _SearchedList(SelectOverlay):
    """The list; its border shows what is typed to search it."""

    def on_focus(self) -> None:
        self._search("")

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override] # Textual calls it either way
        if event.key == "backspace":
            self._search(self._typed[:-1])
        elif event.is_printable and event.character is not None:
            self._search(self._typed + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def _search(self, typed: str) -> None:
        self._typed = typed
        prompts = [str(option.prompt).casefold() for option in self.options]
        found = next((at for at, one in enumerate(prompts) if typed and typed.casefold() in one), None)
        missed = "" if found is not None else "  no match"
        self.border_title = Text(f"{sanitize(typed, 30)}{missed}" if typed else "type to search")
        if found is not None:
            self.select(found)


class _KeySelect(Select[str]):
    def compose(self) -> ComposeResult:
        yield SelectCurrent(self.prompt)
        yield _SearchedList().data_bind(compact=Select.compact)


class KeyPicker(Vertical):
    """The field that Emarsys compares with the external id."""

    class Changed(Message):
        """The key id changed."""

    class Decided(Message):
        """A person picked a key field from the list."""

    def compose(self) -> ComposeResult:
        yield _KeySelect(_options(()), value=EMAIL, allow_blank=False, compact=True, id="key-field")
        yield SafeInput(placeholder="any key id, sent unchanged", id="key-id", personal=False)

    def on_mount(self) -> None:
        self._typed.display = False
        self._list.tooltip = "Emarsys compares this field with the external id"

    @property
    def key_id(self) -> str:
        """The key id as it is sent."""
        chosen = self._list.value
        return self._typed.value if chosen == _OTHER or not isinstance(chosen, str) else chosen

    def offer(self, fields: Iterable[Field]) -> None:
        """Lists these fields and keeps the choice."""
        chosen = self._list.value
        options = _options(fields)
        with self.prevent(Select.Changed):
            self._list.set_options(options)
            self._list.value = chosen if any(chosen == value for _, value in options) else EMAIL

    def choose(self, key_id: str) -> None:
        """Picks this key id from the list, or types it if it is not there."""
        known = any(key_id == value for _, value in self._list._options)
        self._list.value = key_id if known else _OTHER
        if not known:
            self._typed.value = key_id

    @property
    def _list(self) -> Select[str]:
        return self.query_one("#key-field", Select)

    @property
    def _typed(self) -> SafeInput:
        return self.query_one("#key-id", SafeInput)

    @on(Select.Changed)
    def _picked(self, event: Select.Changed) -> None:
        event.stop()
        self._typed.display = event.value == _OTHER
        if event.value == _OTHER and not self._typed.value:
            self._typed.focus()
        self.post_message(self.Changed())
        if event.value != _OTHER and self._list.has_focus:
            self.post_message(self.Decided())

    @on(Input.Changed)
    def _typing(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())


def _options(fields: Iterable[Field]) -> list[tuple[Text, str]]:
    """E-mail, both contact ids and the customer number first, then the account's other fields in their order."""
    fields = list(fields)
    number = customer_number(fields)
    first = [number] if number else []
    names = {EMAIL: "E-Mail"} | {field.id: sanitize(field.name, 60) for field in [*first, *fields]}
    named = [(f"{name} ({sanitize(key_id, 20)})", key_id) for key_id, name in names.items()]
    named[1:1] = [("contact id (id)", "id"), ("contact uid (uid)", "uid")]
    named.append(("other key id…", _OTHER))
    return [(Text(prompt, no_wrap=True, overflow="ellipsis"), key_id) for prompt, key_id in named]
