"""How long something takes, and what to take from many such times."""

import time
from collections.abc import Callable, Sequence
from typing import ParamSpec

Asked = ParamSpec("Asked")

REPEATS = 3


def ms(work: Callable[Asked, object], *args: Asked.args, **kwargs: Asked.kwargs) -> float:
    """Milliseconds by the clock; the best of a few, so that the work is measured and not what else is running."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work(*args, **kwargs)
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def cpu_s(work: Callable[Asked, object], *args: Asked.args, **kwargs: Asked.kwargs) -> float:
    """Seconds of CPU time of this process, its threads too."""
    started = time.process_time()
    work(*args, **kwargs)
    return time.process_time() - started


def nth(times: Sequence[float], share: float) -> float:
    """The time within which this share of them stays: 0.5 is the median."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]
