"""What every part of a document needs: symbols of single elements, their values, and which equation gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import mpmath
import sympy as sp
from sympy import Expr

from symbackprop.display import (
    Boxed,
    Evaluator,
    Number,
    Relation,
    Row,
    Symbol,
    TensorReader,
    Tree,
    Words,
    build,
    equality,
    shown,
    typed,
)
from symbackprop.display.tree import bare, walk
from symbackprop.emit.document.blocks import Text
from symbackprop.emit.document.chosen import chosen
from symbackprop.emit.document.concrete import chain, gathered, instance, numeric
from symbackprop.emit.document.material import Material
from symbackprop.emit.document.phrases import Phrases
from symbackprop.emit.document.stages import Stage, over_samples, stages
from symbackprop.expressions import Index, Read
from symbackprop.graph import SAMPLE, Tensor

# The value of a loss is short where all is exact; the values of weights are as the user wrote them.
GIVEN = ("input", "target", "parameter")


class Sheet:
    """The symbols and numbers of one network, for one sample whose number is not printed.

    Attributes:
        material: What the document is made from.
        sample: The sample that is worked through, counted from 1.
        labels: The label of the relation in which an element got its value.
        known: The labels of the local derivatives that have been derived.
    """

    def __init__(self, material: Material) -> None:
        self.material = material
        self.derivation = material.derivation
        self.graph = material.derivation.graph
        self.say = Phrases(material.choices.language)
        self.brief = material.choices.detail == "brief"
        self.full = material.choices.detail == "full"
        self.only = chosen(material)
        self.labels: dict[tuple[str, tuple[int, ...]], str] = {}
        self.known: set[str] = set()
        tensors = {**self.graph.tensors, **self.derivation.tensors}
        self.tensors: Mapping[str, Tensor] = tensors
        self.plain = TensorReader.of(self.derivation, material.notation)
        hidden = TensorReader.of(self.derivation, material.notation, (SAMPLE,))
        self.reader = hidden if self.batched else self.plain
        self.sample = self._telling_sample()

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The layers."""
        return stages(self.derivation)

    @cached_property
    def batched(self) -> bool:
        """Whether tensors have a sample index."""
        return any(self.has_samples(tensor) for tensor in self.graph.with_role("input"))

    def wants(self, tensor: str, at: Sequence[int] | None = None) -> bool:
        """Whether the gradient by a tensor, or by one element of it, counted from 0, is to be told."""
        if self.only is None:
            return True
        places = self.only.get(tensor, ())
        return places is None or (bool(places) if at is None else tuple(at) in places)

    def words(self, phrase: str, **holes: Any) -> Words:
        """A phrase for the margin of a formula."""
        return Words(self.say(phrase, **holes))  # type: ignore[arg-type]

    def reduced(self) -> Text:
        """How the errors of samples are combined, to end a sentence."""
        said = {"mean": ", averaged over the samples", "sum": ", added over the samples"}
        facts = self.material.facts
        samples = self.say(said[facts.reduction]) if self.batched and facts.reduction else ()
        return (*samples, *(self.say(", and what the parameters cost") if facts.more else ()), *self.say(":"))

    @cached_property
    def samples(self) -> int:
        """The number of samples, 1 where it is not known."""
        return next((n for size, n in self.graph.sizes.items() if size.name == "N"), 1) if self.batched else 1

    @cached_property
    def counter(self) -> Symbol:
        """The letter that counts samples."""
        return self.plain.index(SAMPLE)

    def has_samples(self, tensor: Tensor) -> bool:
        """Whether a tensor's first axis is that of the samples."""
        return bool(tensor.indices) and tensor.indices[0].name == SAMPLE and not tensor.shape[0].is_Integer

    def reader_for(self, *exprs: Expr) -> TensorReader:
        """Who prints formulas: without the index of samples where all that is read is of the sample at hand."""
        return self.plain if any(map(self._mixes, exprs)) else self.reader

    def _mixes(self, expr: Expr) -> bool:
        """Whether something runs over samples, or is read of another one."""
        if over_samples(expr):
            return True
        read = [one.indices[0] for one in expr.atoms(Read) if one.indices and self._is_of_samples(one.tensor)]
        return any(place.has(Index) and not (isinstance(place, Index) and place.name == SAMPLE) for place in read)

    def _is_of_samples(self, name: str) -> bool:
        return name in self.tensors and self.has_samples(self.tensors[name])

    def _telling_sample(self) -> int:
        """The first sample with the fewest zeros among its inputs: zeros would hide what a product does."""
        if not self.batched or self.material.step is None:
            return 1
        inputs = [tensor.name for tensor in self.graph.with_role("input") if self.has_samples(tensor)]
        zeros = [
            sum(not value for name in inputs for value in _leaves(self.values[name][n])) for n in range(self.samples)
        ]
        return zeros.index(min(zeros)) + 1

    @cached_property
    def values(self) -> dict[str, Any]:
        """The numbers of all elements, nested like the tensors, and those of symbolic sizes."""
        assert self.material.scalars is not None and self.material.step is not None
        numbers = self.material.step.numbers
        found: dict[str, Any] = {symbol.name: size for symbol, size in self.graph.sizes.items()}
        for name, places in self.material.scalars.elements.items():
            found[name] = _nested({at: numbers[symbol.name] for at, symbol in places.items()}, ())
        return found

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self.values)

    def value(self, tree: Tree) -> Any:
        """The true value of a tree at given indices: a `Fraction` if it is exact, else an mpmath number."""
        value = self._evaluator.scalar(tree).middle
        # The evaluator has a context of its own, whose numbers are of another class.
        return value if isinstance(value, int | Fraction) else mpmath.mp.make_mpf(value._mpf_)

    def number(self, tree: Tree) -> Number:
        """The number to print for a tree: what the user wrote, or the value to nine digits."""
        tree = bare(tree)
        if isinstance(tree, Symbol) and tree.role in GIVEN:
            return self.given(tree.key, tuple(int(one.text) - 1 for one in tree.place))  # type: ignore[attr-defined]
        return shown(self.value(tree))

    def given(self, tensor: str, at: Sequence[int]) -> Number:
        """A number of the user's, in his own digits."""
        value = self.tensors[tensor].value
        for position in at:
            value = value[position] if isinstance(value, tuple | list) else value
        text = str(value)
        return typed(text) if len(text) <= 12 else shown(self.values_at(tensor, at))

    def values_at(self, tensor: str, at: Sequence[int]) -> Any:
        """The value of one element, counted from 0."""
        value = self.values[tensor]
        for position in at:
            value = value[position]
        return value

    def element(self, name: str, *at: int) -> Tree:
        """The symbol of one element, counted from 1; the sample is the one at hand."""
        tensor = self.tensors[name]
        place = (self.sample, *at) if self.has_samples(tensor) else at
        return self.reader(Read(name, *(sp.Integer(position - 1) for position in place)))

    def place(self, name: str, *at: int) -> tuple[int, ...]:
        """Where an element of the sample at hand is, counted from 0."""
        lead = (self.sample - 1,) if self.has_samples(self.tensors[name]) else ()
        return (*lead, *(position - 1 for position in at))

    def index_form(self, expr: Expr) -> Tree:
        """An expression in index form; the sample is not printed."""
        return self.built(expr, self.reader)

    def built(self, expr: Expr, reader: TensorReader) -> Tree:
        """An expression as a tree, common factors and maxima as one would write them."""
        return gathered(build(expr, reader))

    def at(
        self,
        expr: Expr,
        indices: Sequence[Index],
        position: Sequence[int],
        samples: Literal["one", "index", "all"] = "one",
    ) -> Tree:
        """An expression at given indices of one neuron, counted from 1.

        Args:
            expr: The expression.
            indices: The indices of the tensor it defines.
            position: Their values, but for that of the samples.
            samples: What becomes of the sample index: that of the sample at hand, with the sums over samples left out;
                printed as an index, with those sums as they are; or all samples written out.
        """
        own = self.without_samples(indices)
        table = {f"#{index.name}": n for index, n in zip(own, position, strict=True)}
        reader = self.reader if samples == "one" else self.plain
        if self.batched and samples != "all":
            table[f"#{SAMPLE}"] = self.sample if samples == "one" else 0
        return instance(self.built(expr, reader), table, reader, self.count)

    def count(self, size: Tree) -> int:
        """The number that a size is."""
        if isinstance(size, Number):
            return int(size.text)
        sizes = {symbol.name: number for symbol, number in self.graph.sizes.items()}
        return sizes[size.key] if isinstance(size, Symbol) else 0

    def units(self, tensor: Tensor) -> int:
        """The size of a tensor's last axis."""
        return int(tensor.shape[-1]) if tensor.shape else 1

    def relation(
        self, lhs: Tree, symbolic: Tree, label: str, *, box: bool = False, more: Sequence[Row] = ()
    ) -> Relation:
        """A left-hand side, the formula, the formula with numbers, and its value."""
        with_numbers = numeric(symbolic, self.number)
        return chain(lhs, Row("=", symbolic), *more, *self.settled(with_numbers, symbolic, label, box=box))

    def settled(self, with_numbers: Tree, symbolic: Tree, label: str, *, box: bool = False) -> tuple[Row, Row]:
        """The formula with numbers, and its value."""
        value = shown(self.value(symbolic))
        before = equality(*walk(with_numbers))
        after: Literal["=", "≈"] = "=" if before == "=" and value.exact else "≈"
        return Row(before, with_numbers), Row(after, Boxed(value) if box else value, label=label)

    def labelled(self, name: str, at: Sequence[int], kind: str = "") -> str:
        """A label for the relation that gives an element its value, remembered for references to it."""
        label = f"eq:{kind or name}-{'-'.join(map(str, at)) or 'value'}"
        self.labels[name, tuple(at)] = label
        return label

    def adjoint(self, name: str) -> str:
        """The name of the adjoint of a forward tensor."""
        return self.derivation.adjoint_of[name]

    def without_samples(self, indices: Sequence[Index]) -> list[Index]:
        """The indices of a tensor but that of the samples."""
        return [index for index in indices if not (self.batched and index.name == SAMPLE)]


def _nested(flat: Mapping[tuple[int, ...], Any], at: tuple[int, ...]) -> Any:
    if at in flat:
        return flat[at]
    count = 1 + max(place[len(at)] for place in flat if place[: len(at)] == at)
    return tuple(_nested(flat, (*at, position)) for position in range(count))


def _leaves(value: Any) -> list[Any]:
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, tuple) else [value]
