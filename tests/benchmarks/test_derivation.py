"""Derivation against width and depth: `pytest tests/benchmarks`."""

from __future__ import annotations

import tracemalloc
from time import thread_time

import pytest

import symbackprop as sb
from symbackprop.backward import backward
from symbackprop.forward import forward
from symbackprop.network import load
from symbackprop.pipeline import Stages
from symbackprop.simplify import simplify

DIGITS = "784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy"
SMALL = "2 -> 2 relu -> 2 softmax, loss=categorical_crossentropy"


def deep(layers: int) -> str:
    return f"4 -> {' -> '.join(['4 tanh'] * (layers - 1))} -> 2 softmax, loss=categorical_crossentropy"


def derived(line: str):
    return simplify(backward(forward(load(line))))


@pytest.mark.parametrize("line", [SMALL, DIGITS, deep(50), deep(100)], ids=["2-2-2", "784-128-10", "50", "100"])
def test_derivation(benchmark, line):
    derived(line)
    result = benchmark(derived, line)
    assert result.adjoints


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize("line", [DIGITS, deep(50)], ids=["784-128-10", "50"])
def test_code(benchmark, line, style):
    def emitted() -> str:
        stages = Stages(load(line))
        return stages.module_text(style=style)

    emitted()
    assert "def loss_and_grad" in benchmark(emitted)


def best(line: str) -> float:
    times = []
    for _ in range(15):
        start = thread_time()
        derived(line)
        times.append(thread_time() - start)
    return min(times)


def test_width_costs_nothing():
    best(SMALL)
    assert best(DIGITS) < 1.3 * best(SMALL)


def test_memory_of_gpt2():
    sb.derive("xor").stages.module_text()
    tracemalloc.start()
    start = thread_time()
    stages = sb.derive("gpt2").stages
    assert len(stages.derivation.adjoints) > 100
    taken = thread_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6
    assert taken < 20, "tracing memory takes several times as long as deriving"
