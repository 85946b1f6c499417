"""The palette: every action of the dashboard, with its key, and why it is off where it is."""

from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from textual.binding import ActiveBinding, Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

DESK = "desk."


class DeskCommands(Provider):
    """The bindings whose id begins with `desk.`, so that a key and the palette cannot differ."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for active in self._bindings():
            yield DiscoveryHit(active.binding.description, self._run(active), help=self._help(active))

    async def search(self, query: str) -> Hits:
        """Those whose words match what is typed."""
        matcher = self.matcher(query)
        for active in self._bindings():
            words = f"{active.binding.description}: {active.tooltip}"
            if (score := matcher.match(words)) > 0:
                name = active.binding.description
                yield Hit(score, matcher.highlight(name), self._run(active), name, self._help(active))

    def _bindings(self) -> Iterator[ActiveBinding]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id and binding.id.startswith(DESK) and binding.id not in seen:
                seen.add(binding.id)
                yield active

    def _help(self, active: ActiveBinding) -> str:
        return f"{active.tooltip}  [{self._key(active.binding)}]"

    def _key(self, binding: Binding) -> str:
        return self.app.get_key_display(binding)

    def _run(self, active: ActiveBinding) -> partial[Coroutine[Any, Any, bool]]:
        return partial(self.app.run_action, active.binding.action, active.node)
