"""Straight lines and C against code by hand, and training against PyTorch: `python -m tests.benchmarks.scalars`.

Both sides run in one process, one after the other in each round; the ratio is the median over the rounds. PyTorch is
measured where it is installed.
"""

from __future__ import annotations

import ctypes
import os

os.environ["OMP_NUM_THREADS"] = "1"

from collections.abc import Callable
from importlib.util import find_spec
from math import exp
from statistics import median
from time import thread_time

import numpy as np

import symbackprop as sb
from symbackprop.native import FAST, FLAGS, compiled
from symbackprop.pipeline import loaded
from symbackprop.targets import floats_text

POINT = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.05, 0.1, 0.01, 0.99)
SMALL = """
#include <math.h>
double hand(const double *restrict p, const double *restrict d, double *restrict g) {
  double h1 = 1 / (1 + exp(-(p[0] * d[0] + p[1] * d[1] + p[4])));
  double h2 = 1 / (1 + exp(-(p[2] * d[0] + p[3] * d[1] + p[4])));
  double o1 = 1 / (1 + exp(-(p[5] * h1 + p[6] * h2 + p[9]))), o2 = 1 / (1 + exp(-(p[7] * h1 + p[8] * h2 + p[9])));
  double e1 = o1 - d[2], e2 = o2 - d[3], d1 = e1 * o1 * (1 - o1), d2 = e2 * o2 * (1 - o2);
  double g1 = (d1 * p[5] + d2 * p[7]) * h1 * (1 - h1), g2 = (d1 * p[6] + d2 * p[8]) * h2 * (1 - h2);
  g[0] = g1 * d[0]; g[1] = g1 * d[1]; g[2] = g2 * d[0]; g[3] = g2 * d[1]; g[4] = g1 + g2;
  g[5] = d1 * h1; g[6] = d1 * h2; g[7] = d2 * h1; g[8] = d2 * h2; g[9] = d1 + d2;
  return 0.5 * (e1 * e1 + e2 * e2);
}
double many(int n, const double *p, const double *d, double *g) {
  double s = 0;
  for (int i = 0; i < n; i++) s += hand(p, d, g);
  return s;
}
"""
# With 512 bits GCC takes three times as long for it.
LARGE = """
#if defined(__AVX512F__) && !defined(__clang__)
#pragma GCC target("prefer-vector-width=256")
#endif
#include <math.h>
static float z[128], a[128], delta[128];
static float row(const float *restrict u, const float *restrict v, int n) {
  float s[8] = {0}, r = 0;
  int i = 0;
  for (; i + 8 <= n; i += 8) for (int k = 0; k < 8; k++) s[k] += u[i + k] * v[i + k];
  for (; i < n; i++) r += u[i] * v[i];
  for (int k = 0; k < 8; k++) r += s[k];
  return r;
}
float once(const float *restrict p, const float *restrict d, float *restrict g) {
  const float *W1 = p, *b1 = W1 + 100352, *W2 = b1 + 128, *b2 = W2 + 1280, *x = d, *t = d + 784;
  float *g1 = g, *c1 = g1 + 100352, *g2 = c1 + 128, *c2 = g2 + 1280, y[10], top = -1e30f, sum = 0, E = 0;
  for (int j = 0; j < 128; j++) { z[j] = row(W1 + 784 * j, x, 784) + b1[j]; a[j] = z[j] > 0 ? z[j] : 0; delta[j] = 0; }
  for (int k = 0; k < 10; k++) { y[k] = row(W2 + 128 * k, a, 128) + b2[k]; if (y[k] > top) top = y[k]; }
  for (int k = 0; k < 10; k++) sum += expf(y[k] - top);
  for (int k = 0; k < 10; k++) {
    const float l = y[k] - top - logf(sum), e = expf(l) - t[k];
    E -= t[k] * l; c2[k] = e;
    for (int j = 0; j < 128; j++) { g2[128 * k + j] = e * a[j]; delta[j] += e * W2[128 * k + j]; }
  }
  for (int j = 0; j < 128; j++) {
    if (!(z[j] > 0)) delta[j] = 0;
    c1[j] = delta[j];
    for (int i = 0; i < 784; i++) g1[784 * j + i] = delta[j] * x[i];
  }
  return E;
}
"""


