"""An emitted module, run in a process of its own → its gradients against differences of its loss, as JSON.

This file is run as a script by `module_file` and needs NumPy alone. It uses of the module only its loss, its gradient
and the points that it draws, not its own check, which an edit may have touched too.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

EACH = 60
STEP = 1e-3


def compared(module: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """For each point and parameter the largest distance between gradient and difference, and what is allowed."""
    rows = []
    rng = np.random.default_rng(seed + 7)
    for place, params, arrays in module["_points"](seed):
        _, gradients = module["loss_and_grad"](params, *arrays)
        size = float(np.sqrt(sum(float(np.sum(np.square(one))) for one in gradients.values())))
        for name, values in params.items():
            if name not in gradients:
                continue
            rows.append(
                {
                    "point": place,
                    "parameter": name,
                    **_worst(module, params, arrays, name, values, gradients, size, rng),
                }
            )
    return rows


def _worst(
    module: Mapping[str, Any], params: Any, arrays: Any, name: str, values: Any, gradients: Any, size: float, rng: Any
) -> dict[str, Any]:
    worst: dict[str, Any] = {"difference": 0.0, "allowed": 1e-9 * size, "kinks": 0}
    for direction in _directions(np.shape(values), rng):

        def along(distance: float, direction: Any = direction) -> float:
            return float(module["loss"]({**params, name: values + distance * direction}, *arrays))

        slope, doubt, smooth = _slope(along)
        if not smooth:
            worst["kinks"] += 1
            continue
        gap = abs(float(np.sum(gradients[name] * direction)) - slope)
        if not gap - doubt <= worst["difference"] or not np.isfinite(gap):
            worst |= {"difference": gap if np.isfinite(gap) else None, "allowed": doubt + 1e-9 * size}
            if not gap <= worst["allowed"]:
                return worst
    return worst


def _directions(shape: tuple[int, ...], rng: Any) -> list[Any]:
    """Each element by itself if they are few, else random directions."""
    count = int(np.prod(shape)) if shape else 1
    if count <= EACH:
        return [one.reshape(shape) for one in np.eye(count)]
    drawn = [rng.standard_normal(shape) for _ in range(5)]
    return [one / np.linalg.norm(one) for one in drawn]


def _slope(along: Callable[[float], float]) -> tuple[float, float, bool]:
    """The derivative at 0 by central differences at three steps, how far it may be off, and whether there is one."""
    estimates = [(along(h) - along(-h)) / (2 * h) for h in (STEP, STEP / 2, STEP / 4)]
    first = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(estimates)]
    second = (16 * first[1] - first[0]) / 15
    rounding = 100 * np.finfo(float).eps * (abs(along(0.0)) + 1) / STEP
    doubt = abs(first[1] - first[0]) + rounding
    # At a smooth point the error falls sixteenfold from one step to the next.
    changes = [abs(estimates[0] - estimates[1]), abs(estimates[1] - estimates[2])]
    smooth = changes[1] <= changes[0] / 2 + rounding
    return second, doubt, bool(smooth)


def main() -> int:
    """Run the checks of the file that is named; print them as JSON."""
    path, seed = sys.argv[1], int(sys.argv[2])
    module = runpy.run_path(path, run_name="emitted")
    missing = [name for name in ("loss", "loss_and_grad", "_points") if name not in module]
    if missing:
        print(json.dumps({"missing": missing}))
        return 2
    print(json.dumps({"rows": compared(module, seed)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
