"""A finished document → how many of its relations hold, each parsed from the text and evaluated from the forward pass.

Relations with numbers are evaluated at the worked sample, those without at random points too, for several values of
their free indices. What cannot be evaluated is counted apart and named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Expr

from symbackprop.display.choosing import NoValueError
from symbackprop.display.reader import TensorReader
from symbackprop.display.text import text
from symbackprop.display.tree import Apply, Number, Relation, Symbol, Tree, walk
from symbackprop.errors import SymbackpropError, UnknownNameError
from symbackprop.graph import SAMPLE, Derivation
from symbackprop.notation import STANDARD, Notation, given
from symbackprop.reading.document import Passage
from symbackprop.reading.names import TensorNames
from symbackprop.reading.pages import read_page
from symbackprop.reading.relations import EQUALITY_NEEDED, read_formula, read_relation
from symbackprop.reading.tables import read_latex
from symbackprop.verify.assignments import assignments, tensor_meant, without_numbers
from symbackprop.verify.judging import Judge, Verdict
from symbackprop.verify.points import random_point, worked_point
from symbackprop.verify.printed import PrintedEvaluator
from symbackprop.verify.stepping import after_step
from symbackprop.verify.steps import shrunk
from symbackprop.verify.tabulated import assigned, tabulated, written_down
from symbackprop.verify.truth import Truth, exact_values, index_sizes

LONGEST = 200_000
MOST_WORKED = 5_000


@dataclass(frozen=True)
class Reread:
    """What re-reading a document found.

    Attributes:
        held: How many signs of equality hold.
        faults: A sentence for each that does not, with its line.
        unread: A sentence for each that could not be evaluated.
    """

    held: int = 0
    faults: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many signs were looked at."""
        return self.held + len(self.faults) + len(self.unread)

    def __str__(self) -> str:
        return f"{self.held} of {self.count} relations re-read"


