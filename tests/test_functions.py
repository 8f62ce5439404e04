"""Random functions of NumPy arrays: gradients, their precision and second derivatives against differences.

A few are drawn by the tests. Many are drawn by `python tests/test_functions.py --functions 1000 --seed 0`, which prints
each that is wrong, and why others are refused; `--only 123 456` examines those again. Seeds from 1000000 on are of
functions with loops.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import SymbackpropError

LOOPS = 1_000_000


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"symbackprop_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


functions, loops = _beside("random_functions"), _beside("random_loops")


def drawn(seed: int) -> Any:
    """The function of a number; from a million on functions with loops."""
    return functions.function(seed) if seed < LOOPS else functions.Drawn(*loops.loop(seed))


Arrays = dict[str, Any]


def differences(function: Callable[[Arrays], Any], point: Mapping[str, Any], names: tuple[str, ...]) -> Arrays:
    """The gradient of a function by central differences."""
    found = {}
    for name in names:
        found[name] = np.empty_like(point[name])
        for place in np.ndindex(np.shape(point[name])):
            ends = []
            for step in (1e-6, -1e-6):
                moved = {key: np.array(value) for key, value in point.items()}
                moved[name][place] += step
                ends.append(function(moved))
            found[name][place] = (ends[0] - ends[1]) / 2e-6
    return found


def near(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether arrays agree to a part of the largest entry."""
    scale = 1 + np.max(np.abs(expected), initial=0)
    return found.shape == expected.shape and bool(np.all(np.abs(found - expected) <= tolerance * scale))


class Examined:
    """One function, derived.

    Args:
        seed: Its number.

    Raises:
        SymbackpropError: It is none that can be derived.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.drawn = seed, drawn(seed)
        self.loss = self.drawn.loss()
        self.names: tuple[str, ...] = self.drawn.wrt
        point = self.drawn.point
        integers = ["t"] if "t" in point else []
        self.derived = sb.derive(self.loss, wrt=list(self.names), integers=integers, **self.drawn.shapes)
        self.params = {name: point[name] for name in self.names}
        self.data = {name: value for name, value in point.items() if name not in self.names}
        self.gradient = differences(lambda moved: self.loss(**moved), point, self.names)

    def faults(self) -> Iterator[str]:
        """What is wrong."""
        looks: list[tuple[str, Callable[[], Iterator[str]]]] = [
            ("readable", lambda: self._style("readable")),
            ("fast", lambda: self._style("fast")),
        ]
        # Compilers and proofs take longer than all else.
        looks += [("second", self._second)] if self.seed % 2 == 0 else []
        looks += [("C", self._native)] if self.seed % 6 == 0 else []
        looks += [("proof", self._proof)] if self.seed % 4 == 1 else []
        for name, look in looks:
            try:
                yield from (f"{name}: {fault}" for fault in look())
            except Exception:  # whatever it is, it is a fault
                yield f"{name}: {traceback.format_exc(limit=-2)}"

    def _style(self, style: str) -> Iterator[str]:
        module = self.derived.compile(style)
        small = {n: np.asarray(v, np.float32) if np.asarray(v).dtype.kind == "f" else v for n, v in self._all.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value, grads = module.loss_and_grad(self.params, **self.data)
            own = module.loss(self.params, **self.data)
            params = {name: small[name] for name in self.names}
            _, singles = module.loss_and_grad(params, **{name: small[name] for name in self.data})
        expected = self.loss(**self._all)
        if not np.allclose([value, own], expected, rtol=1e-9, atol=1e-12):
            yield f"the loss is {value} and {own}, not {expected}"
        for name, slope in self.gradient.items():
            if not near(grads[name], slope, 2e-5):
                yield f"the gradient by {name} is {grads[name]}, differences give {slope}"
            if singles[name].dtype != np.float32:
                yield f"the gradient by {name} is {singles[name].dtype} for float32"
            elif not near(singles[name], slope, 3e-3):
                yield f"the gradient by {name} in single precision is {singles[name]}, differences give {slope}"

    @property
    def _all(self) -> Arrays:
        return {**self.params, **self.data}

    def _second(self) -> Iterator[str]:
        rng = np.random.default_rng(self.seed)
        vectors = {name: rng.normal(size=np.shape(value)) for name, value in self.params.items()}
        found = self.derived.hvp()(self.params, vectors, **self.data)
        module = self.derived.compile()
        ends = []
        for step in (1e-5, -1e-5):
            moved = {name: value + step * vectors[name] for name, value in self.params.items()}
            ends.append(module.loss_and_grad(moved, **self.data)[1])
        for name in self.names:
            slope = (ends[0][name] - ends[1][name]) / 2e-5
            if not near(found[name], slope, 1e-5):
                yield f"the Hessian times v by {name} is {found[name]}, differences give {slope}"

    def _native(self) -> Iterator[str]:
        _, grads = self.derived.native().loss_and_grad(self.params, **self.data)
        for name, slope in self.gradient.items():
            if not near(grads[name], slope, 2e-5):
                yield f"the gradient by {name} is {grads[name]}, differences give {slope}"

    def _proof(self) -> Iterator[str]:
        yield from (str(check) for check in self.derived.verify().checks if not check.passed)


@pytest.mark.parametrize("seed", [*range(40), 71152])
def test_random_functions(seed):
    try:
        examined = Examined(seed)
    except SymbackpropError:
        return
    assert not list(examined.faults()), examined.drawn.text


@pytest.mark.parametrize("seed", [1000000, 1000001, 1000002, 1000003, 1000005, 1000113, 1000187, 1000466, 1080025])
def test_random_loops(seed):
    examined = Examined(seed)
    assert not list(examined.faults()), examined.drawn.text


def test_most_random_functions_can_be_derived():
    refused = 0
    for seed in range(40):
        try:
            Examined(seed)
        except SymbackpropError:
            refused += 1
    assert refused <= 8


def main() -> int:
    """Examine many functions; 0 if none is wrong."""
    parser = argparse.ArgumentParser(description="Examine random functions of NumPy arrays.")
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first function; the next has the next number")
    parser.add_argument("--only", type=int, nargs="+", help="the numbers of the functions to examine")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for seed in options.only or range(options.seed, options.seed + options.functions):
        try:
            faults = list(Examined(seed).faults())
        except SymbackpropError as error:
            counts["refused"] += 1
            reasons[str(error).splitlines()[0]] += 1
            continue
        counts["wrong" if faults else "right"] += 1
        if faults:
            print(f"{seed}:", drawn(seed).text, *faults, sep="\n", flush=True)
    print(*(f"{number:>4} {reason}" for reason, number in reasons.most_common()), sep="\n")
    print(f"functions: {dict(counts)}")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
