"""Equations of every kind: derived, lowered, emitted and run, they give what their indexed forms say."""

from types import ModuleType

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbackprop.backward import backward
from symbackprop.binding import bind, size_expression
from symbackprop.catalog import OPTIMIZERS
from symbackprop.emit.fast.module import fast_body
from symbackprop.emit.module import emit_module
from symbackprop.expressions import Index
from symbackprop.graph import Fact, Graph, Tensor
from symbackprop.language import parse_equations
from symbackprop.lower import lower
from symbackprop.lower.training import lower_update
from symbackprop.optimize import optimize
from symbackprop.optimize.updates import in_place
from symbackprop.program import Training
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph


def graph_of(shapes, equations, ranges=None, whole=(), data=()):
    """A graph of parameters of these shapes (`whole` and `data` are given, not learnt) and equations for E."""
    tensors = {}
    for name, shape in shapes.items():
        indices = tuple(Index("ijklmnpq"[axis], length) for axis, length in enumerate(shape))
        role = "constant" if name in (*whole, *data) else "parameter"
        tensors[name] = Tensor(name, role, indices, facts=(Fact("integer"),) if name in whole else ())
    statements = parse_equations(equations)
    sizes = {letter: size_expression(str(size), {}) for letter, size in (ranges or {}).items()}
    known = dict(tensors)
    for statement in statements:
        if all(index.name in sizes for index in statement.indices):
            # A recurrence reads its tensor before it is defined.
            indices = tuple(Index(index.name, sizes[index.name]) for index in statement.indices)
            known.setdefault(statement.tensor, Tensor(statement.tensor, "hidden", indices))
    bound = []
    for statement in statements:
        used = {symbol.name for symbol in statement.rhs.atoms(sp.Symbol)} | {i.name for i in statement.indices}
        own = {letter: size for letter, size in sizes.items() if letter in used}
        equation = bind(statement, known, statement.tensor, own)
        role = "loss" if statement is statements[-1] else "hidden"
        tensors[statement.tensor] = known[statement.tensor] = Tensor(statement.tensor, role, equation.indices)
        bound.append(equation)
    return Graph("zoo", tensors, tuple(bound), {}, ("user",) * len(bound))


def module_of(derivation, style="readable"):
    training = Training("sgd", lower_update(OPTIMIZERS["sgd"]), settings={"learning_rate": "0.1"})
    program = lower(derivation)
    if style == "readable":
        text = emit_module(derivation, program, training=training, checks=(), network_hash="")
    else:
        moves = in_place(training)
        text = fast_body(derivation, program, optimize(program), training=training, moves=moves)
    module = ModuleType("zoo")
    exec(compile(text, "zoo", "exec"), module.__dict__)
    return text, module


def values_of(graph, seed=0):
    rng = np.random.default_rng(seed)
    found = {}
    for tensor in graph.with_role("parameter", "constant"):
        shape = tuple(int(size) for size in tensor.shape)
        found[tensor.name] = rng.integers(0, 4, shape) if tensor.facts else rng.normal(size=shape)
    return found


def check(graph, precision=np.float64):
    derivation = simplify(backward(graph))
    for style in ("fast", "readable"):
        text = check_style(derivation, graph, style, precision)
    return text


def check_style(derivation, graph, style, precision):
    text, module = module_of(derivation, style)
    values = {
        name: value if value.dtype.kind == "i" else value.astype(precision) for name, value in values_of(graph).items()
    }
    known = evaluate_graph(graph, values)
    adjoints = evaluate_adjoints(derivation, known)
    params = {tensor.name: values[tensor.name] for tensor in graph.parameters}
    data = [values[tensor.name] for tensor in graph.with_role("constant")]
    loss, grads = module.loss_and_grad(params, *data)
    error = 1e-11 if precision is np.float64 else 2e-4
    assert loss == pytest.approx(float(known[graph.loss.name]), rel=error, abs=error)
    for name, gradient in grads.items():
        expected = adjoints[derivation.adjoint_of[name]] if name in derivation.adjoint_of else np.zeros_like(gradient)
        assert np.all(np.isfinite(expected))
        np.testing.assert_allclose(gradient, expected, rtol=error, atol=error, err_msg=text)
        assert gradient.dtype == precision, text
    return text


