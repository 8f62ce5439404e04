"""Functions of samples on a grid, of polynomials and of several vectors → sums over neighbours and shifted entries."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbackprop.arrays.elementwise import add, divide, multiply, number_of, power, subtract
from symbackprop.arrays.moving import differences, pad
from symbackprop.arrays.products import diagonal, matmul, outer
from symbackprop.arrays.reductions import mean, total, variance
from symbackprop.arrays.selecting import select
from symbackprop.arrays.shaping import broadcast_to, concatenate, expand_dims, matrix_transpose, stack
from symbackprop.arrays.values import Value, axis_number, exact, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError

MODES = ("full", "same", "valid")


def trapezoid(value: Value, x: Any = None, dx: Any = 1, axis: Any = -1) -> Value:
    """The integral by the trapezoidal rule of samples along an axis, at places x or a distance dx apart."""
    number = axis_number(axis, value.rank, "this array")
    value = value.book.named(value, "h")
    both = add(_part(value, number, slice(1, None)), _part(value, number, slice(None, -1)))
    if x is None:
        return multiply(total(both, number), number_of(value.book, exact(dx) / 2))
    widths = differences(number_of(value.book, x), 1, -1)
    if widths.rank == 1:
        widths = expand_dims(widths, tuple(range(1, value.rank - number)))
    return multiply(total(multiply(widths, both), number), number_of(value.book, sp.Rational(1, 2)))


def _part(value: Value, number: int, part: Any) -> Value:
    return select(value, (*[slice(None)] * number, part))


def gradient(value: Value, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    """Differences of neighbours along each axis: central ones inside, one-sided ones of first or second order at ends.

    Raises:
        LanguageError: The distances are no numbers.
    """
    axes = range(value.rank) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    numbers = [axis_number(one, value.rank, "this array") for one in axes]
    steps = list(varargs) * (len(numbers) if len(varargs) == 1 else 1) or [1] * len(numbers)
    if len(steps) != len(numbers) or any(isinstance(step, Value) and step.axes for step in steps):
        raise LanguageError("np.gradient takes one distance for all axes or one for each, not places")
    value = value.book.named(value, "h")
    order = whole_number(edge_order, "edge_order")
    found = [_slopes(value, number, step, order) for number, step in zip(numbers, steps, strict=True)]
    return found[0] if len(found) == 1 else found


def _slopes(value: Value, number: int, step: Any, order: int) -> Value:
    def entry(first: int) -> Value:
        return _part(value, number, slice(first, first + 1 or None))

    def combined(*terms: tuple[Any, Value]) -> Value:
        weighed = [multiply(number_of(value.book, weight), part) for weight, part in terms]
        sum_ = weighed[0]
        for term in weighed[1:]:
            sum_ = add(sum_, term)
        return sum_

    half = sp.Rational(1, 2)
    inside = combined((half, _part(value, number, slice(2, None))), (-half, _part(value, number, slice(None, -2))))
    if order == 1:
        ends = [combined((1, entry(1)), (-1, entry(0))), combined((1, entry(-1)), (-1, entry(-2)))]
    else:
        ends = [
            combined((sign * -3 * half, entry(at)), (sign * 2, entry(at + sign)), (sign * -half, entry(at + 2 * sign)))
            for sign, at in ((1, 0), (-1, -1))
        ]
    return divide(concatenate([ends[0], inside, ends[1]], number), number_of(value.book, step))


def convolve(a: Value, v: Value, mode: Any = "full") -> Value:
    """The sums of a[k - i] v[i] of two vectors; `same` and `valid` leave ends out, as in NumPy.

    Raises:
        ShapeError: They are no vectors whose lengths are numbers.
        LanguageError: The mode is another one.
    """
    if mode not in MODES:
        raise LanguageError(f"convolve knows the modes {', '.join(MODES)}, not {mode!r}")
    if a.rank != 1 or v.rank != 1 or not (a.shape[0].is_Integer and v.shape[0].is_Integer):
        shapes = f"{shape_text(a.shape)} and {shape_text(v.shape)}"
        raise ShapeError(f"convolve takes two vectors whose lengths are numbers, got {shapes}")
    if v.shape[0] > a.shape[0]:
        a, v = v, a
    long, short = int(a.shape[0]), int(v.shape[0])
    v = v.book.named(v, "h").apart()
    wide = pad(a, short - 1) if short > 1 else a
    wide = wide.book.named(wide, "h")
    over = v.axes[0]
    place = a.book.index(long + short - 1)
    read = wide.at({wide.axes[0]: place + short - 1 - over}, (place, over)) if short > 1 else wide
    if short == 1:
        return multiply(a, select(v, 0))
    found = total(multiply(read, expand_dims(v, 0)), 1)
    first, last = {
        "full": (0, long + short - 1),
        "same": ((short - 1) // 2, (short - 1) // 2 + long),
        "valid": (short - 1, long),
    }[mode]
    return found if mode == "full" else select(found.book.named(found, "h"), slice(first, last))


def correlate(a: Value, v: Value, mode: Any = "valid") -> Value:
    """The sums of a[k + i] v[i] of two vectors."""
    return convolve(a, select(v.book.named(v, "h"), slice(None, None, -1)), mode)


def polyval(p: Value, x: Value) -> Value:
    """A polynomial at places, by Horner's rule; its coefficients are those of the highest power first."""
    if p.rank != 1 or not p.shape[0].is_Integer:
        raise ShapeError(f"polyval takes a vector of coefficients, got shape {shape_text(p.shape)}")
    p, x = p.book.named(p, "h"), x.book.named(x, "h")
    found = select(p, 0)
    for place in range(1, int(p.shape[0])):
        found = add(multiply(found, x), select(p, place))
    return found


