"""A GPT-2 block, pasted as it stands in NumPy: derived, checked, and its attention gradient is the published one."""

import numpy as np
import pytest

from symbackprop.facade import derive

HEADS = 2


def softmax(x):
    exp_x = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return exp_x / np.sum(exp_x, axis=-1, keepdims=True)


def attention(q, k, v, mask):
    S = q @ k.T / np.sqrt(q.shape[-1]) + mask
    P = softmax(S)
    return P @ v


def layer_norm(x, g, b, eps=1e-5):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    return g * (x - mean) / np.sqrt(variance + eps) + b


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def multi_head_attention(x, w, b, w_out, b_out):
    qkv = np.split(x @ w + b, 3, axis=-1)
    heads = [np.split(part, HEADS, axis=-1) for part in qkv]
    mask = (1 - np.tri(x.shape[0])) * -1e10
    out = [attention(q, k, v, mask) for q, k, v in zip(*heads, strict=True)]
    return np.hstack(out) @ w_out + b_out


def block(x, g1, b1, wa, ba, wp, bp, g2, b2, wf, bf, wo, bo, G):
    x = x + multi_head_attention(layer_norm(x, g1, b1), wa, ba, wp, bp)
    y = x + gelu(layer_norm(x, g2, b2) @ wf + bf) @ wo + bo
    return np.sum(G * y)


SHAPES = {"x": (3, 4), "g1": 4, "b1": 4, "wa": (4, 12), "ba": 12, "wp": (4, 4), "bp": 4}
SHAPES |= {"g2": 4, "b2": 4, "wf": (4, 16), "bf": 16, "wo": (16, 4), "bo": 4, "G": (3, 4)}


@pytest.fixture(scope="module")
def derived():
    return derive(block, **SHAPES, wrt=[name for name in SHAPES if name != "G"])


def test_the_gradient_of_the_scores_is_the_published_one(derived):
    """dS = P * (dP - rowsum(dP * P)): Dao et al., FlashAttention, NeurIPS (2022), appendix B.2."""
    for head in (1, 2):
        rhs = str(derived.stages.derivation.adjoint(f"S{head}").rhs)
        assert rhs == f"(dP{head}[i, j] - sum(P{head}[i, k]*dP{head}[i, k], k))*P{head}[i, j]"


def test_no_path_leads_through_the_maximum_of_the_softmax(derived):
    assert not any("peak" in str(equation) for equation in derived.stages.graph.equations)


def test_every_gradient_passes_every_check(derived):
    report = derived.verify()
    assert report.passed, report


def test_the_code_computes_the_loss_of_the_function_itself(derived):
    rng = np.random.default_rng(0)
    sizes = {name: (size,) if isinstance(size, int) else size for name, size in SHAPES.items()}
    values = {name: rng.standard_normal(size) for name, size in sizes.items()}
    params = {name: value for name, value in values.items() if name != "G"}
    loss, gradients = derived.compile().loss_and_grad(params, values["G"])
    assert loss == pytest.approx(block(**values), rel=1e-12)
    step = 1e-6 * rng.standard_normal(sizes["wa"])
    ahead, behind = (block(**{**values, "wa": values["wa"] + sign * step}) for sign in (1, -1))
    assert np.sum(gradients["wa"] * step) == pytest.approx((ahead - behind) / 2, rel=1e-6)
