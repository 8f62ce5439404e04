"""Program → the line in which a workspace looks whether what it is given is of its sizes and its precision.

All shapes are compared at every call, since NumPy would spread one sample or one bias over many without a word; of the
precisions those of the data and of one parameter, which tell the usual mistake and cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from symbackprop.emit.layout import fitted, tuple_code
from symbackprop.program import Axes, Program


def fitting(
    program: Program,
    names: Mapping[str, str],
    whole: Collection[str],
    sizes: Collection[str],
    shape: Callable[[Axes], str],
) -> Any:
    """The values for the template.

    Args:
        program: The optimised program.
        names: The arrays of data, with what the code calls them.
        whole: Those of them that hold whole numbers.
        sizes: The symbolic sizes for which memory is set aside.
        shape: Writes a shape as code.

    Returns:
        `work_shapes`, each compared array with its shape, `work_expected`, what the comparison is with, `work_fits`,
        the line that compares, and `work_whole`, what holds whole numbers; all are empty where there is nothing to
        compare.
    """

    def is_known(axes: Axes) -> bool:
        return bool(axes) and all(str(s) in sizes for axis in axes for s in axis.size.free_symbols)

    data = {own: program.data[name] for name, own in names.items() if is_known(program.data[name])}
    counting = [own for name, own in names.items() if name in whole]
    parameters = {name: axes for name, axes in program.parameters.items() if is_known(axes)}
    if not data and not parameters and not counting:
        return {"work_shapes": [], "work_expected": "", "work_fits": [], "work_whole": []}
    arrays = [*data, *(f'params["{name}"]' for name in parameters)]
    typed = [array for array in arrays[: len(data) + 1] if array not in counting]
    return {
        "work_shapes": [(name, shape(axes)) for name, axes in (data | parameters).items()],
        "work_expected": tuple_code(["*self._shapes.values()", *(["self._dtype"] * len(typed))]),
        "work_fits": _lines(arrays, typed),
        "work_whole": counting,
    }


def _lines(arrays: Sequence[str], typed: Sequence[str]) -> list[str]:
    """Dtypes that are one and the same object are compared at once, so that a tuple of them costs little."""
    given = [*(f"{array}.shape" for array in arrays), *(f"{array}.dtype" for array in typed)]
    return fitted("fits = (", given, f"{',' if len(given) == 1 else ''}) == self._expected", 12)
