"""The checks of an emitted module that run in a process of their own."""

import numpy as np

from symbackprop.facade import derive
from symbackprop.verify.standalone import compared


def test_right_and_wrong():
    module = vars(derive("2 -> 2 relu -> 1 sigmoid, loss=binary_crossentropy").stages.module)
    rows = compared(module, 0)
    assert {row["parameter"] for row in rows} == {"W1", "b1", "W2", "b2"}
    assert all(row["difference"] <= row["allowed"] for row in rows)

    def wrong(params, *data):
        loss, gradients = module["loss_and_grad"](params, *data)
        return loss, {**gradients, "W2": np.asarray(gradients["W2"]) * 1.001}

    off = [row for row in compared({**module, "loss_and_grad": wrong}, 0) if not row["difference"] <= row["allowed"]]
    assert {row["parameter"] for row in off} == {"W2"}
