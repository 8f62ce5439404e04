"""Another framework's gradient of a user's own loss."""

import sys

import pytest

from symbackprop.errors import InputError, UnsupportedError
from symbackprop.facade import derive
from symbackprop.verify.against import FRAMEWORKS, against

MODULE = """
def loss(params, x, t, scale=1.0):
    import numpy as np

    sigmoid = lambda z: 1 / (1 + (-z).exp())
    a = sigmoid(params["W1"] @ x + params["b1"])
    a = sigmoid(params["W2"] @ a + params["b2"])
    return scale * ((t - a) ** 2).sum() / 2


def wrong(params, x, t):
    return loss(params, x, t, 1.001)
"""


@pytest.fixture
def stages(tmp_path, monkeypatch):
    (tmp_path / "minemodule.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("minemodule", None)
    return derive("mazur").stages


def test_torch_agrees(stages):
    pytest.importorskip("torch")
    assert against(stages.graph, stages.module, "torch", "minemodule:loss").passed
    report = against(stages.graph, stages.module, "torch", "minemodule:wrong")
    assert {check.subject for check in report.failures} >= {"E", "W1", "W2"}


def test_what_is_not_there_is_said(stages, monkeypatch):
    with pytest.raises(InputError, match=r"SB022.*is not MODULE:FUNCTION"):
        against(stages.graph, stages.module, "torch", "os.system")
    with pytest.raises(InputError, match=r"SB020.*is not found"):
        against(stages.graph, stages.module, "torch", "minemodule:none")
    with pytest.raises(InputError, match=r"SB020.*is no framework"):
        against(stages.graph, stages.module, "theano", "minemodule:loss")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UnsupportedError, match="not installed"):
        against(stages.graph, stages.module, "torch", "minemodule:loss")
    assert set(FRAMEWORKS) == {"torch", "jax"}
