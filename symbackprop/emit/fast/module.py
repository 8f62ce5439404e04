"""Derivation and optimised program → the module in fast style: as in readable style, with a `Workspace` behind it."""

from __future__ import annotations

from typing import Any

from symbackprop.categories import limits
from symbackprop.emit.environment import render
from symbackprop.emit.fast.fitting import fitting
from symbackprop.emit.fast.kernel import kernel_values
from symbackprop.emit.fast.updates import move_values
from symbackprop.emit.fast.workspace import Workspace
from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.functions import RESERVED, Functions
from symbackprop.emit.layout import fitted
from symbackprop.emit.module import module_values
from symbackprop.emit.places import HELPER_CODE
from symbackprop.errors import UnsupportedError
from symbackprop.graph import Derivation
from symbackprop.program import InPlace, Program, Training
from symbackprop.program.scalar import Straight


def fast_body(
    derivation: Derivation,
    program: Program,
    optimized: Program,
    *,
    training: Training,
    moves: InPlace,
    straight: Straight | None = None,
) -> str:
    """Write the module `gradients.py` of a network in fast style, without its certificate.

    Args:
        derivation: Forward and adjoint equations.
        program: What they were lowered to.
        optimized: What the program was optimised to.
        training: How parameters start and move.
        moves: The same in place.
        straight: Both passes written out, for a network so small that floats are faster than arrays.

    Returns:
        Code that imports NumPy alone.
    """
    formulas = formula_rows(derivation)
    functions = Functions(derivation, program, training, formulas)
    values = module_values(derivation, program, training, functions, formulas)
    workspace = Workspace(functions, optimized)
    values |= _workspace(workspace, functions) | move_values(training, moves)
    helpers = sorted({*functions.helpers, *workspace.helpers})
    values |= {"helpers": helpers, "placed": [HELPER_CODE[name] for name in helpers if name in HELPER_CODE]}
    values |= {"kernel": False} if straight is None else _kernel(derivation, straight)
    values["title"] = values["title"].removesuffix(".") + ", in memory that is set aside once."
    return render("python/module.py.j2", **values)


def _kernel(derivation: Derivation, straight: Straight) -> dict[str, Any]:
    try:
        return kernel_values(derivation, straight, RESERVED)
    except UnsupportedError:
        # Arrays have functions that floats have not, as the derivative of the logarithm of the gamma function.
        return {"kernel": False}


def _workspace(workspace: Workspace, functions: Functions) -> dict[str, Any]:
    whole = set(limits(functions.graph))
    named = dict(zip(functions.given, functions.data, strict=True))
    floating = [data for name, data in named.items() if name not in whole]
    sizes = [functions.writer.size(size) for size in workspace.sizes]
    typed = [f"{name}: Array" for name in functions.data]
    given = ["params: Params", *typed]
    # A workspace has the constants in its precision.
    known = [f"{row} | None = None" if row.split(":")[0] in functions.constants else row for row in given]
    both = workspace.both
    body = workspace.loss
    lengths = [_length(functions, workspace, *workspace.program.sizes[size]) for size in workspace.sizes]
    return {
        "fast": True,
        "work_sizes": sizes,
        "work_named": list(zip(workspace.sizes, sizes, strict=True)),
        "work_counted": [functions.writer.size(size) for size in workspace.sizes if size in functions.counted],
        "work_arguments": [f"{size}: int" for size in sizes],
        "work_lengths": lengths,
        "work_floating": floating,
        "work_own": [name for name in floating if name not in functions.constants],
        "work_constants": [(data, name in whole) for name, data in named.items() if data in functions.constants],
        "work_memory": workspace.memory(),
        **fitting(workspace.program, named, whole, workspace.sizes, workspace.shape),
        "work_gradients": workspace.gradient_items(),
        "work_loss": body,
        "work_both": both,
        "work_loss_head": fitted("    def loss(", ["self", *known], ") -> float:", 4),
        "work_both_head": fitted("    def loss_and_grad(", ["self", *known], ") -> tuple[float, Params]:", 4),
        "work_look_head": fitted("    def _look(", ["self", *given], ") -> None:", 4),
        "work_head": fitted("def _prepared(", given, ") -> tuple[Workspace, Params, tuple[Array, ...]]:"),
    }


def _length(functions: Functions, workspace: Workspace, array: str, axis: int) -> str:
    given = functions.writer.name(array) if array in workspace.program.data else f'params["{array}"]'
    return f"np.shape({given})[{axis}]"
