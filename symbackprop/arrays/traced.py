"""What a user's function is called with: an object that NumPy takes for an array, and that writes down what is done.

NumPy hands every function over that is applied to one (`__array_ufunc__`, `__array_function__`); the operators of
Python are functions of NumPy, too. What would need numbers is refused at the line of the user's that asks for it.
"""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import numpy as np
import sympy as sp
from numpy.lib.mixins import NDArrayOperatorsMixin
from sympy import Expr

from symbackprop.arrays.calls import METHODS, called
from symbackprop.arrays.constants import constant
from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.operations import known_names
from symbackprop.arrays.selecting import select
from symbackprop.arrays.untraced import remedy, written_as
from symbackprop.arrays.values import Value
from symbackprop.errors import InputError, LanguageError, Mistake, SymbackpropError, UnsupportedError, did_you_mean

OURS = (str(Path(__file__).parents[1]), str(Path(np.__file__).parent))
# What NumPy passes for an argument that was left out.
NO_VALUE = getattr(np, "_NoValue", None)
REDUCING = {"add": "sum", "maximum": "max", "minimum": "min", "multiply": "prod", "logaddexp": "logsumexp"}
INSTEAD = {
    "where": "np.where(condition, a, b) chooses entry by entry; np.maximum and np.minimum compare",
    "number": "leave it an array: NumPy's own functions, such as np.exp, take it as it is",
    "array": "np.take(a, i, axis=0) reads an array of numbers at traced positions; np.stack puts arrays together",
    "length": "write x.shape[0] for len(x), and loops as operations on arrays",
    "fill": "collect the parts in a list and join them with np.stack or np.concatenate; np.where replaces some entries",
    "again": "write it without an in-place operator or `out`: y = y + x in place of y += x",
}
# A statement that writes to some entries of an array: NumPy asks what is written for its number.
FILLING = re.compile(r"\s*[A-Za-z_][\w.]*\s*\[.*\]\s*(?:[-+*/@%&|^]|//|\*\*|<<|>>)?=(?!=)")


class TracedArray(NDArrayOperatorsMixin):
    """An array whose entries are expressions.

    Attributes:
        value: What it stands for; a tensor, once a variable holds it.
    """

    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Value) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"<traced array of shape {self.shape}: {str(self.value.expr)[:200]}>"

    @property
    def shape(self) -> tuple[Any, ...]:
        """The size of each axis, a number where it is one."""
        return tuple(_size(self.value.book, size) for size in self.value.shape)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return self.value.rank

    @property
    def size(self) -> Any:
        """How many entries it has."""
        return _size(self.value.book, sp.Mul(*self.value.shape))

    @property
    def dtype(self) -> Any:
        """That of real numbers."""
        return np.dtype(np.int64 if self.value.whole else np.float64)

    @property
    def T(self) -> TracedArray:
        """The transpose."""
        return carried(self.value.book, "transpose", [self], {})

    @property
    def mT(self) -> TracedArray:
        """The last two axes exchanged."""
        return carried(self.value.book, "matrix_transpose", [self], {})

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **words: Any) -> Any:
        book = book_of(inputs)
        if method == "reduce" and ufunc.__name__ in REDUCING:
            words = {"axis": words.pop("axis", 0), **words}
            return carried(book, REDUCING[ufunc.__name__], inputs, words)
        if method == "outer":
            a, b = (one if isinstance(one, TracedArray) else np.asarray(one) for one in inputs)
            return ufunc(a[(..., *[None] * b.ndim)], b)
        written = written_as(ufunc)
        if method != "__call__":
            refuse(f"{written}.{method} is not traced", remedy(f"{ufunc.__name__}.{method}", ()))
        out = words.pop("out", None)
        # A single number is no array that others may hold: s += x gives s another value.
        if out is not None and not (len(out) == 1 and out[0] is inputs[0] and inputs[0].shape == ()):
            _refuse_filling(f"{written} into an array", "again")
        return carried(book, ufunc.__name__, inputs, words, written)

    def __array_function__(self, function: Any, types: Any, args: Any, words: Any) -> Any:
        name = function.__name__
        book = book_of((*args, *words.values()))
        if name in ("shape", "ndim", "size"):
            return getattr(args[0], name)
        return carried(book, name, args, words, written_as(function))

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return lambda *args, **words: carried(self.value.book, name, [self, *args], words)
        if name.startswith("__"):
            raise AttributeError(name)
        return refuse(f"an array has no {name!r} here", did_you_mean(name, sorted(METHODS)))

    def __getitem__(self, key: Any) -> TracedArray:
        book = self.value.book
        return _guarded(lambda: TracedArray(select(self.value, _key(book, key))))

    def __setitem__(self, key: Any, value: Any) -> None:
        refuse("a traced array cannot be changed in place", "fill")

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        size = self.shape[0]
        return size if isinstance(size, int) else refuse(f"the length {size.value.expr} is a symbol", "length")

    def __iter__(self) -> Iterator[TracedArray]:
        return (self[number] for number in range(len(self)))

    def __bool__(self) -> bool:
        if self.value.expr in (sp.true, sp.false):
            return bool(self.value.expr)
        return refuse("`if`, `while`, `and`, `or`, min and max need to know a traced value", "where")

    def __float__(self) -> float:
        return _refuse_filling("float() needs the number that a traced value stands for", "number")

    def __int__(self) -> int:
        return refuse("int() needs the number that a traced value stands for", "number")

    def __index__(self) -> int:
        return refuse("a traced value cannot be a position, a size or a bound of a range", "number")

    def __complex__(self) -> complex:
        return _refuse_filling("complex() needs the number that a traced value stands for", "number")

    def __array__(self, *_: Any, **__: Any) -> Any:
        return _refuse_filling("a traced array has no numbers to make a NumPy array of", "array")


