"""Published formulas that are wrong: each is rejected, a usual mistake is named, and the correction is accepted."""

import math
from dataclasses import replace

import numpy as np
import pytest

from symbackprop.checking.candidates import from_functions
from symbackprop.checking.judge import Judge
from symbackprop.checking.probes import case_of

# For each erratum its program in index notation, and the mistake that it is, if it is one of the usual ones.
ERRATA = {
    "err-numpyml-gelu-doc": ("E = sum(z[j] * (1 + erf(z[j] / sqrt(2))) / 2, j)", None),
    "err-numpyml-wgan-sign": ("L = mean(Yf[j], j) - mean(Yr[j], j)", "sign"),
    "err-matconvnet-sampler-grid": (
        """
        rv[i, j] = 1 - where(av * g1 + bv - I[i, j] > 0, av * g1 + bv - I[i, j], I[i, j] - av * g1 - bv)
        ru[i, j] = 1 - where(au * g2 + bu - J[i, j] > 0, au * g2 + bu - J[i, j], J[i, j] - au * g2 - bu)
        E = p * sum(x[i, j] * where(rv[i, j] > 0, rv[i, j], 0) * where(ru[i, j] > 0, ru[i, j], 0), i, j)
        """,
        None,
    ),
    # The σ factor is what stays when the logarithm of -log σ is not differentiated.
    "err-se-word2vec-negsampling": (
        "p[j] = 1 / (1 + exp(-u[j]))\nE = -sum(t[j] * log(p[j]) + (1 - t[j]) * log(1 - p[j]), j)",
        "link left out",
    ),
    "err-d2l-momentum-quadratic": ("h = sum(x[i] * Q[i, j] * x[j], i, j) / 2 + sum(x[i] * c[i], i)", "term"),
    "err-sequential-update": (
        """
        g[j] = sum(W1[j, i] * x[i], i) + b1
        h[j] = 1 / (1 + exp(-g[j]))
        r[j] = sum(W2[j, i] * h[i], i) + b2
        o[j] = 1 / (1 + exp(-r[j]))
        E = sum((t[j] - o[j])**2 / 2, j)
        """,
        "sequential update",
    ),
    "err-mish-mixed": ("E = sum(z[j] * tanh(log(1 + exp(z[j]))), j)", None),
    "mut-softmax-diagonal": ("p[j] = exp(z[j]) / sum(exp(z[k]), k)\nE = sum(c[j] * p[j], j)", "diagonal"),
    "mut-bn-const-stats": (
        """
        mu[j] = mean(x[i, j], i)
        v[j] = mean((x[i, j] - mu[j])**2, i) + 0.001
        E = sum(C[i, j] * gamma[j] * (x[i, j] - mu[j]) / sqrt(v[j]), i, j)
        """,
        "constants",
    ),
    "mut-tied-one-term": (
        """
        g[j] = sum(W[j, i] * x[i], i)
        h[j] = 1 / (1 + exp(-g[j]))
        y[i] = sum(W[j, i] * h[j], j)
        L = sum((y[i] - x[i])**2, i) / 2
        """,
        "path",
    ),
    "mut-mse-missing-2-over-n": ("L = mean((p[j] - y[j])**2, j)", "factor"),
    "mut-conv-flip": (
        "E = sum(C[o, i] * w[o, c, k] * x[c, i + k], o, i, c, k)",
        "kernel not flipped",
    ),
}
# Positions on the grid, and a symmetric matrix: what the published formula supposes of its data.
FIXED = {"err-matconvnet-sampler-grid": ("I", "J"), "err-d2l-momentum-quadratic": ("Q",)}
TARGETS = {"err-se-word2vec-negsampling": "t", "err-sequential-update": "t"}


def functions(erratum):
    """The two functions that an erratum comes with; they take one dict of arrays."""
    scope = {"np": np, "math": math}
    exec(erratum["code"], scope)
    return scope["wrong"], scope["right"]


def judge_for(erratum, graph_of):
    text, _ = ERRATA[erratum["id"]]
    shapes = {name: shape for name, shape in erratum["shapes"].items() if name != "lr"}
    graph = graph_of(text, shapes, erratum["wrt"])
    fixed, target = FIXED.get(erratum["id"], ()), TARGETS.get(erratum["id"])
    tensors = dict(graph.tensors)
    for name in shapes:
        if name in fixed:
            tensors[name] = replace(tensors[name], value=erratum["inputs"][name])
        if name == target:
            tensors[name] = replace(tensors[name], role="target")
    # Weights that are updated first have gradients too.
    wrt = [*erratum["wrt"], *(name for name in ("W2",) if name in tensors)]
    tensors = {n: replace(t, role="parameter") if n in wrt else t for n, t in tensors.items()}
    case = case_of(replace(graph, tensors=tensors), wrt, learning_rate=erratum["inputs"].get("lr"))
    return Judge(case, {})


def as_candidate(judge, function, erratum):
    """The published function as one of the tensors that it needs, by name."""
    names = [name for name in erratum["shapes"] if name in judge.case.graph.tensors]
    fixed = {name: np.array(value) for name, value in erratum["inputs"].items() if name not in names}
    arguments = ", ".join(names)
    scope = {"function": function, "fixed": fixed}
    exec(f"def grad({arguments}): return function(dict({', '.join(f'{n}={n}' for n in names)}, **fixed))", scope)
    return from_functions({"grad": scope["grad"]})


def test_a_published_mistake_is_found_and_its_correction_accepted(errata_case, graph_of, record_property):
    record_property("collection", "errata")
    judge = judge_for(errata_case, graph_of)
    wrong, right = functions(errata_case)
    good = judge(as_candidate(judge, right, errata_case))
    assert good.right, good
    bad = judge(as_candidate(judge, wrong, errata_case))
    assert not bad.right
    assert len(bad.wrong) == len(errata_case["wrt"])
    expected = ERRATA[errata_case["id"]][1]
    for finding in bad.wrong:
        named = [diagnosis.mistake for diagnosis in finding.diagnoses]
        assert named[:1] == [expected] if expected else named == []
    assert pytest.approx(bad.wrong[0].difference) != 0
