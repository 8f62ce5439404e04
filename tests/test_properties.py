"""Random networks: what every stage must keep, on networks that nobody thought of.

Chains, graphs that branch and meet, recurrences, layers of random equations and programs in array notation, with sizes
from 1 to 5, down to one neuron and axes of length 1; with unused inputs, tied weights, the same tensor read twice. Each
is legal after each stage; its steps keep their value; index form, scalar form, emitted code in both styles, one big
expression and differences of the loss agree; a part of the documents is read back.

A few are drawn by the tests. Many are drawn by `python tests/test_properties.py --networks 10000 --seed 0 --jobs 2`,
which goes on where it was interrupted if it is given `--state FILE`, and prints what failed with the network that did;
`--only 1234` examines that one again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbackprop.emitters import EMITTERS, Findings
from symbackprop.errors import InputError, TooLargeError, UndefinedError, UnsupportedError
from symbackprop.expressions import Index, Total, reads
from symbackprop.facade import Derived, derive
from symbackprop.graph import Derivation, Graph
from symbackprop.program import Leaf, Program, assignments, nodes
from symbackprop.proofreading import reader_of
from symbackprop.verify import Report

SMOOTH = [
    "linear",
    "sigmoid",
    "tanh",
    "softplus",
    "softsign",
    "log_sigmoid",
    "gelu",
    "gelu_tanh",
    "silu",
    "mish",
    "elu",
]
KINKED = ["relu", "relu6", "leaky_relu", "celu", "selu", "hard_sigmoid", "hard_tanh", "hard_swish"]
ENDS = {
    "linear": ["mse", "half_squared_error", "mae", "huber", "log_cosh", "quantile", "hinge", "squared_hinge"],
    "sigmoid": ["binary_crossentropy", "mse", "binary_focal_crossentropy", "dice"],
    "softmax": ["categorical_crossentropy", "kl_divergence", "mse"],
    "softplus": ["poisson", "mse"],
    "tanh": ["mse", "cosine_similarity", "half_squared_error"],
}
EXTRA = {"maxout": {"pieces": 2}, "lora": {"rank": 2}}
EVERY_DOCUMENT = 10
DEMANDS = (
    "legal after each stage, each step proven, loss and gradients of the code against differences, a complex step, "
    "50 digits, index form, scalar form and (below 30 parameters) one big expression, both styles alike"
)


def network(seed: int) -> dict[str, Any]:
    """A random description, as a file would hold it."""
    draw = random.Random(seed)
    kind = draw.choice([chain, chain, branched, branched, sequence, sequence, equations, equations, arrays])
    return {"name": f"random{seed}", **kind(draw)}


def dense(draw: random.Random, activation: str | None = None, **more: Any) -> dict[str, Any]:
    row = {
        "type": "dense",
        "units": draw.randint(1, 5),
        "activation": activation or draw.choice(SMOOTH + KINKED),
        **more,
    }
    if draw.random() < 0.25:
        row["bias"] = False
    return row


def last(draw: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    activation = draw.choice(list(ENDS))
    loss = {"type": draw.choice(ENDS[activation])}
    if draw.random() < 0.3:
        loss["reduction"] = draw.choice(["sum", "mean"])
    return dense(draw, activation), loss


def chain(draw: random.Random) -> dict[str, Any]:
    kinds = [
        "dense",
        "dense",
        "dense",
        "prelu",
        "layer_normalization",
        "rms_normalization",
        "glu",
        "swiglu",
        "maxout",
        "lora",
    ]
    layers = []
    for _ in range(draw.randint(0, 3)):
        kind = draw.choice(kinds)
        if kind == "dense":
            layers.append(dense(draw))
        elif kind in ("prelu", "layer_normalization", "rms_normalization"):
            layers.append({"type": kind})
        elif kind in ("glu", "swiglu"):
            layers += [{**dense(draw), "units": 2 * draw.randint(1, 2)}, {"type": kind}]
        else:
            layers.append({"type": kind, "units": draw.randint(1, 4), **EXTRA.get(kind, {})})
    end, loss = last(draw)
    return {"inputs": draw.randint(1, 5), "layers": [*layers, end], "loss": loss}


def branched(draw: random.Random) -> dict[str, Any]:
    """Two branches of one size that meet; one may be the other, or an input; an input may be unused in one of them."""
    units = draw.randint(1, 4)
    inputs = {"x": draw.randint(1, 4), "u": draw.randint(1, 4)}
    first = {**dense(draw, name="left", inputs="x"), "units": units}
    second = {**dense(draw, name="right", inputs=draw.choice(["u", "x", "left"])), "units": units}
    if draw.random() < 0.25 and second["inputs"] == "x":
        second["tie"] = {"weights": "left"}
    met = draw.choice(["add", "subtract", "multiply", "concatenate"])
    pair = draw.choice([["left", "right"], ["right", "left"], ["left", "left"]])
    end, loss = last(draw)
    unused = {"x", "u"} - {first["inputs"], second["inputs"]}
    if "right" not in pair or unused:
        inputs = {"x": inputs["x"]} if second["inputs"] != "u" or "right" not in pair else inputs
    layers = [first, *([second] if "right" in pair else []), {"type": met, "name": "met", "inputs": pair}, end]
    return {"inputs": inputs, "layers": layers, "loss": loss}


def sequence(draw: random.Random) -> dict[str, Any]:
    steps, width = draw.randint(1, 4), draw.randint(1, 3)
    kind = draw.choice(["simple_rnn", "lstm", "gru", "gru_reset_before", "conv1d", "multi_head_attention", "max"])
    if kind == "conv1d":
        layers = [{"type": kind, "filters": draw.randint(1, 3), "kernel_size": draw.randint(1, steps),
                   "activation": draw.choice(SMOOTH)}]  # fmt: skip
    elif kind == "max":
        layers = [{"type": "max_pooling1d", "pool_size": draw.randint(1, steps)}]
    elif "attention" in kind:
        heads = {"num_heads": draw.randint(1, 2), "key_dim": draw.randint(1, 2), "causal": draw.random() < 0.5}
        layers = [{"type": kind, **heads}]
    else:
        layers = [{"type": kind, "units": draw.randint(1, 3)}]
    after = {
        "type": draw.choice(["flatten2d", "flatten2d", "last", "global_average_pooling1d", "global_max_pooling1d"])
    }
    end, loss = last(draw)
    return {"inputs": {"shape": [steps, width]}, "layers": [*layers, after, end], "loss": loss}


def formula(draw: random.Random, inside: str, depth: int = 2) -> str:
    """A random function of something, finite everywhere."""
    if depth == 0:
        return inside
    inner = formula(draw, inside, depth - 1)
    return draw.choice([
        f"tanh({inner})", f"sigmoid({inner})", f"exp(-({inner})**2)", f"where({inner} > 0, {inner}, 0.1 * ({inner}))",
        f"max({inner}, 0.3)", f"abs({inner})", f"({inner}) * sigmoid({inner})", f"sin({inner})",
        f"sqrt(1 + ({inner})**2)",
        f"log(1 + ({inner})**2)", f"({inner}) / (1 + ({inner})**2)", f"({inner}) - ({inner})**3 / 3",
        f"cos({inner}) * ({inner})",
        f"min({inner}, 2 - ({inner}))", f"log(1 + exp({inner}))", f"erf({inner})",
    ])  # fmt: skip


def equations(draw: random.Random) -> dict[str, Any]:
    """A layer of random equations, with an inner tensor, and now and then a parameter or input that E does not need."""
    lines = [f"h[j] = {formula(draw, 'sum(W[j, i] * x[i], i) + b[j]')}"]
    parameters = {"W": ["units", "n"], "b": ["units"]}
    second = draw.choice(["V", "norm", "softmax", "twice", "unused", "outer"])
    if second == "V":
        parameters["V"] = ["units", "units"]
        lines.append(f"y[j] = {formula(draw, 'sum(V[j, k] * h[k], k)', 1)} + h[j]")
    elif second == "norm":
        lines.append("y[j] = h[j] / sqrt(1 + sum(h[k]**2, k))")
    elif second == "softmax":
        lines.append("y[j] = exp(h[j]) / sum(exp(h[k]), k) * h[j]")
    elif second == "twice":
        lines.append("y[j] = h[j] * h[j] + h[j] * sum(W[j, i] * x[i], i)")
    elif second == "unused":
        parameters["U"] = ["units"]
        lines.append("y[j] = h[j] + 0 * U[j]")
    else:
        parameters["g"] = []
        lines.append("y[j] = g * h[j] * sum(h[k] * x[i], k, i)")
    own = {"parameters": parameters, "equations": "\n".join(lines), "activation": False}
    end, loss = last(draw)
    return {
        "inputs": draw.randint(1, 4),
        "layers": [{"type": "own", "units": draw.randint(1, 4)}, end],
        "loss": loss,
        "layer_types": {"own": own},
    }


def arrays(draw: random.Random) -> dict[str, Any]:
    """A program in array notation."""
    n, m, k = (draw.randint(1, 4) for _ in range(3))
    elementwise = formula(draw, "z", 1).replace("max(", "maximum(").replace("min(", "minimum(")
    lines = [f"z = {draw.choice(['W @ x + b', 'W @ x - b', 'b * (W @ x)'])}", f"h = {elementwise}"]
    closings = ["sum((V @ h - t)**2) / 2", "mean((V @ h - t)**2)", "sum(log(1 + exp(V @ h * t)))"]
    closings += ["sum(softmax(V @ h) * t)", "sum(h)**2 + sum(V**2)", "sum(maximum(V @ h, 0.2) * t)"]
    closing = draw.choice(closings)
    lines.append(f"E = {closing}")
    shapes = {"W": [m, n], "x": [n], "b": [m], "V": [k, m], "t": [k]}
    words = set(re.findall(r"\w+", " ".join(lines)))
    used = {name: shape for name, shape in shapes.items() if name in words}
    return {"shapes": used, "equations": "\n".join(lines), "wrt": [name for name in ("W", "b", "V") if name in used]}


def _read_well(graph: Graph, derivation: Derivation) -> Iterator[str]:
    tensors = {**graph.tensors, **derivation.tensors}
    for equation in (*graph.equations, *derivation.adjoints):
        for read in reads(equation.rhs):
            if read.tensor not in tensors:
                yield f"{equation.tensor} reads {read.tensor}, which is nothing"
            elif len(read.indices) != len(tensors[read.tensor].indices):
                yield f"{equation.tensor} reads {read} with another number of indices"


def _free_indices(graph: Graph, derivation: Derivation) -> Iterator[str]:
    for equation in (*graph.equations, *derivation.adjoints):
        free = {one for one in equation.rhs.free_symbols if isinstance(one, Index)}
        if free - set(equation.indices):
            yield f"{equation.tensor} has the free indices {free - set(equation.indices)}"
        for total in equation.rhs.atoms(Total):
            if len(set(total.bound)) != len(total.bound):
                yield f"{equation.tensor} sums twice over one index"


def _defined_once(graph: Graph, derivation: Derivation) -> Iterator[str]:
    for equations_ in (graph.equations, derivation.adjoints):
        for name, count in Counter(one.tensor for one in equations_).items():
            if count > 1:
                yield f"{name} is defined {count} times"


def _loss_is_last(graph: Graph, derivation: Derivation) -> Iterator[str]:
    if graph.equations[-1].indices or graph.loss.role != "loss":
        yield "the last equation does not define the loss"


def _adjoints_have_shapes(graph: Graph, derivation: Derivation) -> Iterator[str]:
    for equation in derivation.adjoints:
        forward = next((old for old, new in derivation.adjoint_of.items() if new == equation.tensor), None)
        if forward is not None and [i.size for i in equation.indices] != list(graph.tensors[forward].shape):
            yield f"{equation.tensor} has another shape than {forward}"


def _steps_are_a_chain(graph: Graph, derivation: Derivation) -> Iterator[str]:
    by_name = {equation.tensor: equation for equation in derivation.adjoints}
    for name, steps in derivation.steps.items():
        for one, other in pairwise(steps):
            if one.after != other.before:
                yield f"{name}: {other.rule} does not begin where {one.rule} ends"
        if steps and name in by_name and steps[-1].after != by_name[name].rhs:
            yield f"{name}: the last step is not its equation"


# What is legal between the stages: each row finds what is not.
LEGAL = (_read_well, _free_indices, _defined_once, _loss_is_last, _adjoints_have_shapes, _steps_are_a_chain)


def illegal_program(program: Program, graph: Graph) -> Iterator[str]:
    """Every name that is used before it is set."""
    known = {tensor.name for tensor in graph.tensors.values()} - {equation.tensor for equation in graph.equations}
    everywhere = [*assignments(program.forward), *assignments(program.backward)]
    set_somewhere = {one.name for one in everywhere}
    for statement in everywhere:
        for node in nodes(statement.value):
            if isinstance(node, Leaf) and node.name not in known | set_somewhere:
                yield f"{statement.name} uses {node.name}, which is never set"


def faults(d: Derived, seed: int, document: bool) -> list[str]:
    """What is wrong with a derivation, its program, its code and its documents."""
    stages = d.stages
    graph, derivation = stages.graph, stages.derivation
    found = [f"{row.__name__}: {what}" for row in LEGAL for what in row(graph, derivation)]
    found += [f"program: {what}" for what in illegal_program(stages.program, graph)]
    report = d.verify(seed)
    found += [f"{one.subject}, {one.method}: {one.note}" for one in report.failures]
    found += _styles(d, seed)
    if document:
        source = EMITTERS["latex"].make(stages, Findings(Report(graph.name, ())))
        read = reader_of(stages, seed).document(source)
        # Of a sequence of one step there is no step before, and nothing to say about one.
        unread = [one for one in read.unread if "has no such element" not in str(one)]
        found += [f"document, {one}" for one in (*read.faults, *unread)]
    return found


def _styles(d: Derived, seed: int) -> Iterator[str]:
    """Where the two styles of code differ."""
    from symbackprop.verify.emitted import Emitted
    from symbackprop.verify.points import random_point

    point = random_point(d.stages.graph, np.random.default_rng(seed))
    readable, fast = (Emitted(d.stages.graph, d.stages.module_in(style), point) for style in ("readable", "fast"))
    (loss, gradient), (other, others) = readable.loss_and_gradient, fast.loss_and_gradient
    size = sum(float(np.sum(np.abs(one))) for one in gradient.values()) + 1
    if not abs(loss - other) <= 1e-9 * (1 + abs(loss)):
        yield f"fast style: the loss is {other}, not {loss}"
    for name, array in gradient.items():
        if name not in others or not np.all(np.abs(array - others[name]) <= 1e-9 * size):
            yield f"fast style: another gradient of {name}"


def examined(seed: int, document: bool | None = None) -> tuple[str, list[str]]:
    """What became of one network: refused, right or wrong, and what is wrong."""
    table = network(seed)
    try:
        d = derive(table)
        d.stages.derivation  # noqa: B018
    except (InputError, UnsupportedError) as error:
        return "refused", [str(error).splitlines()[0]]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = faults(d, seed, seed % EVERY_DOCUMENT == 0 if document is None else document)
    except (UnsupportedError, TooLargeError, UndefinedError) as error:
        return "refused", [str(error).splitlines()[0]]
    except Exception:
        wrong = [traceback.format_exc(limit=-4)]
    return ("wrong" if wrong else "right"), wrong


@settings(max_examples=8, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**6))
def test_random_networks(seed: int) -> None:
    outcome, wrong = examined(seed)
    assert outcome != "wrong", f"{json.dumps(network(seed))}\n" + "\n".join(wrong)


def test_most_random_networks_are_networks() -> None:
    outcomes = [_derived(seed) for seed in range(30)]
    assert outcomes.count(True) > 22


def _derived(seed: int) -> bool:
    try:
        return bool(derive(network(seed)).stages.derivation.adjoints)
    except (InputError, UnsupportedError):
        return False


def _outcomes(seeds: range, jobs: int) -> Iterator[tuple[str, list[str]]]:
    """What became of each network, in their order; a network is the same in whichever process it is drawn."""
    if jobs == 1:
        yield from map(examined, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=250) as pool:
        yield from pool.imap(examined, seeds)


def main() -> int:
    """Draw many networks; 1 if one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first network; the next has the next number")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--state", type=Path, help="where the counts are kept, to go on after an interruption")
    parser.add_argument("--only", type=int, nargs="+", help="the numbers of the networks to examine, in full")
    options = parser.parse_args()
    if options.only:
        found = {seed: examined(seed, document=True) for seed in options.only}
        print(*(f"seed {seed}: {json.dumps(network(seed))}\n  {what}" for seed, what in found.items()), sep="\n")
        return int(any(outcome == "wrong" for outcome, _ in found.values()))
    state: dict[str, Any] = {"next": options.seed, "counts": {}, "refused": {}, "wrong": {}}
    if options.state and options.state.is_file():
        state = json.loads(options.state.read_text("utf-8"))
    counts, refused, began = Counter(state["counts"]), Counter(state["refused"]), time.monotonic()
    print(f"every network: {DEMANDS}; of one in {EVERY_DOCUMENT} the document is read back", flush=True)
    seeds = range(state["next"], options.seed + options.networks)
    for seed, (outcome, what) in zip(seeds, _outcomes(seeds, options.jobs), strict=True):
        counts[outcome] += 1
        if outcome == "refused":
            refused[what[0].replace(f"random{seed}", "NAME")] += 1
        if outcome == "wrong":
            state["wrong"][str(seed)] = what
            print(f"seed {seed}: {json.dumps(network(seed))}\n  " + "\n  ".join(what), flush=True)
        state |= {"next": seed + 1, "counts": dict(counts), "refused": dict(refused)}
        if options.state:
            _kept(options.state, state)
        if (seed + 1) % 100 == 0:
            print(f"{seed + 1}: {dict(counts)}, {time.monotonic() - began:.0f} s", flush=True)
    print(*(f"refused {count} times: {reason}" for reason, count in refused.most_common()), sep="\n")
    print(f"networks: {sum(counts.values())}, {dict(counts)}, wrong: {list(state['wrong'])[:20]}")
    return 1 if counts["wrong"] else 0


def _kept(file: Path, state: dict[str, Any]) -> None:
    """Write the counts so that an interruption leaves the old ones or the new ones."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(state), "utf-8")
    new.replace(file)


if __name__ == "__main__":
    sys.exit(main())