SUM = "E = sum(c[t] * sin(y[t]), t)"
SUM2 = "E = sum(c[t, j] * sin(y[t, j]), t, j)"
ZOO = {
    "convolution": ({"W": (3,), "x": (9,), "c": (4,)}, f"y[t] = sum(W[p] * x[2*t + p], p)\n{SUM}", {"t": 4}),
    "remainder": ({"W": (3,), "x": (8,), "c": (3,)}, f"y[t] = sum(W[p] * x[2*t + p], p)\n{SUM}", {"t": 3}),
    "padded": ({"W": (3,), "x": (5,), "c": (5,)}, f"y[t] = sum(W[p] * x[t + p - 1], p)\n{SUM}", {"t": 5}),
    "dilated": ({"W": (3,), "x": (9,), "c": (5,)}, f"y[t] = sum(W[p] * x[t + 2*p], p)\n{SUM}", {"t": 5}),
    "dilated and strided": ({"W": (3,), "x": (11,), "c": (4,)}, f"y[t] = sum(W[p]*x[2*t + 2*p], p)\n{SUM}", {"t": 4}),
    "transposed": ({"W": (3,), "x": (4,), "c": (9,)}, f"y[t] = sum(W[t - 2*k] * x[k], k)\n{SUM}", {"t": 9}),
    "reversed": ({"x": (5,), "c": (5,)}, f"y[t] = x[4 - t]\n{SUM}", {"t": 5}),
    "two dimensions": (
        {"W": (2, 3, 3, 2), "x": (5, 6, 2), "c": (3, 4, 2), "b": (2,)},
        "y[t, u, o] = sum(W[o, p, q, k] * x[t + p, u + q, k], p, q, k) + b[o]\n"
        "E = sum(c[t, u, o] * sin(y[t, u, o]), t, u, o)",
        {"t": 3, "u": 4},
    ),
    "groups": (
        {"W": (2, 3, 3, 2), "x": (6, 4), "c": (4, 2, 3)},
        "y[t, g, o] = sum(W[g, o, p, k] * x[t + p, 2*g + k], p, k)\nE = sum(c[t, g, o] * sin(y[t, g, o]), t, g, o)",
        {"t": 4},
    ),
    "groups by quotient": (
        {"W": (4, 3, 2), "x": (6, 4), "c": (4, 4)},
        f"y[t, j] = sum(W[j, p, k] * x[t + p, j // 2 * 2 + k], p, k)\n{SUM2}",
        {"t": 4},
    ),
    "max pooling": ({"x": (8,), "c": (4,)}, f"y[t] = max(x[2*t + p], p)\n{SUM}", {"t": 4, "p": 2}),
    "a maximum over an index that cancels": (
        {"V": (3, 4), "v": (3,), "c": (3,)},
        f"y[t] = max(v[t] + 0 * V[t, k], k) + sum(V[t, k], k)\n{SUM}",
        {"t": 3},
    ),
    "overlapping max pooling": ({"x": (8,), "c": (3,)}, f"y[t] = max(x[2*t + p], p)\n{SUM}", {"t": 3, "p": 3}),
    "padded max pooling": ({"x": (4,), "c": (3,)}, f"y[t] = max(x[2*t + p - 1], p)\n{SUM}", {"t": 3, "p": 2}),
    "max pooling in two dimensions": (
        {"x": (4, 7), "c": (2, 3)},
        "y[t, u] = max(x[2*t + p, 2*u + q], p, q)\nE = sum(c[t, u] * sin(y[t, u]), t, u)",
        {"t": 2, "u": 3, "p": 2, "q": 2},
    ),
    "mean pooling": ({"x": (8,), "c": (4,)}, f"y[t] = mean(x[2*t + p], p)\n{SUM}", {"t": 4, "p": 2}),
    "flattened": (
        {"x": (2, 3, 2), "W": (4, 12)},
        "y[i] = sum(where(i == 6*h + 2*w + c, x[h, w, c], 0), h, w, c)\n"
        "z[j] = sum(W[j, i] * y[i], i)\nE = sum(sin(z[j]), j)",
        {"i": 12},
    ),
    "unflattened": (
        {"x": (12,), "c": (2, 3, 2)},
        "y[h, w, k] = x[6*h + 2*w + k]\nE = sum(c[h, w, k] * sin(y[h, w, k]), h, w, k)",
        {"h": 2, "w": 3, "k": 2},
    ),
    "heads": (
        {"q": (3, 4), "k": (5, 4), "c": (2, 3, 5)},
        "y[h, t, u] = sum(q[t, 2*h + d] * k[u, 2*h + d], d)\nE = sum(c[h, t, u] * sin(y[h, t, u]), h, t, u)",
        {"h": 2, "d": 2},
    ),
    "a diagonal beside the diagonal": ({"A": (4, 5), "c": (4,)}, f"y[t] = A[t, t + 1]\n{SUM}", {"t": 4}),
    "a diagonal that leaves its range": ({"A": (4, 4), "c": (4,)}, f"y[t] = A[t, t + 1]\n{SUM}", {"t": 4}),
    "a trace": ({"A": (3, 3), "B": (3, 3)}, "E = sum(A[i, j] * B[j, i], i, j) * sum(A[k, k], k)", {}),
    "embedding": (
        {"W": (5, 3), "token": (4,), "c": (4, 3)},
        "y[t, j] = W[token[t], j]\n" + SUM2,
        {},
        ("token",),
    ),
    "two tables at once": (
        {"W": (4, 4, 3), "token": (5,), "place": (5,), "c": (5, 3)},
        "y[t, j] = W[token[t], place[t], j]\n" + SUM2,
        {},
        ("token", "place"),
    ),
    "a label for each sample": (
        {"z": (4, 5), "label": (4,)},
        "p[s, j] = exp(z[s, j]) / sum(exp(z[s, k]), k)\nE = -sum(log(p[s, label[s]]), s)",
        {},
        ("label",),
    ),
    "recurrence": (
        {"W": (3, 2), "U": (3, 3), "b": (3,), "x": (4, 2), "c": (4, 3)},
        "z[t, j] = sum(W[j, i] * x[t, i], i) + sum(U[j, k] * h[t-1, k], k) + b[j]\nh[t, j] = tanh(z[t, j])\n"
        "E = sum(c[t, j] * h[t, j], t, j)",
        {"t": 4, "j": 3},
    ),
    "recurrence with a first state": (
        {"W": (3, 2), "U": (3, 3), "h0": (3,), "x": (4, 2), "c": (3,)},
        "z[t, j] = sum(W[j, i]*x[t, i], i) + sum(U[j, k] * where(t > 0, h[t-1, k], h0[k]), k)\n"
        "h[t, j] = tanh(z[t, j])\nE = sum(c[j] * h[3, j], j)",
        {"t": 4, "j": 3},
    ),
    "recurrence over two steps": (
        {"a": (3,), "x": (5, 3), "c": (5, 3)},
        "h[t, j] = tanh(a[j] * h[t-1, j] + 0.5 * h[t-2, j] + x[t, j])\nE = sum(c[t, j] * h[t, j], t, j)",
        {"t": 5, "j": 3},
    ),
    "recurrence from the end": (
        {"a": (3,), "x": (5, 3), "c": (5, 3)},
        "h[t, j] = tanh(a[j] * h[t+1, j] + x[t, j])\nE = sum(c[t, j] * h[t, j], t, j)",
        {"t": 5, "j": 3},
    ),
    "softmax of what precedes": (
        {"q": (3, 2), "k": (3, 2), "v": (3, 2), "c": (3, 2)},
        "S[t, u] = sum(q[t, i] * k[u, i], i) / sqrt(2)\n"
        "P[t, u] = exp(where(u <= t, S[t, u], -1000)) / sum(exp(where(w <= t, S[t, w], -1000)), w)\n"
        "O[t, i] = sum(P[t, u] * v[u, i], u)\nE = sum(c[t, i] * sin(O[t, i]), t, i)",
        {},
    ),
    "batch normalisation": (
        {"x": (4, 3), "g": (3,), "b": (3,), "c": (4, 3)},
        "m[j] = mean(x[s, j], s)\nv[j] = mean((x[s, j] - m[j])**2, s)\n"
        "y[s, j] = g[j] * (x[s, j] - m[j]) / sqrt(v[j] + 0.01) + b[j]\nE = sum(c[s, j] * sin(y[s, j]), s, j)",
        {},
    ),
    "tied": (
        {"W": (2, 3), "x": (3,)},
        "h[j] = tanh(sum(W[j, i] * x[i], i))\ny[i] = sum(W[j, i] * h[j], j)\nE = sum((y[i] - x[i])**2, i)",
        {},
    ),
    "reductions": ({"z": (5,)}, "E = logsumexp(z[i], i) + norm(z[i], i) + max(z[i], i)", {}),
}