def by_hand(w1, w2, w3, w4, b1, w5, w6, w7, w8, b2, x1, x2, t1, t2):  # type: ignore[no-untyped-def]
    """Mazur's network as one would write it for speed."""
    h1 = 1.0 / (1.0 + exp(-(w1 * x1 + w2 * x2 + b1)))
    h2 = 1.0 / (1.0 + exp(-(w3 * x1 + w4 * x2 + b1)))
    o1 = 1.0 / (1.0 + exp(-(w5 * h1 + w6 * h2 + b2)))
    o2 = 1.0 / (1.0 + exp(-(w7 * h1 + w8 * h2 + b2)))
    e1, e2 = o1 - t1, o2 - t2
    d1, d2 = e1 * o1 * (1.0 - o1), e2 * o2 * (1.0 - o2)
    g1, g2 = (d1 * w5 + d2 * w7) * h1 * (1.0 - h1), (d1 * w6 + d2 * w8) * h2 * (1.0 - h2)
    first = 0.5 * (e1 * e1 + e2 * e2), g1 * x1, g1 * x2, g2 * x1, g2 * x2, g1 + g2
    return (*first, d1 * h1, d1 * h2, d2 * h1, d2 * h2, d1 + d2)


def compare(what: str, calls: int, ours: Callable[[], object], hand: Callable[[], object], rounds: int = 31) -> None:
    """Print the time of one call of each, and their ratio."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        start = thread_time()
        ours()
        middle = thread_time()
        hand()
        times.append((middle - start, thread_time() - middle))
    one, other = (median(pair[side] for pair in times) / calls * 1e9 for side in (0, 1))
    print(f"{what:<34} {one:>10.1f} ns {other:>10.1f} ns   ratio {median(a / b for a, b in times):.3f}")


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """The address of an array."""
    return ctypes.c_void_p(array.ctypes.data)


def in_floats() -> None:
    """Straight lines in Python."""
    ours = loaded(floats_text(sb.derive("mazur").stages), "floats").loss_and_grad_floats
    n = range(5000)
    compare("2-2-2, Python floats", len(n), lambda: [ours(*POINT) for _ in n], lambda: [by_hand(*POINT) for _ in n])


def in_c() -> None:
    """Straight lines and loops in C."""
    code = sb.derive("mazur").native()
    bound = code.bind(code.parameters(), np.array([0.05, 0.1]), np.array([0.01, 0.99]))
    loop = (
        "\ndouble many(int n, const mazur_params *p, const mazur_data *d, mazur_params *g) {\n"
        "static mazur_work w; double s = 0;\n"
        "for (int i = 0; i < n; ++i) s += mazur_loss_and_grad(p, d, g, &w);\nreturn s; }"
    )
    calls = [ctypes.CDLL(str(compiled(text, [*FLAGS, *FAST]))).many for text in (code.text + loop, SMALL)]
    given = [pointer(array) for array in (bound.params, bound._data, bound.grads)]
    compare("2-2-2, C", 20_000, lambda: calls[0](20_000, *given), lambda: calls[1](20_000, *given))
    d = sb.derive("784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy")
    rng = np.random.default_rng(1)
    point = d.compile().initialize(1), rng.standard_normal((1, 784)), np.eye(10)[[3]]
    bound, copy = (d.native("float32").bind(*point) for _ in range(2))
    hand = ctypes.CDLL(str(compiled(LARGE, [*FLAGS, *FAST]))).once
    given = [pointer(array) for array in (bound.params, bound._data, copy.grads)]
    compare("784-128-10, batch 1, float32, C", 50, lambda: [bound.run() for _ in range(50)],
            lambda: [hand(*given) for _ in range(50)])  # fmt: skip


def against_torch(steps: int = 10_000) -> None:
    """Training of Mazur's network."""
    import torch

    torch.set_num_threads(1)
    train = loaded(floats_text(sb.derive("mazur").stages), "floats").train_floats
    W1, W2 = (
        torch.tensor(w, dtype=torch.float64, requires_grad=True)
        for w in ([[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]])
    )
    x, t = (torch.tensor(v, dtype=torch.float64) for v in ([0.05, 0.1], [0.01, 0.99]))
    start = thread_time()
    for _ in range(steps // 5):
        (0.5 * ((t - torch.sigmoid(W2 @ torch.sigmoid(W1 @ x + 0.35) + 0.6)) ** 2).sum()).backward()
        with torch.no_grad():
            for w in (W1, W2):
                w -= 0.5 * w.grad
                w.grad = None
    theirs = (thread_time() - start) * 5
    start = thread_time()
    train(steps, *POINT)
    ours = thread_time() - start
    print(
        f"{steps:,} training steps: floats {ours * 1e3:.1f} ms, PyTorch {theirs * 1e3:.0f} ms, "
        f"{theirs / ours:.0f} times"
    )


if __name__ == "__main__":
    print(f"{'':<34} {'ours':>13} {'by hand':>13}")
    in_floats()
    in_c()
    if find_spec("torch") is not None:
        against_torch()
