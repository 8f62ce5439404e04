"""Scaled dot-product attention of one sequence to itself, mean squared error: hand-written NumPy, and its products."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


class Hand:
    """Loss and gradients in place: queries, keys and values in one product, the scale folded into the queries."""

    def __init__(self, length: int, width: int, dtype: Any) -> None:
        self.scale = width**-0.5
        self.count = length * width
        self.width = width
        self.W = np.empty((3 * width, width), dtype)
        self.qkv = np.empty((3 * width, length), dtype)
        self.P, self.dP = np.empty((length, length), dtype), np.empty((length, length), dtype)
        self.y, self.d = np.empty((length, width), dtype), np.empty((length, width), dtype)
        self.row = np.empty(length, dtype)
        self.ones = np.ones(length, dtype)
        self.dqkv = np.empty_like(self.qkv)
        self.dW = np.empty_like(self.W)

    def forward(self, W: list[Array], x: Array, t: Array) -> float:
        n, P, row = self.width, self.P, self.row
        np.multiply(W[0], self.scale, out=self.W[:n])
        self.W[n : 2 * n] = W[1]
        self.W[2 * n :] = W[2]
        np.dot(self.W, x.T, out=self.qkv)
        q, k, v = self.qkv[:n], self.qkv[n : 2 * n], self.qkv[2 * n :]
        np.dot(q.T, k, out=P)
        np.maximum.reduce(P, axis=1, out=row)
        np.subtract(P, row[:, None], out=P)
        np.exp(P, out=P)
        np.dot(P, self.ones, out=row)
        np.divide(P, row[:, None], out=P)
        np.dot(P, v.T, out=self.y)
        np.subtract(self.y, t, out=self.d)
        return float(np.vdot(self.d, self.d)) / self.count

    def both(self, W: list[Array], x: Array, t: Array) -> float:
        loss = self.forward(W, x, t)
        n, P, dP, row, d = self.width, self.P, self.dP, self.row, self.d
        q, k, v = self.qkv[:n], self.qkv[n : 2 * n], self.qkv[2 * n :]
        d *= 2 / self.count
        np.dot(d, v, out=dP)
        np.vecdot(d, self.y, out=row)
        np.subtract(dP, row[:, None], out=dP)
        np.multiply(dP, P, out=dP)
        np.dot(d.T, P, out=self.dqkv[2 * n :])
        np.dot(k, dP.T, out=self.dqkv[:n])
        np.dot(q, dP, out=self.dqkv[n : 2 * n])
        np.dot(self.dqkv, x, out=self.dW)
        self.dW[:n] *= self.scale
        return loss


class Products:
    """The matrix products of the same shapes, and nothing else."""

    def __init__(self, length: int, width: int, dtype: Any) -> None:
        rng = np.random.default_rng(0)

        def some(*shape: int) -> Array:
            return rng.standard_normal(shape).astype(dtype)

        n, m = length, width
        x, q, P = some(n, m), some(n, m), some(n, n)
        self.pairs = [(some(3 * m, m), x.T, some(3 * m, n)), (q, some(n, m).T, some(n, n)), (P, some(n, m), some(n, m))]
        self.pairs += [(q, some(n, m).T, some(n, n)), (P.T, q, some(n, m)), (P, q, some(n, m)), (P.T, q, some(n, m))]
        self.pairs += [(some(3 * m, n), x, some(3 * m, m))]

    def both(self) -> None:
        for left, right, out in self.pairs:
            np.dot(left, right, out=out)
