"""Loss and gradient that code in some precision computes → where they differ from a module's by more than rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
# The largest difference from the module, of the largest number among loss and gradient.
ALLOWED = {"float64": 1e-6, "float32": 1e-2}


def difference(
    module: Any,
    params: Mapping[str, Array],
    data: Sequence[Array],
    found: tuple[float, Mapping[str, Array]],
    dtype: Any,
) -> str:
    """Say which result differs from the module's by more than rounding; nothing if none does, or one is no number.

    Args:
        module: An emitted module, or what else has its `loss_and_grad`.
        params: The parameters.
        data: The inputs and targets, in its order.
        found: Loss and gradient by the code.
        dtype: The precision of the code, float64 or float32.
    """
    with np.errstate(all="ignore"):
        exact, single = (
            module.loss_and_grad(
                {name: value.astype(kind) for name, value in params.items()},
                *(array if array.dtype.kind in "iu" else array.astype(kind) for array in data),
            )
            for kind in (np.float64, dtype)
        )
    rows: list[tuple[str, Any, Any, Any]] = [("the loss", found[0], exact[0], single[0])]
    rows += [(f"the gradient by {name}", found[1][name], value, single[1][name]) for name, value in exact[1].items()]
    if not all(np.all(np.isfinite(row[2])) for row in rows):
        return ""
    size = max(float(np.max(np.abs(row[2]), initial=0)) for row in rows)
    # Where terms of size 1 cancel, their rounding is left.
    least = 1000 * float(np.finfo(dtype).eps)
    for words, own, value, rounded in rows:
        # Where rounding grows, in long recurrences, it does so in the module too.
        grown = float(np.max(np.abs(rounded - value), initial=0))
        off = float(np.max(np.abs(own - value), initial=0))
        if not off <= ALLOWED[str(dtype)] * size + 10 * grown + least:
            return f"{words} is off by {off:.2g}"
    return ""
