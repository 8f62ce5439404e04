"""Functions of NumPy and SciPy that hand no traced array over → the same with traced arrays, while a function runs.

NumPy asks an array for most functions that it is given to; those here make arrays of sizes and of parts, or look at
another argument than the traced one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from symbackprop.arrays.calls import called
from symbackprop.arrays.constants import constant
from symbackprop.arrays.traced import TracedArray, book_of, carried, wrapped

MAKING = ("arange", "array", "asarray", "eye", "full", "identity", "ones", "take", "tri", "zeros")
SPECIAL = ("logsumexp", "softmax", "log_softmax")


# Two functions that are traced at a time would put back what the other one put there.
ONE_AT_A_TIME = threading.RLock()


@contextmanager
def taking_traced(function: Callable[..., Any]) -> Iterator[None]:
    """Let these functions take traced arrays, under the names that a function of the user's calls them by."""
    with ONE_AT_A_TIME:
        yield from _taking_traced(function)


def _taking_traced(function: Callable[..., Any]) -> Iterator[None]:
    globals_ = getattr(function, "__globals__", {})
    places: list[tuple[Any, str, Any]] = []
    for module, names, made in (("numpy", MAKING, _making), ("scipy.special", SPECIAL, _either)):
        table = getattr(sys.modules.get(module), "__dict__", {})
        for name in (name for name in names if name in table):
            original = table[name]
            found = [(table, name), *((globals_, key) for key, held in globals_.items() if held is original)]
            places += [(where, key, original) for where, key in found]
            replaced = made(original)
            for where, key in found:
                where[key] = replaced
    counting = "len" not in globals_
    if counting:
        globals_["len"] = _len
    arrays = [(globals_, key, held) for key, held in globals_.items() if type(held) is np.ndarray]
    cells = [(cell, held) for cell, held in _cells(function) if type(held) is np.ndarray]
    for where, key, held in arrays:
        where[key] = held.view(Table)
    for cell, held in cells:
        cell.cell_contents = held.view(Table)
    try:
        yield
    finally:
        for table, key, original in (*places, *arrays):
            table[key] = original
        if counting:
            del globals_["len"]
        for cell, held in cells:
            cell.cell_contents = held


def _len(of: Any) -> Any:
    """The length of anything; of a traced array it may be a symbol, which Python's own function cannot return."""
    return of.shape[0] if isinstance(of, TracedArray) and of.ndim else len(of)


def _cells(function: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
    """The variables of enclosing functions that a function and those among them read, and what they hold."""
    pending, seen = [function], set()
    while pending:
        for cell in getattr(pending.pop(), "__closure__", None) or ():
            try:
                held = cell.cell_contents
            except ValueError:  # it is assigned to later
                continue
            if id(cell) not in seen:
                seen.add(id(cell))
                yield cell, held
                pending += [held] if callable(held) else []


class Table(np.ndarray[Any, Any]):
    """An array of numbers that is read at traced positions, too, as in `np.eye(10)[label]`."""

    def __getitem__(self, key: Any) -> Any:
        try:
            book = book_of(key if isinstance(key, tuple) else (key,))
        except LookupError:
            return super().__getitem__(key)
        return TracedArray(constant(book, self))[key]


def _making(original: Any) -> Any:
    """A function of NumPy's that makes an array, of traced sizes and parts too."""

    def make(*args: Any, **words: Any) -> Any:
        try:
            book = book_of((*args, *words.values()))
        except LookupError:
            made = original(*args, **words)
            return made.view(Table) if type(made) is np.ndarray else made
        return carried(book, original.__name__, args, words)

    return make


def _either(original: Any) -> Any:
    """A function of SciPy's that takes traced arrays, too."""

    def apply(array: Any, *args: Any, **words: Any) -> Any:
        if not isinstance(array, TracedArray):
            return original(array, *args, **words)
        axis = words.get("axis", args[0] if args else None)
        name = original.__name__
        keep = {"keepdims": words["keepdims"]} if "keepdims" in words else {}
        # Without an axis all entries count as one line.
        value = array.value
        if axis is None and name != "logsumexp" and value.rank > 1:
            flat = called(value.book, "ravel", [value], {})
            return wrapped(called(value.book, "reshape", [called(value.book, name, [flat], {}), value.shape], {}))
        axis = -1 if axis is None and name != "logsumexp" else axis
        return wrapped(called(value.book, name, [value], {"axis": axis, **keep}))

    return apply
