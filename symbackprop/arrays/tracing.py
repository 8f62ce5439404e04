"""A user's function of arrays → the graph of what it does: it is called once, with arrays that write it down.

The names of its local variables are the names in the derivation: before each line of the user's the variables are
looked at, and an array that a variable has come to hold is given the variable's name.
"""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.arrays.borrowed import taking_traced
from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.program import size_symbol
from symbackprop.arrays.traced import OURS, TracedArray
from symbackprop.errors import InputError, LanguageError, ShapeError, SymbackpropError, UnknownNameError, did_you_mean
from symbackprop.graph import Fact, Graph, Role
from symbackprop.language.syntax import NAME
from symbackprop.network.equations import Equations

STANDARD_LIBRARY = str(Path(inspect.__file__).parent)


def trace(
    function: Callable[..., Any],
    shapes: Mapping[str, tuple[Any, ...]],
    wrt: Sequence[str],
    integers: Sequence[str] = (),
    values: Mapping[str, Any] | None = None,
) -> Graph:
    """Call a function once and write down what it does.

    Args:
        function: Takes arrays by name and returns a single number, with NumPy's functions and Python's operators.
        shapes: Of its arguments: numbers, or names of sizes.
        wrt: The arguments that the result is differentiated by.
        integers: The arguments that hold whole numbers.
        values: Numbers for some arguments.

    Returns:
        The graph of the result.

    Raises:
        InputError: The arguments do not fit the function, or shapes do not fit in it.
        UnsupportedError: The function needs numbers, or calls what is not traced; the message has the line.
    """
    _refuse_other_arguments(function, shapes)
    book = Lifting()
    arguments = {}
    for name, shape in shapes.items():
        role: Role = "parameter" if name in wrt else "input"
        axes = [sp.Integer(size) if isinstance(size, int) else size_symbol(size) for size in shape]
        facts = (Fact("integer"),) if name in integers else ()
        arguments[name] = TracedArray(book.given(name, axes, role, (values or {}).get(name), facts))
    with taking_traced(function), _naming(function, book):
        result = _result(function, arguments)
    if not isinstance(result, TracedArray):
        raise LanguageError(
            f"{_name(function)} returned {type(result).__name__}, not a traced number",
            help="return the loss; what it returns must depend on its arguments",
        )
    loss_name = "E" if "E" not in shapes else "loss"
    try:
        return book.graph(_name(function), result.value, loss_name, {})
    except ShapeError as error:
        raise ShapeError(mistakes=[replace(one, **_written(function)) for one in error.mistakes]) from None


def _written(function: Callable[..., Any]) -> dict[str, Any]:
    """Where a function begins, for a message about what it returns."""
    code = getattr(function, "__code__", None)
    if code is None:
        return {}
    path, line = code.co_filename, code.co_firstlineno
    text = linecache.getline(path, line).rstrip("\n")
    column = len(text) - len(text.lstrip()) + 1
    return {"source": path, "line": line, "column": column, "length": max(len(text.strip()), 1), "text": text}


def _result(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """What a function returns; of an error that NumPy made of ours, ours."""
    try:
        return function(**arguments)
    except SymbackpropError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, SymbackpropError):
                raise cause from None
            cause = cause.__cause__ or cause.__context__
        raise


def described(
    function: Callable[..., Any], given: Mapping[str, Any], wrt: Sequence[str] | None, integers: Sequence[str] = ()
) -> Equations:
    """A function and what is known of its arguments as a description like that of a file.

    Args:
        function: The loss.
        given: For each argument its shape, `(3, 2)`, `3`, `"n"` or `()`, or an array of numbers that has it.
        wrt: The arguments that it is differentiated by; all that hold no whole numbers if left out.
        integers: The arguments that hold whole numbers; arrays of them are known to.

    Raises:
        InputError: A shape is none.
    """
    arrays = {name: np.asarray(one) for name, one in given.items() if isinstance(one, np.ndarray | float)}
    shapes = {name: arrays[name].shape if name in arrays else _shape(name, one) for name, one in given.items()}
    known = {name for name, array in arrays.items() if array.dtype.kind in "iu" and name not in (wrt or ())}
    whole = tuple(sorted({*integers, *known}))
    by = tuple(name for name in given if name not in whole) if wrt is None else tuple(wrt)
    for name in (*by, *integers):
        if name not in shapes:
            raise UnknownNameError(f"{_name(function)} has no argument {name!r}", help=did_you_mean(name, list(shapes)))
    values = {name: array.tolist() for name, array in arrays.items()}
    graph = trace(function, shapes, by, whole, values)
    return Equations.of_graph(
        graph,
        name=graph.name,
        shapes=shapes,
        equations="\n".join(map(str, graph.equations)),
        loss=graph.loss.name,
        wrt=by,
        integers=whole,
        values=values,
    )


def refuse_shapes(shapes: Mapping[str, Any]) -> None:
    """Say that shapes are given for something that is no function.

    Raises:
        InputError: Always.
    """
    stray = next(iter(shapes), "integers")
    raise UnknownNameError(f"{stray!r} is given for a network", help="shapes are of the arguments of a function")


def _shape(name: str, given: Any) -> tuple[Any, ...]:
    shape = tuple(given) if isinstance(given, tuple | list) else (given,)
    for size in shape:
        if isinstance(size, bool) or not isinstance(size, int | str):
            raise InputError(
                f"the shape of {name} must be whole numbers or names of sizes, got {given!r}",
                help=f"{name}=(3, 2) for a matrix, {name}=3 for a vector, {name}=() for a number, or a NumPy array",
            )
    return shape


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", "function")
    return name if NAME.match(name) else "function"


def _refuse_other_arguments(function: Callable[..., Any], shapes: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for name in shapes:
        if name not in parameters:
            raise UnknownNameError(
                f"{_name(function)} has no argument {name!r}", help=did_you_mean(name, list(parameters))
            )
    for name, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        if needed and name not in shapes:
            raise InputError(
                f"the shape of {name!r}, an argument of {_name(function)}, is missing",
                code="SB021",
                help=f"derive(f, {name}=(3, 2)) for a matrix, {name}=3 for a vector, {name}=() for a number",
            )


@contextmanager
def _naming(function: Callable[..., Any], book: Lifting) -> Iterator[None]:
    """Give arrays the names of the variables that come to hold them, while a function of the user's runs."""
    before = sys.gettrace()

    def local(frame: FrameType, event: str, _: Any) -> Any:
        if event in ("line", "return"):
            _name_locals(frame, book)
        return local

    def called_frame(frame: FrameType, event: str, arg: Any) -> Any:
        path = frame.f_code.co_filename
        foreign = path.startswith((*OURS, STANDARD_LIBRARY)) or "site-packages" in path
        if (foreign or frame.f_code.co_name[0] == "<") and frame.f_code is not getattr(function, "__code__", None):
            return None
        _name_locals(frame, book)
        return local

    sys.settrace(called_frame)
    try:
        yield
    finally:
        sys.settrace(before)


def _name_locals(frame: FrameType, book: Lifting) -> None:
    for name, held in list(frame.f_locals.items()):
        clean = name.strip("_")
        if isinstance(held, TracedArray) and held.value.book is book and not held.value.truth and NAME.match(clean):
            held.value = book.define(clean, held.value)
