"""Filters of 3 x 3, relu, the largest of 2 x 2, and a classifier: hand-written NumPy in phases, and its products."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


class Hand:
    """Loss and gradients in place, one channel.

    A pool of 2 x 2 takes the largest of four phases of the convolution, each read at every second place. All four are
    one product of sixteen shifted images with filters that have zeros where a phase does not read; the largest is then
    taken of four blocks. Bias and relu, which keep the order, follow after it. The samples are the last axis.
    """

    def __init__(self, size: int, filters: int, classes: int, batch: int, dtype: Any) -> None:
        n = (size - 2) // 2
        self.n, self.N, self.filters, self.batch = n, batch, filters, batch
        M = n * n * batch
        self.image = np.empty((size, size, batch), dtype)
        self.shifted = np.empty((4, 4, n, n, batch), dtype)
        self.W = np.zeros((2, 2, filters, 4, 4), dtype)
        self.dW16 = np.empty((4 * filters, 16), dtype)
        self.z = np.empty((4, filters, M), dtype)
        self.y, self.two = np.empty((filters, M), dtype), np.empty((filters, M), dtype)
        self.V = np.empty((classes, filters, n * n), dtype)
        self.dV_own = np.empty((classes, filters * n * n), dtype)
        self.dV = np.empty((classes, n * n, filters), dtype)
        self.dy = np.empty((filters, M), dtype)
        self.alive, self.hit = np.empty((filters, M), bool), np.empty((filters, M), bool)
        self.dz = np.empty((4, filters, M), dtype)
        self.s, self.p = np.empty((classes, batch), dtype), np.empty((classes, batch), dtype)
        self.row, self.ones, self.ones_all = np.empty(batch, dtype), np.ones(batch, dtype), np.ones(M, dtype)
        self.dv, self.db = np.empty(classes, dtype), np.empty(filters, dtype)
        self.dW = np.empty((filters, 3, 3), dtype)

    def forward(self, W: Array, b: Array, V: Array, v: Array, x: Array, t: Array) -> float:
        n, k = self.n, self.filters
        self.image[...] = x[..., 0].transpose(1, 2, 0)
        for p in range(4):
            for q in range(4):
                self.shifted[p, q] = self.image[p : p + 2 * n : 2, q : q + 2 * n : 2]
        for p in range(2):
            for q in range(2):
                self.W[p, q, :, p : p + 3, q : q + 3] = W[..., 0]
        np.dot(self.W.reshape(4 * k, 16), self.shifted.reshape(16, -1), out=self.z.reshape(4 * k, -1))
        z, y = self.z, self.y
        np.maximum(z[0], z[1], out=y)
        np.maximum(z[2], z[3], out=self.two)
        np.maximum(y, self.two, out=self.two)
        np.add(self.two, b[:, None], out=y)
        np.maximum(y, 0, out=y)
        self.V[...] = V.reshape(-1, n * n, k).transpose(0, 2, 1)
        s, row = self.s, self.row
        np.dot(self.V.reshape(len(V), -1), y.reshape(-1, self.batch), out=s)
        s += v[:, None]
        np.maximum.reduce(s, axis=0, out=row)
        s -= row
        np.exp(s, out=self.p)
        np.add.reduce(self.p, axis=0, out=row)
        np.log(row, out=row)
        return float(np.add.reduce(row) - np.vdot(t.T, s)) / self.batch

    def both(self, W: Array, b: Array, V: Array, v: Array, x: Array, t: Array) -> float:
        loss = self.forward(W, b, V, v, x, t)
        p, row, y, dy, k = self.p, self.row, self.y, self.dy, self.filters
        np.exp(row, out=row)
        p /= row
        p -= t.T
        p *= 1 / self.batch
        np.dot(p, self.ones, out=self.dv)
        np.dot(p, y.reshape(-1, self.batch).T, out=self.dV_own)
        self.dV[...] = self.dV_own.reshape(len(V), k, -1).transpose(0, 2, 1)
        np.dot(self.V.reshape(len(V), -1).T, p, out=dy.reshape(-1, self.batch))
        alive = self.alive
        np.greater(y, 0, out=alive)
        dy *= alive
        np.dot(dy, self.ones_all, out=self.db)
        for phase in range(4):
            # The first of equal ones takes the slope, as a maximum does that is written with an index.
            np.equal(self.z[phase], self.two, out=self.hit)
            self.hit &= alive
            alive ^= self.hit
            np.multiply(dy, self.hit, out=self.dz[phase])
        dz = self.dz.reshape(4 * k, -1)
        np.dot(dz, self.shifted.reshape(16, -1).T, out=self.dW16)
        total = np.zeros((k, 3, 3), self.dW.dtype)
        for p in range(2):
            for q in range(2):
                total += self.dW16.reshape(2, 2, k, 4, 4)[p, q, :, p : p + 3, q : q + 3]
        self.dW[...] = total
        return loss


class Products:
    """The matrix products of an im2col form, nine columns, and nothing else."""

    def __init__(self, size: int, filters: int, classes: int, batch: int, dtype: Any) -> None:
        rng = np.random.default_rng(0)

        def some(*shape: int) -> Array:
            return rng.standard_normal(shape).astype(dtype)

        M, K = (size - 2) ** 2 * batch, ((size - 2) // 2) ** 2 * filters
        self.pairs = [
            (some(filters, 9), some(9, M), some(filters, M)),
            (some(filters, M), some(9, M).T, some(filters, 9)),
        ]
        self.pairs += [(some(batch, K), some(classes, K).T, some(batch, classes))]
        self.pairs += [
            (some(batch, classes).T, some(batch, K), some(classes, K)),
            (some(batch, classes), some(classes, K), some(batch, K)),
        ]

    def both(self) -> None:
        for left, right, out in self.pairs:
            np.dot(left, right, out=out)
