"""An LSTM whose last state is classified: hand-written NumPy, features first and gates together, and its products."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


class Hand:
    """Loss and gradients in place; W, U and b hold the gates o, i, f, g one after the other.

    The samples are the last axis, so that every gate is one block of memory, and the logistic gates, and what arrives
    at i, f and g, are one operation each. One array holds what a step is given from outside, then what its gates are
    multiplied with on the way back, then the errors of its gates. The factors of logistic gates, 1/2 in single
    precision, where they are hyperbolic tangents, and -1 in double precision, are put into their weights. No product is
    made with the state before the first step. NumPy takes numbers of its own type faster than Python's.
    """

    def __init__(self, features: int, units: int, classes: int, steps: int, batch: int, dtype: Any) -> None:
        T, N, H, F = steps, batch, units, features
        self.T, self.N, self.H, self.F = T, N, H, F
        self.single = dtype == np.float32
        self.factor, self.half, self.one = (np.array(n, dtype) for n in (0.5 if self.single else -1, 0.5, 1))
        self.rows, self.x = np.empty((T, N, F), dtype), np.ones((T, F + 1, N), dtype)
        self.Wb, self.U = np.empty((4 * H, F + 1), dtype), np.empty((4 * H, H), dtype)
        self.dz, self.z = np.empty((T, 4 * H, N), dtype), np.empty((5 * H, N), dtype)
        self.h, self.f, self.slope_c = (np.empty((T, H, N), dtype) for _ in range(3))
        self.parts, self.tanh_c = np.empty((3 * H, N), dtype), np.empty((H, N), dtype)
        self.dh, self.dc = np.empty((H, N), dtype), np.empty((H, N), dtype)
        self.dz_all, self.h_all = np.empty((4 * H, T, N), dtype), np.empty((H, T - 1, N), dtype)
        self.dW, self.dU, self.db = np.empty((4 * H, F), dtype), np.empty((4 * H, H), dtype), np.empty(4 * H, dtype)
        self.s, self.p = np.empty((classes, N), dtype), np.empty((classes, N), dtype)
        self.row, self.ones, self.ones_all = np.empty(N, dtype), np.ones(N, dtype), np.ones(T * N, dtype)
        self.dV, self.dv = np.empty((classes, H), dtype), np.empty(classes, dtype)
        three = (T, 3, H, N)
        given = (self.dz, self.dz[:, : 3 * H], self.dz[:, 3 * H :])
        self.forwards = list(zip(np.roll(np.arange(T), 1), *given, self.h, self.f, self.slope_c, strict=True))
        apart = (self.dz[:, :H], self.dz[:, H:].reshape(three))
        self.backwards = list(zip(range(T), self.dz, *apart, self.f, self.slope_c, strict=True))[::-1]

    def products(self, W: Array, U: Array, b: Array, x: Array) -> None:
        """What all steps are given from outside, with the factors of the logistic gates in the weights."""
        first = slice(3 * self.H)
        for kept, given in ((self.Wb[:, :-1], W), (self.Wb[:, -1], b), (self.U, U)):
            kept[...] = given
            kept[first] *= self.factor
        self.rows[...] = x.transpose(1, 0, 2)
        self.x[:, :-1] = self.rows.transpose(0, 2, 1)
        np.matmul(self.Wb, self.x, out=self.dz)

    def steps(self, back: bool) -> None:
        """All steps; if the way back follows, with what it multiplies by, while the gates are at hand."""
        H, whole, parts, tanh_c, half, one = self.H, self.z, self.parts, self.tanh_c, self.half, self.one
        z, logistic, (o, i, f, g, c) = whole[: 4 * H], whole[: 3 * H], whole.reshape(5, H, self.N)
        i_f, g_c, h, products, (_, ig, fc) = (
            whole[H : 3 * H],
            whole[3 * H :],
            parts[:H],
            parts[H:],
            parts.reshape(3, H, -1),
        )
        c[...] = 0
        for step, (before, given, given_logistic, given_g, state, kept_f, slope_c) in enumerate(self.forwards):
            if step:
                np.dot(self.U, self.h[before], out=z)
                z += given
            else:
                z[...] = given
            if self.single:
                np.tanh(z, out=z)
                logistic *= half
                logistic += half
            else:
                np.exp(logistic, out=logistic)
                logistic += one
                np.divide(one, logistic, out=logistic)
                np.tanh(g, out=g)
            np.multiply(i_f, g_c, out=products)
            np.add(ig, fc, out=c)
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=h)
            state[...] = h
            if back:
                kept_f[...] = f
                tanh_c *= h
                np.subtract(o, tanh_c, out=slope_c)
                np.subtract(one, logistic, out=given_logistic)
                given_logistic *= parts
                np.multiply(ig, g, out=given_g)
                np.subtract(i, given_g, out=given_g)

    def forward(
        self, W: Array, U: Array, b: Array, V: Array, v: Array, x: Array, t: Array, back: bool = False
    ) -> float:
        self.products(W, U, b, x)
        self.steps(back)
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
        loss = self.forward(W, U, b, V, v, x, t, back=True)
        H, T, N, p, row, dh, dc = self.H, self.T, self.N, self.p, self.row, self.dh, self.dc
        np.exp(row, out=row)
        p /= row
        p -= t.T
        p *= 1 / N
        np.dot(p, self.h[-1].T, out=self.dV)
        np.dot(p, self.ones, out=self.dv)
        np.dot(V.T, p, out=dh)
        dc[...] = 0
        for step, dz, dz_o, dz_ifg, f, slope_c in self.backwards:
            slope_c *= dh
            dc += slope_c
            dz_o *= dh
            dz_ifg *= dc
            if step:
                dc *= f
                np.dot(U.T, dz, out=dh)
        self.dz_all[...] = self.dz.transpose(1, 0, 2)
        self.h_all[...] = self.h[:-1].transpose(1, 0, 2)
        dz_all = self.dz_all.reshape(4 * H, T * N)
        np.dot(dz_all, self.rows.reshape(T * N, self.F), out=self.dW)
        np.dot(dz_all[:, N:], self.h_all.reshape(H, -1).T, out=self.dU)
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