def vander(x: Value, N: Any = None, increasing: Any = False) -> Value:
    """The powers of a vector's entries as columns, the highest first."""
    size = x.shape[0] if N is None else N
    count = whole_number(size, "the number of columns")
    x = x.book.named(x, "h")
    columns = [number_of(x.book, 1)]
    for _ in range(count - 1):
        columns.append(multiply(columns[-1], x))
    columns[0] = x.with_expr(sp.S.One, depth=0)
    return stack(columns if increasing else columns[::-1], -1)


def linspace(start: Value, stop: Value, num: Any = 50, endpoint: Any = True, axis: Any = 0) -> Value:
    """Numbers from start to stop, equally far apart."""
    count = whole_number(num, "the number of samples")
    if axis != 0 or count < 2:
        raise LanguageError("np.linspace is traced with its numbers along the first axis, two of them or more")
    place = start.book.index(sp.Integer(count))
    share = Value(start.book, place / (count - 1 if endpoint else count), (place,))
    start, stop = start.book.named(start), stop.book.named(stop)
    share = expand_dims(share, tuple(range(1, 1 + max(start.rank, stop.rank))))
    return add(start, multiply(subtract(stop, start), share))


def meshgrid(*values: Any, indexing: Any = "xy") -> list[Value]:
    """The coordinates of the points of a grid, one array for each of the vectors that span it."""
    ranks = range(len(values))
    order = [1, 0, *ranks[2:]] if indexing == "xy" and len(values) > 1 else list(ranks)
    shape = [values[number].shape[0] for number in order]
    found = []
    for number, value in enumerate(values):
        at = order.index(number)
        found.append(broadcast_to(expand_dims(value, tuple(n for n in ranks if n != at)), shape))
    return found


def cov(m: Value, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None) -> Value:
    """The covariances of the rows of a matrix, or its columns; the variance of a vector."""
    if y is not None:
        m = stack([m, y], 0)
    off = (0 if bias else 1) if ddof is None else whole_number(ddof, "ddof")
    if m.rank == 1:
        return variance(m, None, False, off)
    m = m if rowvar else matrix_transpose(m)
    m = m.book.named(m, "h")
    centred = m.book.named(subtract(m, mean(m, 1, True)), "h")
    return divide(matmul(centred, matrix_transpose(centred)), number_of(m.book, m.shape[1] - off))


def corrcoef(x: Value, y: Any = None, rowvar: Any = True) -> Value:
    """The correlations of the rows of a matrix, or its columns."""
    c = x.book.named(cov(x, y, rowvar), "h")
    spread = c.book.named(power(diagonal(c), number_of(c.book, sp.Rational(1, 2))), "s")
    return divide(c, outer(spread, spread))
