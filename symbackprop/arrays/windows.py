"""Convolutions and pools → reads at strided, padded and dilated places: what is outside an array is 0.

As in the deep learning libraries a convolution is a cross-correlation: the kernel is not turned round. An image has
axes (channels, height, width), a signal (channels, length), either with leading axes for samples.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.elementwise import add
from symbackprop.arrays.reductions import peak
from symbackprop.arrays.shaping import expand_dims
from symbackprop.arrays.values import CONTRACTED, REDUCED, Value, put, shape_text, whole_number
from symbackprop.errors import ShapeError
from symbackprop.expressions import Index, Total


def conv1d(x: Value, w: Value, b: Value | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Value:
    """Cross-correlation of (channels, length) with kernels (outputs, channels, width), and a bias for each output."""
    return _convolved(x, w, b, 1, stride, padding, dilation)


def conv2d(x: Value, w: Value, b: Value | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Value:
    """Cross-correlation of (channels, height, width) with kernels (outputs, channels, height, width), and a bias."""
    return _convolved(x, w, b, 2, stride, padding, dilation)


def _convolved(x: Value, w: Value, b: Value | None, rank: int, stride: Any, padding: Any, dilation: Any) -> Value:
    """Σ over channels and kernel places of w times x at the place."""
    book = x.book
    if x.rank < rank + 1 or w.rank != rank + 2 or x.shape[-rank - 1] != w.shape[1]:
        shapes = f"{shape_text(x.shape)} and {shape_text(w.shape)}"
        axes = "channels, length" if rank == 1 else "channels, height, width"
        help = f"the array is ({axes}), the kernel (outputs, {axes.replace('length', 'width')})"
        raise ShapeError(f"conv{rank}d cannot take arrays of shapes {shapes}", help=help)
    x, w = book.named(x).apart(), book.named(w).apart()
    channel, kernel = w.axes[1], w.axes[2:]
    places: dict[Index, Expr] = {x.axes[-rank - 1]: channel}
    out = []
    numbers = [
        _each(value, rank, what) for value, what in ((stride, "stride"), (padding, "padding"), (dilation, "dil"))
    ]
    for axis, k, step, pad, spread in zip(x.axes[-rank:], kernel, *numbers, strict=True):
        length = sp.floor((axis.size + 2 * pad - spread * (k.size - 1) - 1) / sp.Integer(step)) + 1
        if length.is_Integer and length < 1:
            raise ShapeError(f"the kernel of shape {shape_text(w.shape)} is longer than {shape_text(x.shape)}")
        index = book.index(length)
        out.append(index)
        places[axis] = step * index + spread * k - pad
    bound = [index for index in (channel, *kernel) if index.size != 1]
    body = put(w.number * put(x.number, places), {i: sp.S.Zero for i in (channel, *kernel) if i.size == 1})
    y = Value(book, Total(body, *bound), (*x.axes[: -rank - 1], w.axes[0], *out), CONTRACTED)
    return y if b is None else add(y, expand_dims(b, tuple(range(-rank, 0))) if b.rank == 1 else b)


def _each(value: Any, rank: int, what: str) -> list[int]:
    """A setting for each axis, or one for all."""
    each = value if isinstance(value, tuple | list) else (value,) * rank
    if len(each) != rank:
        raise ShapeError(f"{what} needs {rank} whole numbers, got {len(each)}")
    return [whole_number(one, what) for one in each]


def max_pool(x: Value, k: Any, stride: Any = None, *, rank: int) -> Value:
    """The largest entry of each window over the last axes."""
    body, axes, bound = _windows(x, k, stride, rank)
    return Value(x.book, peak(body, bound), axes, REDUCED)


def average_pool(x: Value, k: Any, stride: Any = None, *, rank: int) -> Value:
    """The mean of each window over the last axes."""
    body, axes, bound = _windows(x, k, stride, rank)
    count = sp.Mul(*(index.size for index in bound))
    return Value(x.book, Total(body, *bound) / count, axes, REDUCED)


def _windows(x: Value, k: Any, stride: Any, rank: int) -> tuple[Expr, tuple[Index, ...], tuple[Index, ...]]:
    """The entry at a place of a window, the axes of the windows, and the indices of the places."""
    if x.rank < rank:
        raise ShapeError(f"pooling needs {rank} axes, got shape {shape_text(x.shape)}")
    x = x.book.named(x).apart()
    widths = _each(k, rank, "the size of a window")
    steps = widths if stride is None else _each(stride, rank, "stride")
    table: dict[Index, Expr] = {}
    out, bound = [], []
    for axis, width, step in zip(x.axes[-rank:], widths, steps, strict=True):
        length = sp.floor((axis.size - width) / sp.Integer(step)) + 1
        if length.is_Integer and length < 1:
            raise ShapeError(f"a window of {width} is longer than {axis.size}, of shape {shape_text(x.shape)}")
        out.append(x.book.index(length))
        bound.append(x.book.index(width))
        table[axis] = step * out[-1] + bound[-1]
    axes = (*x.axes[:-rank], *out)
    windows = replace(x, axes=axes).at(table, axes)
    return windows.number, axes, tuple(bound)
