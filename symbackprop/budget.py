"""A stage and the seconds that it may take → its result, or a refusal in time: a stranger's network cannot hang us.

Limits of size, which are checked before the work, catch what is known to grow; this catches the rest. Seconds are those
of the processor, so that a busy machine refuses nothing that an idle one does.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from symbackprop.errors import TooSlowError

PATIENCE = "SYMBACKPROP_PATIENCE"

P = ParamSpec("P")
R = TypeVar("R")

_HELP = (
    "make formulas shorter or the network smaller, ask for fewer formats with --to, or be more patient: "
    f"{PATIENCE}=10 admits ten times as long, {PATIENCE}=0 any time"
)
# What runs now, the outermost first: until which second of processor time, how many seconds that was, and what it is.
_running: list[tuple[float, float, str]] = []


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Refuse what runs inside if it takes longer; only the main thread of a system with timers can be watched.

    Args:
        seconds: Of the processor's time.
        what: What the message calls it.

    Raises:
        TooSlowError: It took longer.
    """
    patience = _patience()
    if not patience or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGPROF)
    _running.append((_now() + seconds * patience, seconds * patience, what))
    try:
        signal.signal(signal.SIGPROF, _refuse)
        _wait()
        yield
    finally:
        _running.pop()
        _wait()
        signal.signal(signal.SIGPROF, before)


def limited(seconds: float, what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function that is to be refused after so many seconds of processor time."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            with within(seconds, what):
                return function(*args, **kwargs)

        return wrapped

    return decorate


def _patience() -> float:
    try:
        return max(float(os.environ.get(PATIENCE, "1")), 0.0)
    except ValueError:
        return 1.0


def _now() -> float:
    times = os.times()
    return times.user + times.system


def _wait() -> None:
    """Start the timer for what has to end first; it goes on each second, in case that somebody swallows the refusal."""
    left = min((end for end, _, _ in _running), default=None)
    signal.setitimer(signal.ITIMER_PROF, 0 if left is None else max(left - _now(), 0.01), 1.0)


def _refuse(number: int, frame: FrameType | None) -> Any:
    for end, seconds, what in _running:
        if _now() >= end - 0.05:
            raise TooSlowError(f"{what} takes more than {seconds:g} s", help=_HELP)