@pytest.mark.parametrize("precision", [np.float64, np.float32])
@pytest.mark.parametrize("name", ZOO)
def test_emitted_code_is_the_derivation(name, precision):
    check(graph_of(*ZOO[name]), precision)


def test_what_is_a_slice_or_a_reshape_is_printed_as_one():
    for name in ("flattened", "unflattened", "heads", "groups by quotient"):
        text = check(graph_of(*ZOO[name]))
        assert "reshape(" in text
        assert not any(f"def {helper}" in text for helper in ("window", "accumulate", "scatter")) or "groups" in name
    assert "np.einsum" not in "".join(check(graph_of(*row)) for row in (ZOO["heads"], ZOO["groups"]))


def test_what_does_not_recur_is_computed_before_the_loop():
    text = check(graph_of(*ZOO["recurrence"]))
    assert "z_ahead = x @ W.T + b" in text
    assert text.index("z_ahead =") < text.index("for t in range(4):")


@st.composite
def windows(draw):
    stride, dilation, kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding, steps, rest = draw(st.integers(0, 3)), draw(st.integers(1, 4)), draw(st.integers(0, 2))
    length = max(1, stride * (steps - 1) + dilation * (kernel - 1) + 1 - 2 * padding + rest)
    place = f"{stride}*t + {dilation}*p - {padding}"
    form = draw(
        st.sampled_from(
            [f"sum(W[p] * x[{place}], p)", f"sum(W[p] * sin(x[{place}]), p)", f"sum(W[p] + x[{place}] * x[{place}], p)"]
        )
    )
    return {"W": (kernel,), "x": (length,), "c": (steps,)}, f"y[t] = {form}\n{SUM}", {"t": steps}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(windows())
def test_any_window(case):
    check(graph_of(*case))
