"""Random networks: what every stage must keep, on networks that nobody thought of.

Each network of `random_networks` is legal after each stage; its steps keep their value; index form, scalar form,
emitted code in both styles, one big expression and differences of the loss agree; so does the code in the other
languages, each on one in so many networks; a part of the documents is read back.

A few are drawn by the tests. Many are drawn by `python tests/test_properties.py --networks 10000 --seed 0 --jobs 2`,
which goes on where it was interrupted if it is given `--state FILE`, and prints what failed with the network that did;
`--only 1234` examines that one again.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

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


def _beside(name: str) -> Any:
    """A module beside this one, whether pytest or Python runs it."""
    spec = importlib.util.spec_from_file_location(f"symbackprop_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that what it returns can be sent between processes
    spec.loader.exec_module(module)
    return module


network = _beside("random_networks").network
target_runs = _beside("target_runs")

EVERY_DOCUMENT = 10
DEMANDS = (
    "legal after each stage, each step proven, loss and gradients of the code against differences, a complex step, "
    "50 digits, index form, scalar form and (below 30 parameters) one big expression, both styles alike"
)


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


class Examined(NamedTuple):
    """What became of one network.

    Attributes:
        outcome: `"refused"`, `"right"` or `"wrong"`.
        what: Why it was refused, or all that is wrong.
        targets: What became of the code in each other language that it was run in.
    """

    outcome: str
    what: list[str]
    targets: tuple[Any, ...] = ()


def examined(seed: int, everything: bool = False, targets: tuple[str, ...] = ()) -> Examined:
    """Examine one network; with `everything` its document and all languages, else those due, or the targets named."""
    table = network(seed)
    try:
        d = derive(table)
        d.stages.derivation  # noqa: B018
    except (InputError, UnsupportedError) as error:
        return Examined("refused", [str(error).splitlines()[0]])
    ran: tuple[Any, ...] = ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = faults(d, seed, everything or seed % EVERY_DOCUMENT == 0)
            names = targets or target_runs.due(seed, everything)
            ran = tuple(target_runs.outcomes(d.stages, seed, names))
    except (UnsupportedError, TooLargeError, UndefinedError) as error:
        return Examined("refused", [str(error).splitlines()[0]])
    except Exception:
        wrong = [traceback.format_exc(limit=-4)]
    wrong += [f"{one.target}: {one.why}" for one in ran if one.word == "wrong"]
    return Examined("wrong" if wrong else "right", wrong, ran)


@settings(max_examples=8, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**6))
def test_random_networks(seed: int) -> None:
    found = examined(seed)
    assert found.outcome != "wrong", f"{json.dumps(network(seed))}\n" + "\n".join(found.what)


def test_most_random_networks_are_networks() -> None:
    outcomes = [_derived(seed) for seed in range(30)]
    assert outcomes.count(True) > 22


def _derived(seed: int) -> bool:
    try:
        return bool(derive(network(seed)).stages.derivation.adjoints)
    except (InputError, UnsupportedError):
        return False


@dataclass
class Counts:
    """What became of the networks so far, as it is kept from run to run.

    Attributes:
        next: The number of the next network.
        counts: How many were refused, right, wrong.
        refused: How often for each reason.
        wrong: What is wrong with each network that is.
        targets: Of each target, how many networks it saw, and what became of them.
        refusals: How often a target refused a network, for each reason.
    """

    next: int
    counts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, dict[str, int]] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    def add(self, seed: int, found: Examined) -> None:
        """Count one network."""
        _count(self.counts, found.outcome)
        if found.outcome == "refused":
            _count(self.refused, found.what[0].replace(f"random{seed}", "NAME"))
        if found.outcome == "wrong":
            self.wrong[str(seed)] = found.what
        for one in found.targets:
            _count(self.targets.setdefault(one.target, {}), one.word)
            if one.word in ("refused", "missing"):
                _count(self.refusals, f"{one.target}, {one.word}: {one.why}".replace(f"random{seed}", "NAME"))
        self.next = seed + 1

    def lines(self) -> Iterator[str]:
        """What is printed at the end."""
        yield from (f"refused {count} times: {reason}" for reason, count in Counter(self.refused).most_common())
        for name, counts in sorted(self.targets.items()):
            words = {"refused": "refused by target", "missing": "not installed"}
            told = (f"{words.get(word, word)} {count}" for word, count in sorted(counts.items()))
            yield f"target {name}: {sum(counts.values())} networks, {', '.join(told)}"
        yield from (f"target {reason}, {count} times" for reason, count in Counter(self.refusals).most_common())
        total = sum(self.counts.values())
        yield f"networks: {total}, {self.counts}, wrong: {list(self.wrong)[:20]}"


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _outcomes(seeds: range, jobs: int, targets: tuple[str, ...]) -> Iterator[Examined]:
    """What became of each network, in their order; a network is the same in whichever process it is drawn."""
    examine = partial(examined, targets=targets)
    if jobs == 1:
        yield from map(examine, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=250) as pool:
        yield from pool.imap(examine, seeds)


def main() -> int:
    """Draw many networks; 1 if one is wrong."""
    options = _options()
    if options.only:
        found = {seed: examined(seed, everything=True) for seed in options.only}
        for seed, one in found.items():
            print(f"seed {seed}: {json.dumps(network(seed))}\n  {(one.outcome, one.what)}")
            print(*(f"  {target}: {word} {why}".rstrip() for target, word, why in one.targets), sep="\n")
        return int(any(one.outcome == "wrong" for one in found.values()))
    state = Counts(options.seed)
    if options.state and options.state.is_file():
        state = Counts(**json.loads(options.state.read_text("utf-8")))
    began = time.monotonic()
    print(f"every network: {DEMANDS}; of one in {EVERY_DOCUMENT} the document is read back", flush=True)
    print(f"code in other languages: {target_runs.shares(options.targets)}", flush=True)
    seeds = range(state.next, options.seed + options.networks)
    for seed, one in zip(seeds, _outcomes(seeds, options.jobs, tuple(options.targets)), strict=True):
        state.add(seed, one)
        if one.outcome == "wrong":
            print(f"seed {seed}: {json.dumps(network(seed))}\n  " + "\n  ".join(one.what), flush=True)
        if options.state:
            _kept(options.state, asdict(state))
        if (seed + 1) % 100 == 0:
            print(f"{seed + 1}: {state.counts}, {time.monotonic() - began:.0f} s", flush=True)
    print(*state.lines(), sep="\n")
    return 1 if state.wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first network; the next has the next number")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--state", type=Path, help="where the counts are kept, to go on after an interruption")
    parser.add_argument("--only", type=int, nargs="+", help="the numbers of the networks to examine, in full")
    names = list(target_runs.TARGETS)
    parser.add_argument("--targets", nargs="+", default=[], choices=names, help="run these on every network, no others")
    return parser.parse_args()


def _kept(file: Path, state: dict[str, Any]) -> None:
    """Write the counts so that an interruption leaves the old ones or the new ones."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(state), "utf-8")
    new.replace(file)


if __name__ == "__main__":
    sys.exit(main())
