"""Products that sum over shared axes → sums of products: `@`, dot, outer, einsum, tensordot, trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.broadcasting import common_shape
from symbackprop.arrays.elementwise import multiply
from symbackprop.arrays.shaping import ravel
from symbackprop.arrays.values import CONTRACTED, PLAIN, Value, axis_number, put, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Delta, Index, Read, Total
from symbackprop.matrices import Inverse

if TYPE_CHECKING:
    from symbackprop.arrays.lifting import Lifting

MOST_FACTORS = 3


def matmul(a: Value, b: Value) -> Value:
    """a @ b, with leading axes broadcast.

    Raises:
        ShapeError: The inner sizes differ; the message has both shapes and the transpose that would fit.
    """
    if not a.rank or not b.rank:
        raise ShapeError("@ needs arrays with one axis at least", help="write * to multiply by a number")
    a, b = factor(a), factor(b)
    b = b.apart()
    row, column = a.axes[-1], b.axes[-2 if b.rank > 1 else -1]
    if row.size != column.size:
        raise _mismatch("@", a, b)
    leading = common_shape([a.shape[:-2], b.shape[:-2]])
    axes = tuple(a.book.index(size) for size in leading)
    left, right = _batched(a, axes), _batched(b, axes)
    inner = a.book.like(row)
    expr = contracted(a.book, [put(left, {row: inner}), put(right, {column: inner})], (inner,))
    own = (*a.axes[-2:-1], *(b.axes[-1:] if b.rank > 1 else ()))
    return Value(a.book, expr, (*axes, *own), CONTRACTED)


def _batched(value: Value, axes: tuple[Index, ...]) -> Expr:
    """The entry of a value with its leading axes renamed to common ones."""
    leading = value.axes[:-2]
    common = axes[len(axes) - len(leading) :]
    return put(
        value.number,
        {own: sp.S.Zero if own.size == 1 and new.size != 1 else new for own, new in zip(leading, common, strict=True)},
    )


def _mismatch(operation: str, a: Value, b: Value) -> ShapeError:
    """The error for inner sizes that differ."""
    shapes = f"{shape_text(a.shape)} {operation} {shape_text(b.shape)}"
    left, right = (shape_text(value.shape) for value in (a, b))
    help = ""
    rows = b.shape[-2] if b.rank > 1 else b.shape[0]
    if b.rank == 2 and a.shape[-1] == b.shape[1]:
        help = f"the transpose of the array of shape {right} would fit: .T"
    elif a.rank == 2 and a.shape[0] == rows:
        help = f"the transpose of the array of shape {left} would fit: .T"
    elif a.rank <= 2 and b.rank <= 2 and (b.rank == 1 or b.shape[1] == a.shape[0]):
        help = f"in the other order they would fit: {right} {operation} {left}" if b.shape[-1] == a.shape[0] else ""
    return ShapeError(f"inner sizes {a.shape[-1]} and {rows} differ in {shapes}", help=help)


def factor(value: Value) -> Value:
    """A factor of a contraction: a tensor where it is due a name, or is a long product itself."""
    if value.unit or (len(sp.Mul.make_args(_opened(value.number)[1])) > MOST_FACTORS - 1 and value.depth):
        return value.book.named(value)
    rest = _opened(value.number)[2]
    plain = all(isinstance(part, Read | Delta | Inverse) or part.is_Symbol for part in sp.Mul.make_args(rest))
    return value if plain or isinstance(rest, Total) or not value.axes else value.book.named(value)


def _opened(expr: Expr) -> tuple[Expr, Expr, Expr]:
    """c Σ body → c, body, Σ body; anything else is its own body."""
    number, rest = expr.as_coeff_Mul()
    return (number, rest.body, rest) if isinstance(rest, Total) else (number, rest, rest)


def contracted(book: Lifting, factors: Sequence[Expr], over: Sequence[Index]) -> Expr:
    """Σ over indices of a product; sums among the factors are opened, so that one sum is over all."""
    numbers, bodies, bound = [], [], list(over)
    for number, body, whole in map(_opened, factors):
        # The same sum may be a factor twice.
        fresh = {index: book.like(index) for index in (whole.bound if isinstance(whole, Total) else ())}
        numbers.append(number)
        bodies.append(put(body, dict(fresh)))
        bound += fresh.values()
    long = [index for index in bound if index.size != 1]
    body = put(sp.Mul(*bodies), {index: sp.S.Zero for index in bound if index.size == 1 and index in over})
    rest = [index for index in bound if index.size == 1 and index not in over]
    number, inner = body.as_coeff_Mul()
    unused = [index for index in long if index not in inner.free_symbols]
    used = [index for index in (*long, *rest) if index not in unused]
    return sp.Mul(*numbers, number, *(index.size for index in unused), Total(inner, *used))


def dot(a: Value, b: Value) -> Value:
    """NumPy's dot: of two vectors, of matrices, or with a number."""
    if not a.rank or not b.rank:
        return multiply(a, b)
    if b.rank <= 2:
        return matmul(a, b)
    if a.shape[-1] != b.shape[-2]:
        raise _mismatch("dot", a, b)
    return tensordot(a, b, ((a.rank - 1,), (b.rank - 2,)))


