"""An array that is flattened in another order than it is stored in → few weights brought into its order instead of it.

A dense layer of few units behind a convolution has fewer weights than the samples have entries. What its weights send
back arrives in the order of the array too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symbackprop.expressions import Index
from symbackprop.optimize.common import has_loops, replaced, substituted
from symbackprop.optimize.layout import reordered
from symbackprop.optimize.reading import copies_nothing
from symbackprop.optimize.renaming import with_axes
from symbackprop.program import (
    Accumulate,
    Affine,
    Array,
    Assign,
    Axes,
    Contract,
    Leaf,
    Program,
    Window,
    assignments,
    nodes,
)

# With more units than this, about half of a usual number of samples, it is better to bring the samples in order.
FEW = 16


def few_weights_in_order(program: Program) -> Program:
    """Bring the weights of dense layers into the order of what they read, where the samples would be else."""
    if has_loops(program):
        return program
    for assign in assignments(program.forward):
        value = _with_own_indices(assign.value)
        if isinstance(value, Accumulate) and isinstance(value.arg, Leaf) and not copies_nothing(assign):
            layer = _layer(program, assign, value.arg, value.at)
            if layer is not None:
                program = layer.program()
    return program


def _own(index: Index) -> Index:
    """An index for the same places in the array: units that are as many may go by the letter that it has."""
    return Index(f"{index.name}_stored", index.size)


def _with_own_indices(node: Array) -> Array:
    return with_axes(node, {index: _own(index) for index in node.at.indices}) if isinstance(node, Accumulate) else node


@dataclass(frozen=True)
class _Product:
    """A sum of products with a stored array on one side.

    Attributes:
        assign: The statement in which it stands.
        node: The sum of products.
        read: The array, as it is read.
        other: The other side.
    """

    assign: Assign
    node: Contract
    read: Leaf
    other: Array


def _product(assign: Assign, node: Array, name: str) -> _Product | None:
    if isinstance(node, Contract):
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, Leaf) and side.name == name:
                return _Product(assign, node, side, other)
    return None


def _layer(program: Program, flat: Assign, stored: Leaf, at: Affine) -> _Layer | None:
    """The one dense layer that reads a flattened array, if it has few units."""
    every = assignments((*program.forward, *program.backward))
    readers = [assign for assign in every if flat.name in assign.reads]
    found = [made for a in readers for node in nodes(a.value) if (made := _product(a, node, flat.name)) is not None]
    if at.digits() is None or at.start != 0 or len(found) != 2 or len(readers) != 2:
        return None
    forward, backward = found
    weights = forward.other
    if not isinstance(weights, Leaf) or len(weights.axes) != 2 or (weights.axes[1],) != forward.node.over:
        return None
    few = weights.axes[0].size.is_Integer and weights.axes[0].size <= FEW
    own = program.gradients.get(weights.name) == backward.assign.name and backward.assign.value == backward.node
    return _Layer(program, flat, stored, at, forward, weights, backward) if few and own else None


@dataclass(frozen=True)
class _Layer:
    """A dense layer behind an array that is flattened.

    Attributes:
        base: The program.
        flat: The statement that flattens.
        stored: The array, as it is read there.
        at: Where its entries are put.
        forward: The product with the weights.
        weights: They, as they are read there.
        backward: The product that is their gradient.
    """

    base: Program
    flat: Assign
    stored: Leaf
    at: Affine
    forward: _Product
    weights: Leaf
    backward: _Product

    @property
    def digits(self) -> Axes:
        """The axes that are flattened, in the order in which they are stored."""
        return tuple(axis for axis in self.stored.axes if axis in self.at.indices)

    def _read(self, product: _Product) -> Leaf:
        """The array, read as it is stored."""
        names = dict(zip(self.flat.axes, product.read.axes, strict=True))
        return Leaf(self.stored.name, tuple(names.get(axis, axis) for axis in self.stored.axes))

    def program(self) -> Program:
        """The program in which the array is read as it is stored."""
        units, whole = self.weights.axes
        order = Assign(f"{self.weights.name}_in_order", (units, *self.digits), Window(self.weights, whole, self.at))
        product = Contract(Leaf(order.name, order.axes), self._read(self.forward), self.digits)
        assign = self.forward.assign
        layer = replace(assign, value=replaced(assign.value, self.forward.node, product))
        forward = substituted(self.base.forward, {self.flat.name: (), assign.name: (order, layer)})
        backward = substituted(self.base.backward, {self.backward.assign.name: self._gradient()})
        return self._arriving(replace(self.base, forward=forward, backward=backward), order.name)

    def _gradient(self) -> tuple[Assign, Assign]:
        """The gradient in the order in which the array is stored, and in that of the weights."""
        gradient, over = self.backward.assign, self.backward.node.over
        units, whole = gradient.axes
        product = Contract(self.backward.other, self._read(self.backward), over)
        made = Assign(f"{gradient.name}_in_order", (units, *self.digits), product)
        return made, replace(gradient, value=Accumulate(Leaf(made.name, made.axes), whole, self.at))

    def _arriving(self, program: Program, order: str) -> Program:
        """The same with the gradient by the array in its order, if it is a product with the weights."""
        for assign in assignments(program.backward):
            node = assign.value
            found = _product(assign, node.arg, self.weights.name) if isinstance(node, Window) else None
            if not isinstance(node, Window) or found is None:
                continue
            units, whole = found.read.axes
            names = _same_places(node.at, self.at)
            if names is None or node.axis != whole or found.node.over != (units,):
                continue
            places = tuple(names[axis] for axis in self.digits)
            unit = _own(units)
            value = Contract(Leaf(order, (unit, *places)), with_axes(found.other, {units: unit}), (unit,))
            backward = substituted(program.backward, {assign.name: (replace(assign, value=value),)})
            axes = (*places, *(axis for axis in assign.axes if axis not in places))
            return replace(program, backward=tuple(reordered(backward, {assign.name: _order(assign.axes, axes)})))
        return program


def _order(old: Axes, new: Axes) -> tuple[int, ...]:
    return tuple(old.index(axis) for axis in new)


def _same_places(at: Affine, other: Affine) -> dict[Index, Index] | None:
    """Index of the other → index of the first, if both read the same places in the same way."""
    steps = dict(zip(at.steps, at.indices, strict=True))
    same = at.start == other.start and sorted(at.steps) == sorted(other.steps) and len(steps) == len(at.steps)
    return {index: steps[step] for index, step in zip(other.indices, other.steps, strict=True)} if same else None
