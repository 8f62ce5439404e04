"""A name and the arguments of a call → the value that the table of operations gives for them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from symbackprop.arrays.elementwise import add
from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.moving import at_least
from symbackprop.arrays.operations import MAKING, SYNONYMS, known_names, operation
from symbackprop.arrays.shaping import constant_array
from symbackprop.arrays.values import Value, whole_number
from symbackprop.errors import LanguageError, did_you_mean

METHODS = frozenset(
    {"sum", "mean", "max", "min", "prod", "var", "std", "argmax", "cumsum", "cumprod", "dot", "trace", "diagonal"}
    | {"transpose", "swapaxes", "reshape", "ravel", "flatten", "squeeze", "clip", "take", "copy", "astype"}
)
# Words that say how numbers are stored, which mathematics does not mind.
STORAGE = frozenset({"dtype", "order", "copy", "out", "casting", "subok", "optimize", "like", "device"})
# These take lists of arrays as they are.
OF_LISTS = frozenset({"concatenate", "stack", "einsum", "block", "select", "multi_dot", "meshgrid"})
# Other names that NumPy has for arguments.
WORDS = {
    "a": "value",
    "x": "value",
    "array": "value",
    "arr": "value",
    "A": "value",
    "a_min": "low",
    "a_max": "high",
    "min": "low",
    "max": "high",
}


def called(book: Lifting, name: str, args: Sequence[Any], words: Mapping[str, Any]) -> Any:
    """Call an operation by its name.

    Args:
        book: Where equations are collected.
        name: Of the operation, as NumPy, SciPy or the catalogue calls it.
        args: Values, numbers of Python, tuples and lists of them.
        words: Arguments by name.

    Raises:
        LanguageError: There is no operation of that name, or it does not take these arguments.
    """
    words = {word: value for word, value in words.items() if word not in STORAGE}
    name = SYNONYMS.get(name, name)
    if name in ("copy", "astype", "float", "float64", "float32", "ascontiguousarray") and args:
        return as_value(book, args[0])
    if name in ("len", "range", "int"):
        return _plain(name, args)
    if name in ("vstack", "hstack", "column_stack", "dstack"):
        return _stacked(book, name, args)
    if name == "sum" and args and isinstance(args[0], list | tuple) and not words and len(args) == 1:
        total = as_value(book, args[0][0]) if args[0] else book.number(0)
        for term in args[0][1:]:
            total = add(total, as_value(book, term))
        return total
    if name == "tril" and _is_number(args):
        name = "tri"
    if name in MAKING:
        return _applied(name, MAKING[name], [book, *args], words)
    found = operation(name)
    if found is None:
        raise LanguageError(f"unknown function {name!r}", help=did_you_mean(name, known_names()))
    return _applied(name, found, _converted(book, name, args), dict(words))


def _is_number(args: Sequence[Any]) -> bool:
    return bool(args) and (isinstance(args[0], int) or (isinstance(args[0], Value) and not args[0].axes))


def _plain(name: str, args: Sequence[Any]) -> Any:
    """What Python's own functions of known numbers give."""
    if name == "len":
        (sequence,) = args
        return len(sequence) if isinstance(sequence, tuple | list) else Value(sequence.book, sequence.shape[0])
    numbers = [whole_number(arg, f"an argument of {name}") for arg in args]
    return list(range(*numbers)) if name == "range" else numbers[0]


def _stacked(book: Lifting, name: str, args: Sequence[Any]) -> Any:
    """NumPy's older names for putting arrays together."""
    arrays = [as_value(book, one) for one in args[0]]
    low = min(one.rank for one in arrays)
    if name == "dstack":
        return called(book, "concatenate", [[at_least(one, 3) for one in arrays]], {"axis": 2})
    if name == "column_stack" or (name == "vstack" and low == 1):
        return called(book, "stack", [arrays], {"axis": 0 if name == "vstack" else 1})
    return called(book, "concatenate", [arrays], {"axis": 0 if name == "vstack" or low == 1 else 1})


def as_value(book: Lifting, value: Any) -> Value:
    """A number, or a nested list of numbers and values, as a value."""
    if isinstance(value, Value):
        return value
    if isinstance(value, bool | int | float | list | tuple) or hasattr(value, "is_number"):
        return constant_array(book, value)
    raise LanguageError(f"expected an array or a number, got {value!r}")


def _converted(book: Lifting, name: str, args: Sequence[Any]) -> list[Any]:
    """Numbers in the place of arrays as values."""
    if name in OF_LISTS:
        return [_nested(book, arg) for arg in args]
    count = _arrays_of(name)
    return [as_value(book, arg) if n < count and arg is not None else arg for n, arg in enumerate(args)]


def _nested(book: Lifting, arg: Any) -> Any:
    """Lists of arrays with numbers in them as values; a text, such as that of einsum, as it is."""
    if isinstance(arg, list | tuple):
        return [_nested(book, one) for one in arg]
    return as_value(book, arg) if isinstance(arg, int | float) else arg


@lru_cache(maxsize=256)
def _arrays_of(name: str) -> int:
    """How many of the first parameters of an operation are arrays."""
    found = operation(name)
    assert found is not None
    parameters = inspect.signature(found).parameters.values()
    return sum(1 for parameter in parameters if str(parameter.annotation).startswith("Value"))


@lru_cache(maxsize=256)
def _parameters(function: Any) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def _applied(name: str, function: Any, args: Sequence[Any], words: Mapping[str, Any]) -> Any:
    known = _parameters(function)
    renamed = {word if word in known else WORDS.get(word, word): value for word, value in words.items()}
    stray = sorted(set(renamed) - known)
    if stray:
        raise LanguageError(f"{name} takes no argument {stray[0]!r}", help=did_you_mean(stray[0], sorted(known)))
    try:
        inspect.signature(function).bind(*args, **renamed)
    except TypeError as error:
        raise LanguageError(f"{name} cannot be called like that: {error}") from None
    return function(*args, **renamed)