def inner(a: Value, b: Value) -> Value:
    """The sum of products over the last axes."""
    return tensordot(a, b, ((-1,), (-1,))) if a.rank and b.rank else multiply(a, b)


def outer(a: Value, b: Value) -> Value:
    """Every product of an entry of a with one of b; arrays of other than one axis are taken as all of their entries."""
    a, b = (one if one.rank == 1 else ravel(one) for one in (a, b))
    a, b = factor(a), factor(b).apart()
    return Value(a.book, a.number * b.number, (*a.axes, *b.axes), max(a.depth, b.depth))


def tensordot(a: Value, b: Value, axes: Any = 2) -> Value:
    """The sum of products over pairs of axes.

    Raises:
        ShapeError: The sizes of a pair differ.
    """
    if isinstance(axes, tuple | list):
        ones, others = (one if isinstance(one, tuple | list) else (one,) for one in axes)
    else:
        count = whole_number(axes, "axes")
        ones, others = tuple(range(a.rank - count, a.rank)), tuple(range(count))
    left = [axis_number(axis, a.rank, "the first array") for axis in ones]
    right = [axis_number(axis, b.rank, "the second array") for axis in others]
    a, b = factor(a).apart(), factor(b).apart()
    pairs = [(a.axes[i], b.axes[j]) for i, j in zip(left, right, strict=True)]
    for one, other in pairs:
        if one.size != other.size:
            raise ShapeError(
                f"sizes {one.size} and {other.size} differ in {shape_text(a.shape)}, {shape_text(b.shape)}"
            )
    expr = contracted(
        a.book, [a.number, put(b.number, {other: one for one, other in pairs})], [one for one, _ in pairs]
    )
    free = [index for number, index in enumerate(a.axes) if number not in left]
    free += [index for number, index in enumerate(b.axes) if number not in right]
    return Value(a.book, expr, tuple(free), CONTRACTED if pairs else PLAIN)


