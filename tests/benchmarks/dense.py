"""Dense networks: hand-written NumPy for loss and gradients, in place, and its products alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

Array = Any


class Hand:
    """relu layers, softmax and cross-entropy for a batch; everything preallocated, features of the last layer first."""

    def __init__(self, sizes: tuple[int, ...], batch: int, dtype: Any) -> None:
        self.layers = len(sizes) - 1
        outputs = sizes[1:]
        self.a = [np.empty((batch, n), dtype) for n in outputs[:-1]]
        self.mask = [np.empty((batch, n), bool) for n in outputs[:-1]]
        self.d = [np.empty((batch, n), dtype) for n in outputs[:-1]]
        self.z, self.p = np.empty((outputs[-1], batch), dtype), np.empty((outputs[-1], batch), dtype)
        self.row = np.empty(batch, dtype)
        self.ones = np.ones(batch, dtype)
        self.dW = [np.empty((n, m), dtype) for m, n in zip(sizes, outputs, strict=False)]
        self.db = [np.empty(n, dtype) for n in outputs]
        self.batch = batch

    def forward(self, W: list[Array], b: list[Array], x: Array, t: Array) -> float:
        a = x
        for layer in range(self.layers - 1):
            out = self.a[layer]
            np.dot(a, W[layer].T, out=out)
            out += b[layer]
            np.maximum(out, 0, out=out)
            a = out
        z, p, row = self.z, self.p, self.row
        np.dot(W[-1], a.T, out=z)
        z += b[-1][:, None]
        np.maximum.reduce(z, axis=0, out=row)
        z -= row
        np.exp(z, out=p)
        np.add.reduce(p, axis=0, out=row)
        np.log(row, out=row)
        # Σ t (z - log Σ exp z), where the targets of a sample add up to 1.
        return float(np.add.reduce(row) - np.vdot(t.T, z)) / self.batch

    def both(self, W: list[Array], b: list[Array], x: Array, t: Array) -> float:
        loss = self.forward(W, b, x, t)
        p, row = self.p, self.row
        np.exp(row, out=row)
        p /= row
        p -= t.T
        p *= 1 / self.batch
        below = self.a[-1] if self.a else x
        np.dot(p, below, out=self.dW[-1])
        np.dot(p, self.ones, out=self.db[-1])
        d: Array = p.T
        for layer in range(self.layers - 2, -1, -1):
            out, a = self.d[layer], self.a[layer]
            np.dot(d, W[layer + 1], out=out)
            np.greater(a, 0, out=self.mask[layer])
            out *= self.mask[layer]
            np.dot(out.T, self.a[layer - 1] if layer else x, out=self.dW[layer])
            np.dot(self.ones, out, out=self.db[layer])
            d = out
        return loss


class HandSingle:
    """The same for a single sample: vectors, and outer products by `np.dot`."""

    def __init__(self, sizes: tuple[int, ...], dtype: Any) -> None:
        self.layers = len(sizes) - 1
        self.a = [np.empty(n, dtype) for n in sizes[1:]]
        self.d = [np.empty(n, dtype) for n in sizes[1:]]
        self.mask = [np.empty(n, bool) for n in sizes[1:]]
        self.dW = [np.empty((n, m), dtype) for m, n in pairwise(sizes)]

    def forward(self, W: list[Array], b: list[Array], x: Array, t: Array) -> float:
        a = x[0]
        for layer in range(self.layers):
            out = self.a[layer]
            np.dot(W[layer], a, out=out)
            out += b[layer]
            if layer < self.layers - 1:
                np.maximum(out, 0, out=out)
            a = out
        top = a.max()
        a -= top
        p = self.d[-1]
        np.exp(a, out=p)
        self.total = p.sum()
        return float(np.log(self.total) - np.dot(t[0], a))

    def both(self, W: list[Array], b: list[Array], x: Array, t: Array) -> float:
        loss = self.forward(W, b, x, t)
        d = self.d[-1]
        d /= self.total
        d -= t[0]
        for layer in range(self.layers - 1, -1, -1):
            below = self.a[layer - 1] if layer else x[0]
            np.dot(d[:, None], below[None, :], out=self.dW[layer])
            if layer:
                out = self.d[layer - 1]
                np.dot(d, W[layer], out=out)
                np.greater(below, 0, out=self.mask[layer - 1])
                out *= self.mask[layer - 1]
                d = out
        return loss


class Products:
    """The matrix products of the same shapes, and nothing else."""

    def __init__(self, sizes: tuple[int, ...], batch: int, dtype: Any) -> None:
        rng = np.random.default_rng(0)
        self.pairs: list[tuple[Array, Array, Array]] = []
        self.forward_pairs: list[tuple[Array, Array, Array]] = []
        for layer, (m, n) in enumerate(pairwise(sizes)):
            a, d = (rng.standard_normal((batch, k)).astype(dtype) for k in (m, n))
            W, dW = rng.standard_normal((n, m)).astype(dtype), np.empty((n, m), dtype)
            z, below = np.empty((batch, n), dtype), np.empty((batch, m), dtype)
            self.forward_pairs.append((a, W.T, z))
            self.pairs += [(a, W.T, z), (d.T, a, dW)]
            if layer:
                self.pairs.append((d, W, below))

    def both(self) -> None:
        for left, right, out in self.pairs:
            np.dot(left, right, out=out)
