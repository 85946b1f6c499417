"""`python -m tests.benchmarks [--scale S] [--strict] [NAME ...]`: measures, prints a table for each, judges if asked to."""

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from tests.benchmarks.table import Row, machine, table

MODULES = ("journal", "sandbox", "loading", "store", "headless", "desk", "history", "bulk", "team")
"""Each has `rows(scale) -> list[Row]`; scale 1 is the full size."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 where a limit was passed and `--strict` was given."""
    options = _parsed(arguments)
    print(machine())
    rows: list[Row] = []
    for name, measure in _measures(options.modules or MODULES):
        started = time.perf_counter()
        rows += (found := measure(options.scale))
        print(f"\n{name}, {time.perf_counter() - started:.0f} s", *table(found), sep="\n", flush=True)
    return int(options.strict and not all(row.holds for row in rows))


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("modules", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}; default: all")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full size, such as 0.01")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a limit is passed")
    options = parser.parse_args(arguments)
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return options


def _measures(names: Sequence[str]) -> Iterator[tuple[str, Callable[[float], list[Row]]]]:
    for name in names:
        module = f"tests.benchmarks.{name}"
        if importlib.util.find_spec(module) is not None:
            yield name, importlib.import_module(module).rows


if __name__ == "__main__":
    sys.exit(main())
