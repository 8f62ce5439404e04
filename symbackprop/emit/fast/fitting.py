"""Program → the line in which a workspace looks whether what it is given is of its sizes and its precision.

Shapes of the data are compared at every call, since NumPy would spread one sample over many without a word; of the
precisions those of the data and of one parameter, which tell the usual mistake and cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from symbackprop.emit.layout import fitted
from symbackprop.program import Axes, Program


def fitting(program: Program, names: Mapping[str, str], sizes: Collection[str], shape: Callable[[Axes], str]) -> Any:
    """The values for the template.

    Args:
        program: The optimised program.
        names: The arrays of data that hold no whole numbers, with what the code calls them.
        sizes: The symbolic sizes for which memory is set aside.
        shape: Writes a shape as code.

    Returns:
        `work_shapes`, each compared array with its shape, `work_expected`, what the comparison is with, and
        `work_fits`, the lines that compare; all are empty where there is no array to compare.
    """
    compared = {
        name: own
        for name, own in names.items()
        if program.data[name] and all(str(s) in sizes for axis in program.data[name] for s in axis.size.free_symbols)
    }
    if not compared:
        return {"work_shapes": [], "work_expected": "", "work_fits": []}
    typed = [f"{own}.dtype" for own in compared.values()]
    typed += [f'params["{name}"].dtype' for name, axes in program.parameters.items() if axes][:1]
    return {
        "work_shapes": [(own, shape(program.data[name])) for name, own in compared.items()],
        "work_expected": f"(*self._shapes.values(), {', '.join(['self._dtype'] * len(typed))})",
        "work_fits": _lines(list(compared.values()), typed),
    }


def _lines(names: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Dtypes that are one and the same object are compared at once, so that a tuple of them costs little."""
    given = [*(f"{name}.shape" for name in names), *typed]
    call = fitted("self._refuse(", ["params", *(f"{name}={name}" for name in names)], ")", 12)
    return [
        *fitted("if (", given, ") != self._expected:", 8),
        *(f"    {row}" for row in call),
    ]
