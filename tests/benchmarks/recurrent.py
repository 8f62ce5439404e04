"""An LSTM whose last state is classified: hand-written NumPy, features first and gates together, and its products."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


class Hand:
    """Loss and gradients in place; W, U and b hold the gates i, f, o, g one after the other.

    The samples are the last axis, so that every gate is one block of memory. The logistic function is a hyperbolic
    tangent of half the argument in single precision, and an exponential in double precision.
    """

    def __init__(self, features: int, units: int, classes: int, steps: int, batch: int, dtype: Any) -> None:
        T, N, H, F = steps, batch, units, features
        self.T, self.N, self.H, self.F = T, N, H, F
        self.single = dtype == np.float32
        self.z = np.empty((T, 4 * H, N), dtype)
        self.part = np.empty((4 * H, N), dtype)
        self.h, self.c = np.zeros((T + 1, H, N), dtype), np.zeros((T + 1, H, N), dtype)
        self.tanh_c = np.empty((T, H, N), dtype)
        self.slope, self.slope_c = np.empty((T, 4 * H, N), dtype), np.empty((T, H, N), dtype)
        self.dz = np.empty((T, 4 * H, N), dtype)
        self.dh, self.dc, self.some = (np.empty((H, N), dtype) for _ in range(3))
        self.dz_all = np.empty((4 * H, T, N), dtype)
        self.x_all = np.empty((T, N, F), dtype)
        self.h_all = np.empty((H, T, N), dtype)
        self.dW, self.dU, self.db = np.empty((4 * H, F), dtype), np.empty((4 * H, H), dtype), np.empty(4 * H, dtype)
        self.s, self.p = np.empty((classes, N), dtype), np.empty((classes, N), dtype)
        self.row, self.ones, self.ones_all = np.empty(N, dtype), np.ones(N, dtype), np.ones(T * N, dtype)
        self.dV, self.dv = np.empty((classes, H), dtype), np.empty(classes, dtype)

    def forward(self, W: Array, U: Array, b: Array, V: Array, v: Array, x: Array, t: Array) -> float:
        H, part = self.H, self.part
        np.matmul(W, x.transpose(1, 2, 0), out=self.z)
        self.z += b[:, None]
        for step in range(self.T):
            z, c, new = self.z[step], self.c[step], self.c[step + 1]
            np.dot(U, self.h[step], out=part)
            z += part
            gates = z[: 3 * H]
            if self.single:
                gates *= 0.5
                np.tanh(z, out=z)
                gates *= 0.5
                gates += 0.5
            else:
                np.negative(gates, out=gates)
                np.exp(gates, out=gates)
                gates += 1
                np.reciprocal(gates, out=gates)
                np.tanh(z[3 * H :], out=z[3 * H :])
            np.multiply(z[:H], z[3 * H :], out=new)
            np.multiply(z[H : 2 * H], c, out=part[:H])
            new += part[:H]
            np.tanh(new, out=self.tanh_c[step])
            np.multiply(z[2 * H : 3 * H], self.tanh_c[step], out=self.h[step + 1])
        s, row = self.s, self.row
        np.dot(V, self.h[-1], out=s)
        s += v[:, None]
        np.maximum.reduce(s, axis=0, out=row)
        s -= row
        np.exp(s, out=self.p)
        np.add.reduce(self.p, axis=0, out=row)
        np.log(row, out=row)
        return float(np.add.reduce(row) - np.vdot(t.T, s)) / self.N

    def both(self, W: Array, U: Array, b: Array, V: Array, v: Array, x: Array, t: Array) -> float:
        loss = self.forward(W, U, b, V, v, x, t)
        H, T, N, p, row = self.H, self.T, self.N, self.p, self.row
        np.exp(row, out=row)
        p /= row
        p -= t.T
        p *= 1 / N
        np.dot(p, self.h[-1].T, out=self.dV)
        np.dot(p, self.ones, out=self.dv)
        dh, dc, some = self.dh, self.dc, self.some
        np.dot(V.T, p, out=dh)
        np.subtract(1, self.z[:, : 3 * H], out=self.slope[:, : 3 * H])
        self.slope[:, : 3 * H] *= self.z[:, : 3 * H]
        np.square(self.z[:, 3 * H :], out=self.slope[:, 3 * H :])
        np.subtract(1, self.slope[:, 3 * H :], out=self.slope[:, 3 * H :])
        np.square(self.tanh_c, out=self.slope_c)
        np.subtract(1, self.slope_c, out=self.slope_c)
        self.slope_c *= self.z[:, 2 * H : 3 * H]
        dc[...] = 0
        for step in range(T - 1, -1, -1):
            z, dz = self.z[step], self.dz[step]
            np.multiply(dh, self.slope_c[step], out=some)
            dc += some
            np.multiply(dc, z[3 * H :], out=dz[:H])
            np.multiply(dc, self.c[step], out=dz[H : 2 * H])
            np.multiply(dh, self.tanh_c[step], out=dz[2 * H : 3 * H])
            np.multiply(dc, z[:H], out=dz[3 * H :])
            dz *= self.slope[step]
            dc *= z[H : 2 * H]
            if step:
                np.dot(U.T, dz, out=dh)
        self.dz_all[...] = self.dz.transpose(1, 0, 2)
        self.x_all[...] = x.transpose(1, 0, 2)
        self.h_all[...] = self.h[:-1].transpose(1, 0, 2)
        dz_all = self.dz_all.reshape(4 * H, T * N)
        np.dot(dz_all, self.x_all.reshape(T * N, self.F), out=self.dW)
        np.dot(dz_all, self.h_all.reshape(H, T * N).T, out=self.dU)
        np.dot(dz_all, self.ones_all, out=self.db)
        return loss


class Products:
    """The matrix products of the same shapes, and nothing else."""

    def __init__(self, features: int, units: int, classes: int, steps: int, batch: int, dtype: Any) -> None:
        rng = np.random.default_rng(0)

        def some(*shape: int) -> Array:
            return rng.standard_normal(shape).astype(dtype)

        T, N, H, F = steps, batch, units, features
        self.all = [
            (some(4 * H, F), some(T * N, F).T, some(4 * H, T * N)),
            (some(4 * H, T * N), some(T * N, F), some(4 * H, F)),
        ]
        self.all += [(some(4 * H, T * N), some(H, T * N).T, some(4 * H, H))]
        self.all += [
            (some(classes, H), some(H, N), some(classes, N)),
            (some(classes, N), some(H, N).T, some(classes, H)),
        ]
        self.all += [(some(classes, H).T, some(classes, N), some(H, N))]
        U = some(4 * H, H)
        self.steps = [(U, some(H, N), some(4 * H, N)) for _ in range(T)] + [
            (U.T, some(4 * H, N), some(H, N)) for _ in range(T - 1)
        ]

    def both(self) -> None:
        for left, right, out in self.all:
            np.dot(left, right, out=out)
        for left, right, out in self.steps:
            np.dot(left, right, out=out)
