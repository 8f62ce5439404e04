"""An LSTM whose last state is classified: hand-written NumPy, features first and gates together, and its products."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


class Hand:
    """Loss and gradients in place; W, U and b hold the gates o, i, f, g one after the other.

    The samples are the last axis, so that every gate is one block of memory: the logistic gates are computed as one,
    and what arrives at i, f and g is one product with ∂E/∂c. The views of each step are made once. The logistic
    function is a hyperbolic tangent of half the argument in single precision, an exponential in double precision.
    """

    def __init__(self, features: int, units: int, classes: int, steps: int, batch: int, dtype: Any) -> None:
        T, N, H, F = steps, batch, units, features
        self.T, self.N, self.H, self.F = T, N, H, F
        self.single = dtype == np.float32
        self.x, self.ahead = np.empty((T, F, N), dtype), np.empty((T, 4 * H, N), dtype)
        self.z, self.b = np.empty((4 * H, N), dtype), np.empty((4 * H, N), dtype)
        self.gates = np.empty((T, 4 * H, N), dtype)
        self.h, self.c = np.zeros((T + 1, H, N), dtype), np.zeros((T + 1, H, N), dtype)
        self.tanh_c, self.slope_c = np.empty((T, H, N), dtype), np.empty((T, H, N), dtype)
        self.slope, self.dz = np.empty((T, 4 * H, N), dtype), np.empty((T, 4 * H, N), dtype)
        self.dh, self.dc, self.some = (np.empty((H, N), dtype) for _ in range(3))
        self.dz_all, self.h_all = np.empty((4 * H, T, N), dtype), np.empty((H, T, N), dtype)
        self.x_all = np.empty((T, N, F), dtype)
        self.dW, self.dU, self.db = np.empty((4 * H, F), dtype), np.empty((4 * H, H), dtype), np.empty(4 * H, dtype)
        self.s, self.p = np.empty((classes, N), dtype), np.empty((classes, N), dtype)
        self.row, self.ones, self.ones_all = np.empty(N, dtype), np.ones(N, dtype), np.ones(T * N, dtype)
        self.dV, self.dv = np.empty((classes, H), dtype), np.empty(classes, dtype)
        self._views()

    def _views(self) -> None:
        H = self.H
        o, i, f, g = (self.gates[:, n * H : n * H + H] for n in range(4))
        self.forwards = list(
            zip(self.ahead, self.h[:-1], self.gates, self.gates[:, : 3 * H], o, i, f, g,
                self.c[:-1], self.c[1:], self.tanh_c, self.h[1:], strict=True)
        )  # fmt: skip
        three = (self.T, 3, H, self.N)
        self.backwards = list(
            zip(self.dz, self.dz[:, :H], self.dz[:, H:].reshape(three), self.slope[:, :H],
                self.slope[:, H:].reshape(three), self.slope_c, f, strict=True)
        )[::-1]  # fmt: skip

    def forward(self, W: Array, U: Array, b: Array, V: Array, v: Array, x: Array, t: Array) -> float:
        z, some = self.z, self.some
        first, last = z[: 3 * self.H], z[3 * self.H :]
        self.x[...] = x.transpose(1, 2, 0)
        np.matmul(W, self.x, out=self.ahead)
        self.b[...] = b[:, None]
        self.ahead += self.b
        for ahead, before, gates, logistic, o, i, f, g, c, new, tanh_c, h in self.forwards:
            np.dot(U, before, out=z)
            z += ahead
            if self.single:
                first *= 0.5
                np.tanh(z, out=gates)
                logistic *= 0.5
                logistic += 0.5
            else:
                np.negative(first, out=logistic)
                np.exp(logistic, out=logistic)
                logistic += 1
                np.reciprocal(logistic, out=logistic)
                np.tanh(last, out=g)
            np.multiply(g, i, out=new)
            np.multiply(f, c, out=some)
            new += some
            np.tanh(new, out=tanh_c)
            np.multiply(o, tanh_c, out=h)
        s, row = self.s, self.row
        np.dot(V, self.h[-1], out=s)
        s += v[:, None]
        np.maximum.reduce(s, axis=0, out=row)
        s -= row
        np.exp(s, out=self.p)
        np.add.reduce(self.p, axis=0, out=row)
        np.log(row, out=row)
        return float(np.add.reduce(row) - np.vdot(t.T, s)) / self.N

    def slopes(self) -> None:
        """What the backward pass multiplies with, for all steps at once."""
        H, slope, gates = self.H, self.slope, self.gates
        logistic, g = gates[:, : 3 * H], gates[:, 3 * H :]
        np.subtract(1, logistic, out=slope[:, : 3 * H])
        slope[:, : 3 * H] *= logistic
        slope[:, :H] *= self.tanh_c
        slope[:, H : 2 * H] *= g
        slope[:, 2 * H : 3 * H] *= self.c[:-1]
        for tanh, out, factor in (
            (g, slope[:, 3 * H :], gates[:, H : 2 * H]),
            (self.tanh_c, self.slope_c, gates[:, :H]),
        ):
            np.square(tanh, out=out)
            np.subtract(1, out, out=out)
            out *= factor

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
        self.slopes()
        dc[...] = 0
        for dz, dz_o, dz_ifg, slope_o, slope_ifg, slope_c, f in self.backwards:
            np.multiply(dh, slope_c, out=some)
            dc += some
            np.multiply(dh, slope_o, out=dz_o)
            np.multiply(dc, slope_ifg, out=dz_ifg)
            dc *= f
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
