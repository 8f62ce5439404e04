"""Published derivatives, optimizers and Hessians that nobody here wrote, and a count of how many of them hold."""

import json
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from symbackprop.binding import bind
from symbackprop.expressions import Index
from symbackprop.graph import Graph, Tensor
from symbackprop.language import parse_equations

FOLDER = Path(__file__).parent


def cases(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def pytest_generate_tests(metafunc):
    """A test with the argument `optimizers_case` runs once for each line of `optimizers.jsonl`."""
    for argument in metafunc.fixturenames:
        if argument.endswith("_case"):
            rows = cases(argument.removesuffix("_case"))
            ids = [row.get("id") or f"{row['table'].split()[0]}-{row['op']}" for row in rows]
            metafunc.parametrize(argument, rows, ids=ids)


@pytest.fixture(scope="session")
def adapter():
    """The module `adapter.py`, which tests cannot import by its name."""
    spec = spec_from_file_location("adapter", FOLDER / "adapter.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def graph_of():
    """Equations over arrays of known shapes → a graph in which these are parameters or data."""

    def make(text, shapes, parameters, prediction=""):
        tensors = {}
        for name, shape in shapes.items():
            indices = tuple(Index(letter, size) for letter, size in zip("ijkl", shape, strict=False))
            tensors[name] = Tensor(name, "parameter" if name in parameters else "constant", indices)
        equations = []
        for statement in parse_equations(text):
            equation = bind(statement, tensors, statement.tensor)
            equations.append(equation)
            role = "prediction" if equation.tensor == prediction else "hidden"
            tensors[equation.tensor] = Tensor(equation.tensor, role, equation.indices)
        return Graph("case", tensors, tuple(equations))

    return make


def pytest_terminal_summary(terminalreporter):
    """How many of how many cases hold, by collection, and what was left out and why."""
    held, all_, left = Counter(), Counter(), []
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            properties = dict(getattr(report, "user_properties", ()))
            if "collection" not in properties or getattr(report, "when", "") not in ("call", None):
                continue
            all_[properties["collection"]] += 1
            if "left out" in properties:
                left.append(properties["left out"])
            elif outcome == "passed":
                held[properties["collection"]] += 1
    if not all_:
        return
    terminalreporter.section("conformance")
    for reason, names in _grouped(left).items():
        terminalreporter.line(f"left out: {', '.join(names)}: {reason}")
    for collection, count in all_.items():
        terminalreporter.line(f"{collection}: {held[collection]} of {count}")
    terminalreporter.line(f"all: {sum(held.values())} of {sum(all_.values())}")


def _grouped(left):
    groups = {}
    for name, reason in left:
        groups.setdefault(reason, []).append(name)
    return {reason: sorted(set(names)) for reason, names in groups.items()}
