"""Callables → how long they take relative to one another: alternating in one process, so that others slow all alike.

A shared machine is noisy: what is quoted is the median over many rounds of a round's ratio, each round timing all
callables one right after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import thread_time


def seconds(call: Callable[[], object], number: int, clock: Callable[[], float] = thread_time) -> float:
    """The time of one call, from so many in a row: processor time, in which what others do is not counted."""
    start = clock()
    for _ in range(number):
        call()
    return (clock() - start) / number


def alternating(
    calls: Mapping[str, Callable[[], object]],
    budget: float = 1.5,
    rounds: int = 40,
    clock: Callable[[], float] = thread_time,
) -> dict[str, list[float]]:
    """Time each callable in each round.

    Args:
        calls: What to time, by name.
        budget: Seconds for all of it.
        rounds: How often all are timed, one after the other.
        clock: What tells the time.
    """
    for call in calls.values():
        call()
    once = sum(min(seconds(call, 1, clock) for _ in range(3)) for call in calls.values())
    number = max(2, int(budget / rounds / once))
    found: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in (*names[shift:], *names[:shift]):
            calls[name]()  # not timed: what the one before left in the cache is none of its business
            found[name].append(seconds(calls[name], number, clock))
    return found


def ratio(times: Mapping[str, list[float]], above: str, below: str) -> float:
    """The median over the rounds of one time over another."""
    return median(a / b for a, b in zip(times[above], times[below], strict=True))