def _size(book: Lifting, size: Expr) -> Any:
    return int(size) if size.is_Integer else TracedArray(Value(book, size, whole=True))


def book_of(args: Any) -> Lifting:
    """Where the equations of the first traced array are collected; `LookupError` if there is none."""
    for arg in args:
        if isinstance(arg, TracedArray):
            return arg.value.book
        if isinstance(arg, tuple | list):
            try:
                return book_of(arg)
            except LookupError:
                continue
    raise LookupError


def plain(book: Lifting, arg: Any) -> Any:
    """An argument as the table of operations takes it."""
    if isinstance(arg, TracedArray):
        return arg.value
    if isinstance(arg, tuple | list):
        return type(arg)(plain(book, one) for one in arg) if type(arg) in (tuple, list) else arg
    if isinstance(arg, np.ndarray):
        return constant(book, arg)
    if isinstance(arg, np.generic):
        return arg.item()
    return arg


def _key(book: Lifting, key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_key(book, one) for one in key)
    if isinstance(key, slice):
        return slice(*(plain(book, bound) for bound in (key.start, key.stop, key.step)))
    return key if isinstance(key, np.ndarray) else plain(book, key)


def carried(book: Lifting, name: str, args: Any, words: Any, written: str = "") -> Any:
    """Carry out an operation, which the user has `written` so, and wrap what it gives."""
    if name == "take" and len(args) < 3 and words.get("axis") is None:
        args = [np.ravel(args[0]), *args[1:]]  # as in NumPy; array notation takes rows

    def act() -> Any:
        given = {word: plain(book, value) for word, value in words.items() if value is not NO_VALUE}
        return wrapped(called(book, name, [plain(book, arg) for arg in args], given))

    return _guarded(act, name, written)


def wrapped(found: Any) -> Any:
    """Values as traced arrays, one by one."""
    if isinstance(found, Value):
        return TracedArray(found)
    return type(found)(map(wrapped, found)) if isinstance(found, tuple | list) else found


def _guarded(act: Any, name: str = "", written: str = "") -> Any:
    """Do something; what goes wrong is reported at the user's line."""
    try:
        return act()
    except SymbackpropError as error:
        first = error.mistakes[0]
        if first.line:
            raise
        message, help = first.message, first.help
        if isinstance(error, LanguageError) and message.startswith("unknown function"):
            own = not written or written.startswith("np.")
            message = f"{written or f'np.{name}'} is not traced"
            help = remedy(name, known_names() if own else ())
        raise type(error)(mistakes=[here(message, help)]) from None
    except (ValueError, ArithmeticError, RecursionError, AttributeError, KeyError) as error:
        raise LanguageError(mistakes=[here(f"{name} cannot be traced: {str(error)[:100]}", "")]) from None


def _refuse_filling(message: str, instead: str) -> NoReturn:
    """Refuse what a line that fills an array leads NumPy to ask for; of such a line say that, of others the message."""
    if FILLING.match(here("", "").text):
        refuse("an array of numbers cannot be filled with traced values", "fill")
    refuse(message, instead)


def refuse(message: str, instead: str) -> NoReturn:
    """Refuse what needs numbers.

    Args:
        message: What was asked for.
        instead: A key of the table of remedies, or a remedy.

    Raises:
        UnsupportedError: Always; it names the user's line.
    """
    raise UnsupportedError(mistakes=[here(message, INSTEAD.get(instead, instead), UnsupportedError.default_code)])


def here(message: str, help: str, code: str = InputError.default_code) -> Mistake:
    """A mistake at the line of the user's that is being run."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    if frame is None:
        return Mistake(code, message, help)
    path, line = frame.f_code.co_filename, frame.f_lineno
    written = linecache.getline(path, line)
    text = written.strip("\n")
    column = len(text) - len(text.lstrip()) + 1
    return Mistake(code, message, help, path, line, column, max(len(text.strip()), 1), text)
