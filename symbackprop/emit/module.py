"""Derivation and array program → a NumPy module that needs nothing of ours: loss, gradient, training, its own check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbackprop.categories import drawn_among, least_sizes
from symbackprop.emit.brought import constant_rows, typed
from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.environment import render
from symbackprop.emit.formulas import formula_rows, listed
from symbackprop.emit.functions import Functions
from symbackprop.emit.layout import fitted, tuple_code
from symbackprop.emit.looked import checked, looked_at
from symbackprop.emit.numbers import number_code
from symbackprop.emit.places import HELPER_CODE
from symbackprop.emit.training import sample_values, shape_code, start_values, update_values
from symbackprop.graph import Derivation, Graph, Tensor
from symbackprop.program import Program, Training, assignments
from symbackprop.version import __version__


def emit_module(
    derivation: Derivation,
    program: Program,
    *,
    training: Training,
    checks: Sequence[str],
    network_hash: str,
    version: str = __version__,
    operations: int | None = None,
) -> str:
    """Write the module `gradients.py` of a network.

    Args:
        derivation: Forward and adjoint equations.
        program: What they were lowered to.
        training: How parameters start and move.
        checks: For the certificate, one line for each check that was passed, with its threshold.
        network_hash: SHA-256 of the network's canonical description.
        version: Of symbackprop.
        operations: The number of operations of the straight-line scalar form, if it is known.

    Returns:
        The text: a certificate, then code that imports NumPy alone.

    Raises:
        UnsupportedError: An equation has no NumPy form yet.
    """
    certificate = Certificate(derivation.graph.name, network_hash, version, checks, operations)
    return certified(certificate, module_body(derivation, program, training=training))


def module_body(derivation: Derivation, program: Program, *, training: Training) -> str:
    """What stands below the certificate of a module."""
    formulas = formula_rows(derivation)
    functions = Functions(derivation, program, training, formulas)
    return render("python/module.py.j2", **module_values(derivation, program, training, functions, formulas))


def module_values(
    derivation: Derivation, program: Program, training: Training, functions: Functions, formulas: Any
) -> dict[str, Any]:
    """What the template of the module is filled with."""
    return {
        "fast": False,
        **_described(derivation, functions),
        **_signatures(functions),
        **_passes(functions, program),
        **_documented(functions, program, formulas),
        **start_values(functions, training),
        **sample_values(functions),
        **update_values(functions, training),
        **_points(functions, program),
    }


def _described(derivation: Derivation, functions: Functions) -> dict[str, Any]:
    """The words of the module's docstring."""
    graph = derivation.graph
    tensors = [*(graph.tensors[name] for name in functions.given), *graph.parameters]
    rows = [(tensor.name, _shown(tensor), _meaning(tensor)) for tensor in tensors]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return {
        "title": f"Loss, gradient and training of the network {graph.name}, in NumPy.",
        "table": [f"    {name:<{widths[0]}}  {shape:<{widths[1]}}  {words}".rstrip() for name, shape, words in rows],
        "batched": functions.batched,
    }


def _shown(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "number"


def _meaning(tensor: Tensor) -> str:
    if tensor.role != "parameter":
        return tensor.role
    kept = "" if tensor.trainable else ", which updates leave as it is"
    return f"parameter of layer {tensor.layer}{kept}"


def _signatures(functions: Functions) -> dict[str, Any]:
    """Arguments that several functions have."""
    names, inputs = functions.data, functions.data[: len(functions.inputs)]
    arguments = typed(names, functions.constants)
    roles = [functions.graph.tensors[name].role for name in functions.given]
    return {
        **looked_at(functions.graph, functions.program.placed, functions.given, functions.writer),
        "data": names,
        "data_arguments": arguments,
        "constants": constant_rows(functions.constants),
        "data_described": [
            f"{name}: The {role}{'s' if role == 'target' else ''}." for name, role in zip(names, roles, strict=True)
        ],
        "forward_head": fitted(
            "def forward(", ["params: Params", *arguments[: len(inputs)]], ") -> tuple[Array, Params]:"
        ),
        "loss_head": fitted("def loss(", ["params: Params", *arguments], ") -> float:"),
        "gradients_head": fitted("def loss_and_grad(", ["params: Params", *arguments], ") -> tuple[float, Params]:"),
        "margins_head": fitted("def _margins(", ["params: Params", *arguments], ") -> Array:"),
        "checked_inputs": checked(inputs),
        "checked": checked(names),
        "counted": functions.counted,
    }


def _passes(functions: Functions, program: Program) -> dict[str, Any]:
    """The code of the passes."""
    margins_code, margins = functions.margins()
    return {
        "helpers": functions.helpers,
        "placed": [HELPER_CODE[name] for name in functions.helpers if name in HELPER_CODE],
        "loss": functions.writer.name(program.loss),
        "prediction": functions.prediction,
        "gradients": functions.gradient_items(),
        "sequential_result": functions.sequential_result(),
        "margins": margins,
        "code": {
            "forward": functions.forward(),
            "loss": functions.loss(),
            "gradients": functions.gradients(),
            "sequential": functions.sequential(),
            "margins": margins_code,
        },
    }


def _documented(functions: Functions, program: Program, formulas: Any) -> dict[str, Any]:
    """The formulas of the docstrings."""
    predicting = [statement.name for statement in assignments(functions.predicting)]
    rest = [statement.name for statement in assignments(program.forward) if statement.name not in predicting]
    return {
        "formulas": {
            "forward": listed(formulas, predicting),
            "loss": listed(formulas, rest),
            "gradients": listed(formulas, program.gradients.values()),
        },
    }


def _points(functions: Functions, program: Program) -> dict[str, Any]:
    """Code that draws random samples of small size, all symbolic sizes different."""
    tensors = [functions.graph.tensors[name] for name in functions.given]
    symbols = {
        str(s) for tensor in (*tensors, *functions.graph.parameters) for n in tensor.shape for s in n.free_symbols
    }
    sizes = sorted(symbols, key=lambda size: (size not in program.sizes, size != "N", size))
    least = {str(size): number for size, number in least_sizes(functions.graph).items()}
    numbers = ", ".join(str(max(3 + place, least.get(size, 0))) for place, size in enumerate(sizes))
    return {
        "random_sizes": [f"{', '.join(sizes)} = {numbers}"] if sizes else [],
        "random_data": [
            f"{name} = " + (f'CONSTANTS["{name}"]' if name in functions.constants else _drawn(tensor, functions.graph))
            for name, tensor in zip(functions.data, tensors, strict=True)
        ],
    }


def _drawn(tensor: Tensor, graph: Graph) -> str:
    shape = shape_code(tensor, {})
    if tensor.is_whole:
        lowest, sizes = drawn_among(graph)[tensor.name]
        lengths = [number_code(size + lowest)[0] for size in sizes] or ["3"]
        end = lengths[0] if len(lengths) == 1 else f"min({', '.join(lengths)})"
        return f"rng.integers({lowest}, {end}, {shape})"
    if tensor.role != "target":
        return f"rng.standard_normal({shape})"
    if any(fact.kind in ("one_hot", "sums_to_one") for fact in tensor.facts):
        *leading, last = shape.strip("()").rstrip(",").split(", ")
        return f"rng.dirichlet(np.ones({last}), {tuple_code(leading)})"
    return f"rng.uniform(0.1, 0.9, {shape})"