@dataclass
class Rereading:
    """Reads documents on one network.

    Attributes:
        truths: The values at each point; the first is the worked sample if there is one.
        notation: How things are called.
        worked: Whether the first point is a worked sample.
        sizes: The values that the network gives its symbolic sizes.
        known: The numbers of tensors that are given where others are not.
        making_up: Makes who reads the drawing to work with of a network without numbers, which has some made up.
    """

    truths: Sequence[Truth]
    notation: Notation = STANDARD
    worked: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    making_up: Callable[[], Rereading | None] = lambda: None
    sample: int = 0
    _names: dict[tuple[int, int], TensorNames] = field(default_factory=dict)

    def document(self, source: str) -> Reread:
        """Check every relation of a document, in LaTeX or HTML."""
        readable = (read_page if source.lstrip().startswith("<!") else read_latex)(source)
        found = readable.passages
        self.sample = self._telling_sample(found)
        verdicts = [(passage, verdict) for passage in found for verdict in self._reader(passage).verdicts(passage)]
        verdicts += tabulated(self, readable)
        references = [f"line {line}: nothing is labelled {label!r}" for label, line in readable.unknown]
        return Reread(
            sum(verdict.outcome == "held" for _, verdict in verdicts),
            (*(_named(*one) for one in verdicts if one[1].outcome == "fault"), *references),
            tuple(_named(*one) for one in verdicts if one[1].outcome in ("unread", "nothing")),
        )

    def _telling_sample(self, found: Sequence[Passage]) -> int:
        """The sample whose number is not printed: the one for which the first numbers of the document hold."""
        if not self.worked:
            return 0
        first = [one for one in found if one.kind == "display" and re.search(r"[=x] [-(]*\d", one.text)][:4]
        first += [one for one in found if one.kind == "drawing"][:4]
        best = (-1, 0)
        for sample in range(1, self.evaluators[0]._samples() + 1):
            self.sample = sample
            self._names.clear()
            held = sum(verdict.outcome == "held" for one in first for verdict in self.verdicts(one))
            best = max(best, (held, -sample))
        self._names.clear()
        return -best[1]

    @cached_property
    def made_up(self) -> Rereading | None:
        """Who reads what is said about numbers that were made up."""
        return self.making_up()

    def _reader(self, passage: Passage) -> Rereading:
        """A network that has no numbers has none in its drawings but those that were made up to work with."""
        return self if self.worked or passage.kind != "drawing" else self.made_up or self

    @cached_property
    def evaluators(self) -> list[PrintedEvaluator]:
        """One for each point."""
        sizes = [index_sizes(one.derivation, one.point.sizes, self.letters) for one in self.truths]
        return [PrintedEvaluator(*one) for one in zip(self.truths, sizes, strict=True)]

    @cached_property
    def letters(self) -> Mapping[str, str]:
        """What is printed for the letters of indices."""
        derivation = self.truths[0].derivation
        return {**{name: name for name in derivation.letters}, **TensorReader.of(derivation, self.notation).renamed}

    def names(self, layer: int = 0, sample: int = 0) -> TensorNames:
        """What signs stand for, where no layer is printed in this one, and where no sample is for this one."""
        sample = sample or self.sample
        if (layer, sample) not in self._names:
            truth = self.truths[0]
            derivation = truth.derivation
            tensors = {**derivation.graph.tensors, **derivation.tensors}
            sizes = {str(symbol) for symbol in truth.point.sizes}
            loss = self.notation.sign(derivation.graph.loss.name)
            more = {name: given(name) for name in truth.more if name.isidentifier()}
            more["E_new"] = replace(loss, subs=(*loss.subs, "new"))
            self._names[layer, sample] = TensorNames(
                tensors,
                self.notation,
                derivation.adjoint_of,
                sizes=sizes,
                sample=sample,
                layer=layer,
                more=more,
                functions=truth.functions,
                letters=self.letters,
            )
        return self._names[layer, sample]

    def verdicts(self, passage: Passage) -> list[Verdict]:
        """What became of each sign of one relation."""
        if r"\leftarrow" in passage.text and not self._sets_a_parameter(passage):
            return []  # a rule, which says what is to be done
        try:
            relation = read_relation(passage.text, self.names(0, passage.sample), LONGEST)
        except UnknownNameError as error:
            return self._in_some_layer(passage, error)
        except SymbackpropError as error:
            # A condition in brackets has an equals sign too.
            inside = passage.kind == "inline" and EQUALITY_NEEDED in str(error)
            return [] if inside else [Verdict("unread", error.mistakes[0].message)]
        if isinstance(relation.lhs, Symbol) and relation.lhs.key.startswith("#"):
            return []  # what an index is called
        if isinstance(relation.lhs, Symbol) and relation.lhs.key in self.sizes:
            return [self._size(relation.lhs.key, row.tree) for row in relation.rows]
        if isinstance(relation.lhs, Symbol) and relation.lhs.key in self.known:
            return written_down(relation, self.known[relation.lhs.key])
        return self.judged(assigned(relation) if r"\leftarrow" in passage.text else relation, passage.sample)

    def _sets_a_parameter(self, passage: Passage) -> bool:
        """Whether something gets a new value; without numbers, w is any parameter, even where one has that name."""
        if not self.worked:
            return False
        try:
            lhs = read_formula(passage.text.partition(r"\leftarrow")[0], self.names())
        except SymbackpropError:
            return False
        return isinstance(lhs, Symbol) and lhs.key in self.truths[0].graph.tensors

    def _size(self, name: str, tree: Tree) -> Verdict:
        """A size has the value that the network gives it, not the one at the point."""
        if isinstance(tree, Number) and tree.value == self.sizes[name]:
            return Verdict("held")
        return Verdict("fault", f"{name} is {self.sizes[name]}, not {text(tree)}")

    def _in_some_layer(self, passage: Passage, error: SymbackpropError) -> list[Verdict]:
        """A relation that leaves the layer open must hold for some layer, and for each whose function it names."""
        truth = self.truths[0]
        rows = dict(zip((equation.tensor for equation in truth.graph.equations), truth.graph.rows, strict=False))
        best: list[Verdict] = []
        for layer in sorted({tensor.layer for tensor in truth.graph.tensors.values()} - {0}):
            try:
                relation = read_relation(passage.text, self.names(layer), LONGEST)
            except SymbackpropError:
                continue
            called = [one for tree in _members(relation) for one in walk(tree) if isinstance(one, Apply)]
            # A slope is that of the function with a prime, whatever functions its formula is made of.
            named = {one.name for one in called if one.primes} or {one.name for one in called}
            here = {rows.get(one.key) for tree in _members(relation) for one in walk(tree) if isinstance(one, Symbol)}
            concerns = named & set(rows.values())
            if concerns and not concerns & here:
                continue
            found = self.judged(relation)
            if concerns and any(verdict.outcome == "fault" for verdict in found):
                return found
            if not best or _better(found, best):
                best = found
        return best or [Verdict("unread", error.mistakes[0].message)]

    def judged(self, relation: Relation, sample: int = 0) -> list[Verdict]:
        """What became of each sign of a relation that has been read."""
        symbolic = without_numbers(relation)
        found: list[Verdict] = []
        for n, evaluator in enumerate(self.evaluators):
            here = relation if n == 0 or not self.worked else symbolic
            if here is None or (n and sample):
                continue
            evaluator = evaluator.at({f"#{self.letters.get(SAMPLE, SAMPLE)}": sample}) if sample else evaluator
            verdicts = self._at(here, evaluator)
            if not found:
                found = verdicts
            else:
                faults = [verdict for verdict in verdicts if verdict.outcome == "fault"]
                found = [faults[0], *found[1:]] if faults else found
        return found

    def _at(self, relation: Relation, evaluator: PrintedEvaluator) -> list[Verdict]:
        found: list[Verdict] = []
        evaluator = evaluator.about(tensor_meant(relation.lhs, evaluator.truth))
        try:
            places = assignments(relation, evaluator)
        except NoValueError as error:
            return [Verdict("unread", str(error)) for _ in relation.rows]
        for place in places:
            verdicts = Judge(relation, evaluator.at(place)).verdicts()
            found = [max(pair, key=_gravity) for pair in zip(found, verdicts, strict=True)] if found else verdicts
        return found