def trace(value: Value, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Value:
    """The sum of the diagonal."""
    opened = isinstance(_opened(value.number)[2], Total) and not value.unit
    spot = diagonal(value, offset, axis1, axis2, named=not opened)
    index = spot.axes[-1]
    return Value(value.book, contracted(value.book, [spot.number], (index,)), spot.axes[:-1], CONTRACTED)


def diagonal(value: Value, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, *, named: bool = True) -> Value:
    """The entries whose two indices are equal, or differ by an offset, along a new last axis.

    Raises:
        ShapeError: There are no two axes, or of sizes that differ.
    """
    if value.rank < 2:
        raise ShapeError(f"a diagonal needs two axes, got shape {shape_text(value.shape)}")
    first, second = (axis_number(axis, value.rank, "this array") for axis in (axis1, axis2))
    shift = whole_number(offset, "offset")
    value = (factor(value) if named else value).apart()
    rows, columns = value.axes[first], value.axes[second]
    if rows.size != columns.size and not (rows.size.is_Integer and columns.size.is_Integer):
        raise ShapeError(f"the diagonal of shape {shape_text(value.shape)} has an unknown length")
    down, right = max(-shift, 0), max(shift, 0)
    length = rows.size - abs(shift) if rows.size == columns.size else min(rows.size - down, columns.size - right)
    index = value.book.index(length)
    axes = (*(axis for axis in value.axes if axis not in (rows, columns)), index)
    return value.at({rows: index + down, columns: index + right}, axes)


def einsum(spec: Any, *values: Value) -> Value:
    """The sum of products that a specification such as "ij,jk->ik" describes.

    Raises:
        LanguageError: The specification is not one.
        ShapeError: A letter has two sizes.
    """
    if not isinstance(spec, str):
        raise LanguageError("einsum takes its specification, such as 'ij,jk->ik', and then arrays")
    inputs, arrow, output = spec.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(values):
        raise LanguageError(f"einsum {spec!r} describes {len(terms)} arrays, got {len(values)}")
    names = [_letters(term, value, spec) for term, value in zip(terms, values, strict=True)]
    flat = [name for each in names for name in each]
    spread = sorted({name for name in flat if len(name) > 1}, key=lambda name: -int(name[3:]))
    if arrow:
        wanted = [*output.replace("...", "")] if "..." not in output else _output(output, spread)
    else:
        wanted = [*spread, *sorted(name for name in set(flat) if flat.count(name) == 1 and len(name) == 1)]
    if len(set(wanted)) < len(wanted) or not set(wanted) <= set(flat):
        raise LanguageError(f"einsum {spec!r}: the result has an axis twice, or one that no array has")
    return _summed(spec, names, [factor(value).apart() for value in values], wanted)


def _output(output: str, spread: list[str]) -> list[str]:
    before, _, after = output.partition("...")
    return [*before, *spread, *after]


def _letters(term: str, value: Value, spec: str) -> list[str]:
    """The name of each axis of one array: its letter, or ...n for the n-th from the end of those in an ellipsis."""
    before, dots, after = term.partition("...")
    hidden = value.rank - len(before) - len(after)
    if (not (before + after).isalpha() and before + after) or hidden < 0 or (hidden and not dots):
        raise LanguageError(f"einsum {spec!r}: {term!r} does not describe an array of shape {shape_text(value.shape)}")
    return [*before, *(f"...{hidden - n}" for n in range(hidden)), *after]


def _summed(spec: str, names: list[list[str]], values: list[Value], wanted: list[str]) -> Value:
    book = values[0].book
    indices: dict[str, Index] = {}
    for letters, value in zip(names, values, strict=True):
        for name, axis in zip(letters, value.axes, strict=True):
            known = indices.get(name)
            if known is None or known.size == 1:
                indices[name] = book.index(axis.size, name if len(name) == 1 and name.islower() else "i")
            elif axis.size not in (1, known.size):
                raise ShapeError(f"{name!r} in einsum {spec!r} has the sizes {known.size} and {axis.size}")
    parts = []
    for letters, value in zip(names, values, strict=True):
        pairs = zip(letters, value.axes, strict=True)
        table = {
            axis: sp.S.Zero if axis.size == 1 and indices[name].size != 1 else indices[name] for name, axis in pairs
        }
        parts.append(put(value.number, table))
    over = [index for name, index in indices.items() if name not in wanted]
    result = Value(book, contracted(book, parts, over), tuple(indices[name] for name in wanted), CONTRACTED)
    return result if over else replace(result, depth=max(value.depth for value in values))
