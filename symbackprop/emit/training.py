"""Training and given numbers → what the templates of start values and updates are filled with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sympy import Expr

from symbackprop.emit.functions import Functions
from symbackprop.emit.layout import array_fitted, count, fitted, numbers_fitted, plain, tuple_code
from symbackprop.emit.numbers import number_code
from symbackprop.emit.numpy import numpy_code
from symbackprop.graph import Tensor
from symbackprop.program import Draw, Training

# Constants of more numbers than these belong into a file of their own.
MOST_NUMBERS = 1000
WORDS = {
    "uniform": "uniform between -scale and scale",
    "normal": "normal with standard deviation scale",
    "truncated_normal": "normal with standard deviation scale, cut at two of them",
    "constant": "all the same",
}
DEFAULT = Draw("glorot_uniform", "uniform", "(6 / (fan_in + fan_out)) ** 0.5", "Glorot & Bengio, AISTATS (2010)")


def shape_code(tensor: Tensor, names: Mapping[str, str] | None = None) -> str:
    """The shape of a tensor as a tuple; symbolic sizes are variables, or strings where there are no `names`."""
    return sizes_code(tensor.shape, named=names is not None)


def sizes_code(sizes: Sequence[Expr], *, named: bool = False) -> str:
    """Sizes as a tuple; symbolic ones are variables if they are named, else strings."""
    codes = [(size, number_code(size)[0]) for size in sizes]
    return tuple_code([code if size.is_Integer or named else f'"{code}"' for size, code in codes])


def start_values(functions: Functions, training: Training) -> dict[str, Any]:
    """Given numbers, draws for the rest, and the sizes that shapes depend on."""
    parameters = functions.graph.parameters
    sizes = sorted({str(symbol) for tensor in parameters for size in tensor.shape for symbol in size.free_symbols})
    given = {tensor.name: plain(tensor.value) for tensor in parameters if tensor.value is not None}
    start = {name: value for name, value in given.items() if count(value) <= MOST_NUMBERS}
    rules = {tensor.name: training.draws.get(tensor.name, DEFAULT) for tensor in parameters if tensor.name not in start}
    shapes = {t.name: f'shape["{t.name}"]' if sizes else shape_code(t) for t in parameters}
    typed = [f"{size}: int" for size in sizes]
    return {
        "sizes": sizes,
        "concrete": [(tensor.name, shape_code(tensor, {})) for tensor in parameters],
        "size_arguments": ", ".join(typed),
        "size_tail": "".join(f", {size}" for size in typed),
        "initialize_arguments": ", ".join([f"seed: int = {training.seed}", *(["*", *typed] if typed else [])]),
        "start": [row for name, value in start.items() for row in numbers_fitted(f'"{name}": ', value, ",", 4)],
        "draws": [_draw(rule) for rule in sorted(set(rules.values()), key=lambda rule: rule.rule)],
        "drawn": [(name, f"{rule.rule}(rng, {shapes[name]})") for name, rule in rules.items()],
        "fans": any("fan_" in rule.scale for rule in rules.values()),
        "trainable": _strings("TRAINABLE = (", functions.trainable),
        "large": [name for name in given if name not in start],
    }


def _strings(before: str, names: Sequence[str]) -> list[str]:
    """A tuple of strings, as lines."""
    return fitted(before, [f'"{name}"' for name in names], ",)" if len(names) == 1 else ")")


def _draw(rule: Draw) -> dict[str, Any]:
    fans = [name for name in ("fan_in", "fan_out") if re.search(rf"\b{name}\b", rule.scale)]
    picked = "_fans(shape)" if len(fans) == 2 else f"_fans(shape)[{int(fans == ['fan_out'])}]"
    return {
        "rule": rule.rule,
        "words": WORDS[rule.distribution],
        "source": rule.source,
        "distribution": rule.distribution,
        "scale": rule.scale,
        "fans": ", ".join(fans),
        "picked": picked,
    }


def sample_values(functions: Functions) -> dict[str, Any]:
    """Constants of the worked sample, if the network has one with few enough numbers."""
    tensors = [functions.graph.tensors[name] for name in functions.given]
    values = [plain(tensor.value) for tensor in tensors]
    known = all(value is not None and count(value) <= MOST_NUMBERS for value in values)
    names = [f"SAMPLE_{tensor.name.upper()}" for tensor in tensors] if known else []
    rows = [row for name, value in zip(names, values, strict=False) for row in array_fitted(f"{name} = ", value)]
    return {"samples": rows, "sample_names": names}


def update_values(functions: Functions, training: Training) -> dict[str, Any]:
    """The optimizer's statements and its settings."""
    settings = training.settings
    names = list(settings)
    state = list(training.state.items())
    kept = [*training.state, *["step"] * training.counts]
    passed = [f"{name}={name}" for name in names]
    typed = [f"{name}: float" for name in names]
    memory = ["state.setdefault(name, {})"] if kept else []
    call = fitted("params = update(", ["params", "grads", "state", *passed], ")", 12)
    step = fitted("_, params = sequential_step(", ["params", "*batch", "state=state", *passed], ")", 12)
    return {
        "optimizer": training.optimizer,
        "state": state,
        "settings": [f"{name}: float = {_number(value)}" for name, value in settings.items()],
        "settings_described": [f"{name}: Of {training.optimizer}." for name in names],
        "moved_head": fitted(
            "def _moved(", ["w: Array", "g: Array", *["memory: dict[str, Any]"] * bool(kept), *typed], ") -> Array:"
        ),
        "moved_call": fitted("moved[name] = _moved(", ["w", "g", *memory, *names], ")", 8),
        "update_call": call,
        "sequential_call": step,
        "update_rows": [str(assign.equation) for assign in training.update],
        "update_code": list(_update_code(training)),
        "counts": training.counts,
        "state_update": ", ".join(f"{name}={name}" for name in kept),
        "steps": training.steps,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "tolerance": _number(training.tolerance),
        "gradient_tolerance": _number(training.gradient_tolerance),
        "seed": training.seed,
        "sequential": training.sequential,
    }


def _update_code(training: Training) -> Iterator[str]:
    """The statements; what no array enters becomes a Python number, which leaves the precision of arrays as it is."""
    arrays = {"w", "g", *training.state}
    for assign in training.update:
        code = numpy_code(assign.value, assign.axes)
        if assign.reads & arrays:
            arrays.add(assign.name)
        elif "np." in code:
            code = f"float({code})"
        yield f"{assign.name} = {code}"


def _number(text: str | None) -> str:
    return "None" if text is None else text.lower().replace("e+", "e")