def _gravity(verdict: Verdict) -> int:
    return ("nothing", "held", "unread", "fault").index(verdict.outcome)


def _better(found: Sequence[Verdict], other: Sequence[Verdict]) -> bool:
    return sum(map(_gravity, found)) < sum(map(_gravity, other))


def _members(relation: Relation) -> list[Tree]:
    return [relation.lhs, *(row.tree for row in relation.rows)]


def _named(passage: Passage, verdict: Verdict) -> str:
    return f"line {passage.line}: {verdict.note}"


def rereading(
    derivation: Derivation,
    notation: Notation = STANDARD,
    more: Mapping[str, Any] | None = None,
    rule: Expr | None = None,
    seed: int = 0,
) -> Rereading:
    """What is needed to read documents on a derivation: the true values at the worked sample and at a random point.

    Args:
        derivation: What was documented.
        notation: How the document calls things.
        more: Values of further names, such as the learning rate under `"eta"`, and under `"variants"` other numbers
            that may be printed.
        rule: What one step makes of a parameter, in the symbols w and g, its value and gradient.
        seed: Of the random point.
    """
    rng, graph = np.random.default_rng(seed), derivation.graph
    sizes = {symbol.name: int(size) for symbol, size in graph.sizes.items()}
    worked = worked_point(graph)
    if worked is not None and sum(np.size(array) for array in worked.values.values()) <= MOST_WORKED:
        names = graph.with_role("input", "target", "parameter", "constant")
        here = Truth(derivation, worked, {one.name: exact_values(one, worked) for one in names}, more or {})
        if rule is not None:
            here = replace(here, more={**after_step(here, rule), **here.more})
        other = Truth(derivation, random_point(graph, rng, graph.sizes), {}, {})
        return Rereading([here, other], notation, True, sizes)
    small = shrunk(derivation)
    known = {tensor.name: tensor.value for tensor in graph.tensors.values() if tensor.value is not None}
    return Rereading([Truth(small, random_point(small.graph, rng, {}), {}, more or {})], notation, False, sizes, known)
