"""A pytest plugin that breaks one of the six rules: `MUTANT=2004:dropped pytest -p tests.sandbox.mutants`.

It must be loaded before the sandbox is, so that every reader of the table meets the broken one.
"""

import os
from collections.abc import Callable

from app.domain import rules
from app.domain.rules import Rule

MUTATIONS: dict[str, Callable[[Rule], Rule]] = {
    "dropped": lambda rule: rule._replace(broken=lambda *_: False),
    "inverted": lambda rule: rule._replace(broken=lambda request, account: not rule.broken(request, account)),
    "other words": lambda rule: rule._replace(text=lambda request: f"{rule.text(request)}!"),
    "other code": lambda rule: rule._replace(code=rule.code + 1),
}


def mutate(mutant: str) -> None:
    """Puts the mutated rule into the table, and into the default that `judge` was made with."""
    code, _, mutation = mutant.partition(":")
    table = tuple(MUTATIONS[mutation](rule) if rule.code == int(code) else rule for rule in rules.RULES)
    rules.RULES = table
    rules.judge.__defaults__ = (table,)


if "MUTANT" in os.environ:
    mutate(os.environ["MUTANT"])
