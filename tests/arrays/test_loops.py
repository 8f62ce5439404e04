"""Loops in Python are recurrences and sums in the graph; what they compute is what they computed."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.arrays.loops import with_totals, without_copies
from symbackprop.expressions import Index, Read, tensors_read
from symbackprop.graph import Equation

STEPS = 14


def recurrent(W, U, b, x, y):
    h = np.zeros(3)
    for t in range(STEPS):
        z = W @ x[t] + U @ h + b
        h = np.tanh(z)
    return ((h - y) ** 2).sum()


def given_state(W, U, x, y, h0):
    h, loss = h0, 0.0
    for t in range(STEPS):
        h = np.tanh(W @ x[t] + U @ h)
        loss = loss + ((h - y[t]) ** 2).sum()
    return loss


def backwards(U, x, y):
    h, hs = np.ones(3), []
    for t in reversed(range(STEPS)):
        h = np.tanh(x[t] + U @ h)
        hs.append(h)
    return ((np.stack(hs[::-1]) - y) ** 2).mean()


def advantages(v, r):
    adv, loss = 0.0, 0.0
    for t in reversed(range(STEPS)):
        delta = r[t] + 0.99 * v[t + 1] - v[t]
        adv = delta + 0.99 * 0.95 * adv
        loss = loss + adv**2
    return loss


def selective_scan(A, B, C, x, dt, y):
    h, ys = np.zeros((3, 2)), []
    for t in range(STEPS):
        h = np.exp(dt[t][:, None] * A) * h + dt[t][:, None] * B[t][None, :] * x[t][:, None]
        ys.append((h * C[t]).sum(1))
    return ((np.stack(ys) - y) ** 2).mean()


def second_order(a, c):
    x = [a[0], a[1] * c]
    for t in range(2, STEPS):
        x.append(np.sin(c * x[-1] - 0.3 * x[-2]) + a[t])
    return sum(v**2 for v in x)


def forward_algorithm(A, O, p):
    al = p + O[0]
    for t in range(1, STEPS):
        al = np.log(np.exp(al[:, None] + A).sum(0)) + O[t]
    return -np.log(np.exp(al).sum())


def filtered(q, r, z, F, H):
    x, P, ll = np.zeros(3), np.eye(3), 0.0
    for t in range(STEPS):
        x = F @ x
        P = F @ P @ F.T + np.diag(q**2)
        S = H @ P @ H + r**2
        K = P @ H / S
        e = z[t] - H @ x
        x = x + K * e
        P = P - np.outer(K, H @ P)
        ll = ll + 0.5 * (np.log(S) + e**2 / S)
    return ll


def trained(w, X, y):
    m, v = np.zeros(3), np.zeros(3)
    for t in range(1, STEPS):
        g = X.T @ (X @ w - y) / 5
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g * g
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-3)
    return ((X @ w - y) ** 2).mean()


def discounted(z, r):
    s = 0.0
    for t in range(STEPS):
        s = s + 0.9**t * (z[t] ** 2).sum() * r[t]
    return s


def begun_like_a_step(w, v):
    h, s = np.tanh(v), 0.0
    for _ in range(STEPS):
        a = np.tanh(w @ h) + v
        h = np.tanh(a)
        s = s + h[0] * a[1]
    return (h * v).sum() + s


def ring(u):
    for _ in range(STEPS):
        u = u + 0.1 * (np.roll(u, 1) - 2 * u + np.roll(u, -1))
    return (u**2).sum() + np.exp(u[0])


def runge_kutta(x, k):
    for _ in range(10):
        k1 = np.tanh(k @ x)
        k2 = np.tanh(k @ (x + 0.05 * k1))
        k3 = np.tanh(k @ (x + 0.05 * k2))
        k4 = np.tanh(k @ (x + 0.1 * k3))
        x = x + 0.1 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return (x**2).sum()


def pendulum(x, k):
    v, e = 0.0, 0.0
    for _ in range(STEPS):
        v = v - 0.1 * k * np.sin(x)
        x = x + 0.1 * v
        e = e + x * x
    return e


def nested(W, x):
    out = 0.0
    for b in range(9):
        h = np.zeros(3)
        for t in range(10):
            h = np.tanh(W @ h + x[b, t])
        out += (h**2).sum()
    return out


def relaxed(W, x):
    h = np.zeros(3)
    for t in range(10):
        h = np.tanh(W @ h + x[t])
        for k in range(8):
            h = 0.5 * np.sin(h + x[k])
    return (h**2).sum()


def appended(U, x):
    h, hs = np.zeros(3), []
    for t in range(STEPS):
        h = np.tanh(x[t] + U @ h)
        hs.append(h)
    hs.append(np.sin(h))
    return np.log(np.exp(np.stack(hs)).sum())


def listed(x):
    return sum([np.tanh(x[t]).sum() * x[t, 0] for t in range(STEPS)])


T = STEPS
# Each with the shapes of what it is given, and how many equations are left.
LOOPS = [
    (recurrent, {"W": (3, 2), "U": (3, 3), "b": 3, "x": (T, 2), "y": 3}, 3),
    (given_state, {"W": (3, 2), "U": (3, 3), "x": (T, 2), "y": (T, 3), "h0": 3}, 4),
    (backwards, {"U": (3, 3), "x": (T, 3), "y": (T, 3)}, 7),
    (advantages, {"v": T + 1, "r": T}, 3),
    (selective_scan, {"A": (3, 2), "B": (T, 2), "C": (T, 2), "x": (T, 3), "dt": (T, 3), "y": (T, 3)}, 4),
    (second_order, {"a": T, "c": ()}, 10),
    (forward_algorithm, {"A": (3, 3), "O": (T, 3), "p": 3}, 4),
    (filtered, {"q": 3, "r": (), "z": T, "F": (3, 3), "H": 3}, 17),
    (trained, {"w": 3, "X": (5, 3), "y": 5}, 8),
    (discounted, {"z": (T, 3), "r": T}, 1),
    (begun_like_a_step, {"w": (3, 3), "v": 3}, 7),
    (ring, {"u": 12}, 5),
    (runge_kutta, {"x": 2, "k": (2, 2)}, 14),
    (pendulum, {"x": (), "k": ()}, 5),
    (nested, {"W": (3, 3), "x": (9, 10, 3)}, 6),
    (relaxed, {"W": (3, 3), "x": (10, 3)}, 20),
    (appended, {"U": (3, 3), "x": (T, 3)}, 5),
    (listed, {"x": (T, 3)}, 1),
]


@pytest.mark.parametrize(("function", "shapes", "equations"), LOOPS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_loop_is_a_recurrence_of_the_same_value_and_gradient(function, shapes, equations):
    derived = sb.derive(function, wrt=list(shapes), **shapes)
    assert len(derived.stages.graph.equations) <= equations
    rng = np.random.default_rng(0)
    point = {name: rng.uniform(0.2, 0.7, size=shape) for name, shape in shapes.items()}
    for style in ("readable", "fast"):
        loss, grads = derived.compile(style).loss_and_grad(point)
        assert loss == pytest.approx(function(**point), rel=1e-9)
        for name, value in point.items():
            way = rng.standard_normal(np.shape(value))
            ends = [function(**{**point, name: value + step * way}) for step in (1e-6, -1e-6)]
            assert np.sum(grads[name] * way) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-6)


def equations(function, **shapes):
    graph = sb.derive(function, **shapes).stages.graph
    return [str(equation) for equation in graph.equations]


def test_the_steps_are_written_as_in_a_textbook():
    assert equations(recurrent, W=(3, 2), U=(3, 3), b=3, x=(T, 2), y=3, wrt=["W"]) == [
        "z[t, i] = b[i] + sum(U[i, j]*h[t - 1, j], j) + sum(W[i, j]*x[t, j], j)",
        "h[t, i] = tanh(z[t, i])",
        "E = sum((-y[i] + h[13, i])**2, i)",
    ]


def test_a_loop_that_counts_down_reads_the_step_behind():
    assert equations(advantages, v=T + 1, r=T, wrt=["v"]) == [
        "delta[t] = r[t] - v[t] + 99*v[t + 1]/100",
        "adv[t] = 1881*adv[t + 1]/2000 + delta[t]",
        "loss = sum(adv[t]**2, t)",
    ]


def test_what_stands_before_the_first_step_has_a_name():
    found = equations(given_state, W=(3, 2), U=(3, 3), x=(T, 2), y=(T, 3), h0=3, wrt=["W"])
    assert found[0] == "h1[t, i] = [t = 0]*h0[i] + h2[t - 1, i]"
    assert found[-1] == "loss = sum((h2[t, i] - y[t, i])**2, t, i)"


def test_numbers_of_steps_are_a_rule_or_a_table():
    assert equations(discounted, z=(T, 3), r=T) == ["s = sum((9/10)**t*r[t]*sum(z[t, j]**2, j), t)"]

    def doubly(z):
        s, weight = 0.0, 1.0
        for t in range(STEPS):
            s, weight = s + weight * np.tanh(z[t]), weight * 0.95
        return s

    assert equations(doubly, z=T) == ["s = sum((19/20)**t*tanh(z[t]), t)"]

    def weighted(z):
        return sum(w * np.tanh(z[n]) for n, w in enumerate([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]))

    (found,) = equations(weighted, z=10)
    assert found.count("tanh") == 10, "numbers that follow no rule stay as they are in a sum"
    derived = sb.derive(trained, w=3, X=(5, 3), y=5)
    tables = [tensor.value for tensor in derived.stages.graph.tensors.values() if tensor.role == "constant"]
    assert [len(table) for table in tables] == [13, 13]


def test_few_steps_stay_as_they_are():
    def short(W, x):
        h = np.zeros(3)
        for t in range(4):
            h = np.tanh(W @ h + x[t])
        return h.sum()

    assert len(equations(short, W=(3, 3), x=(4, 3))) > 4


def test_steps_that_are_read_one_by_one_are_no_recurrence():
    def table(D):
        R = {}
        for i in range(9):
            for j in range(9):
                before = [R[p] for p in ((i - 1, j), (i, j - 1)) if p in R]
                R[i, j] = D[i, j] + np.tanh(sum(before))
        return R[8, 8]

    derived = sb.derive(table, D=(9, 9))
    point = {"D": np.random.default_rng(1).normal(size=(9, 9))}
    loss, grads = derived.compile().loss_and_grad(point)
    assert loss == pytest.approx(table(**point))
    moved = point["D"].copy()
    moved[2, 3] += 1e-6
    assert grads["D"][2, 3] == pytest.approx((table(moved) - loss) / 1e-6, rel=1e-4)


def test_loops_in_loops_of_which_each_step_is_used_in_its_own_way():
    def each(x, W):
        hs = []
        for b in range(9):
            h = np.zeros(2)
            for t in range(9):
                h = np.tanh(W @ h + x[b, t])
            hs.append(h)
        ways = [np.sin, np.cos, np.tanh, np.exp, np.arctan, np.sinh, np.cosh, np.sqrt, np.log]
        return sum(way(2 + h.sum()) for way, h in zip(ways, hs, strict=True))

    derived = sb.derive(each, x=(9, 9, 2), W=(2, 2), wrt=["W"])
    rng = np.random.default_rng(2)
    x, W, way = rng.normal(size=(9, 9, 2)) / 3, rng.normal(size=(2, 2)) / 2, rng.normal(size=(2, 2))
    loss, grads = derived.compile().loss_and_grad({"W": W}, x=x)
    assert loss == pytest.approx(each(x, W))
    ends = [each(x, W + step * way) for step in (1e-6, -1e-6)]
    assert np.sum(grads["W"] * way) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def test_a_sum_whose_end_alone_is_read_is_a_sum():
    t = Index("t", 5)
    running = Equation("c", (t,), Read("c", t - 1) + Read("x", t) ** 2)
    end = Equation("E", (), Read("c", 4) * 2)
    assert [str(one) for one in with_totals([running, end])] == ["E = 2*sum(x[t]**2, t)"]
    more = Equation("d", (t,), Read("d", t - 1) + Read("c", 4) * Read("y", t))
    (both,) = with_totals([running, more, Equation("E", (), Read("d", 4))])
    assert {*tensors_read(both.rhs)} == {"x", "y"}, "a sum that reads another"
    other = Equation("E", (), Read("c", 4) * Read("c", 2))
    assert with_totals([running, other]) == (running, other)


def test_copies_are_read_through():
    i = Index("i", 3)
    copy, end = Equation("b", (i,), Read("a", i)), Equation("E", (), Read("b", 1) ** 2)
    assert [str(one) for one in without_copies([copy, end])] == ["E = a[1]**2"]
    assert without_copies([Equation("E", (), Read("a"))]) == (Equation("E", (), Read("a")),)
