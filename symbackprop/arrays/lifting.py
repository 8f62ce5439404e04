"""Values that were given names → the tensors and equations of a graph, each equation with readable letters.

A reduction that more is made of, or the argument of an activation, becomes a tensor of its own, as in a textbook: its
gradient is then found once, and has a name. Everything else stays inside the equation of the statement that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symbackprop.arrays.loops import Rolled
from symbackprop.arrays.recurrences import base
from symbackprop.arrays.values import PLAIN, Value, exact, put
from symbackprop.contraction import ALPHABET, letter, tidy
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Index, Read, places_read, tensors_read
from symbackprop.graph import WRITTEN, Equation, Fact, Graph, Role, Tensor, needed, renaming

LETTERS = "ijklpqruvw"
SAMPLES = Symbol("N", integer=True, positive=True)
MOST_EQUATIONS = 5000


class Lifting:
    """Collects equations while statements are carried out on values.

    Attributes:
        tensors: What is given, by name.
        equations: What was defined so far, by name; a name with "@" stands for one that is chosen in the end.
    """

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.equations: dict[str, Equation] = {}
        self._found: dict[tuple[tuple[Index, ...], Expr], str] = {}
        self._count = count(1)

    def index(self, size: Expr | int, name: str = "") -> Index:
        """A new index, of its own; samples are counted by s."""
        return Index(f"{name or ('s' if size == SAMPLES else 'i')}_{next(self._count)}", size)

    def like(self, index: Index) -> Index:
        """A new index with the letter and the size of another."""
        return self.index(index.size, letter(index))

    def number(self, number: Any) -> Value:
        """A number as a value."""
        return Value(self, exact(number))

    def given(
        self, name: str, shape: Sequence[Expr], role: Role = "input", value: Any = None, facts: tuple[Fact, ...] = ()
    ) -> Value:
        """Declare a tensor that is given."""
        indices = tuple(self._letters([Index("i_1", size) for size in shape]))
        self.tensors[name] = Tensor(name, role, indices, value=value, facts=facts, label=name)
        return self.read(name)

    def constant(self, array: Any, whole: bool) -> Value:
        """Numbers that follow no rule, as a tensor with a value of its own."""
        array = array.astype(int) if array.dtype.kind == "b" else array
        for name, tensor in self.tensors.items():
            if tensor.role == "constant" and np.array_equal(tensor.value, array):
                return self.read(name)
        name = next(name for n in count(1) if (name := f"C{n}") not in self.tensors and name not in self.equations)
        facts = (Fact("integer"),) if whole else ()
        found = self.given(name, [sp.Integer(n) for n in array.shape], "constant", array.tolist(), facts)
        self.tensors[name] = replace(self.tensors[name], trainable=False)
        return found

    def limit(self, name: str, size: Expr) -> None:
        """Take the numbers of a given tensor for positions in an axis."""
        facts = dict.fromkeys((*self.tensors[name].facts, Fact("integer", below=size)))
        self.tensors[name] = replace(self.tensors[name], facts=tuple(facts))

    def read(self, name: str) -> Value:
        """The value of a tensor, at indices of its own."""
        indices = self.tensors[name].indices if name in self.tensors else self.equations[name].indices
        axes = tuple(map(self.like, indices))
        whole = name in self.tensors and self.tensors[name].is_whole
        return Value(self, Read(name, *axes), axes, whole=whole)

    def named(self, value: Value, hint: str = "") -> Value:
        """Give a value a name of its own, unless it is a tensor or a number already."""
        if isinstance(value.expr, Read) or value.truth or not tensors_read(value.expr):
            return replace(value, unit="", depth=PLAIN)
        known = self._known(value)
        if known:
            return replace(self.over_axes(known, value.axes), whole=value.whole)
        return self.define(self.new_name(hint or value.unit or "h"), value)

    def forced(self, value: Value) -> Value:
        """A tensor of its own for a value, even if it is only part of one, or a constant."""
        name = self.new_name("m")
        self.add_axes(name, value.axes, value.number)
        return self.over_axes(name, value.axes)

    def _known(self, value: Value) -> str:
        """The tensor that is defined as a value already, or ""."""
        long = [axis for axis in value.axes if axis.size != 1]
        letters = tuple(self._letters(long))
        table: dict[Index, Expr] = {axis: sp.S.Zero for axis in value.axes if axis.size == 1}
        expr = tidy(put(value.number, table | dict(zip(long, letters, strict=True))), letters)
        return self._found.get((letters, expr), "")

    def define(self, name: str, value: Value) -> Value:
        """Write an equation for a value, and return the tensor that it defines as a value.

        A value that is a tensor already, or that reads none, needs no equation. Axes of length 1 are left out. A name
        that a size has is left to the size: the tensor gets one like it in the end.
        """
        expr = value.number
        if self._is_view(value) or not tensors_read(expr):
            return replace(value, unit="", depth=PLAIN)
        if len(self.equations) >= MOST_EQUATIONS:
            raise LanguageError(f"more than {MOST_EQUATIONS:,} statements", help="write loops as array operations")
        if name in self.equations or name in self.tensors:
            name = f"{base(name)}@@{next(self._count)}"
        elif name in self.size_names():
            name = self.new_name(name)
        self.add_axes(name, value.axes, expr)
        return replace(self.over_axes(name, value.axes), whole=value.whole)

    def size_names(self) -> set[str]:
        """The names of the symbolic sizes of what is given."""
        sizes = (index.size for tensor in self.tensors.values() for index in tensor.indices)
        return {symbol.name for size in sizes for symbol in size.free_symbols}

    def _is_view(self, value: Value) -> bool:
        """Whether a value is a whole tensor, its axes in whatever order."""
        expr = value.expr
        if not isinstance(expr, Read) or not set(expr.indices) <= set(value.axes):
            return False
        own = (self.tensors.get(expr.tensor) or self.equations[expr.tensor]).indices
        return all(index.size == axis.size for index, axis in zip(expr.indices, own, strict=True))

    def new_name(self, hint: str) -> str:
        """A name to be chosen in the end."""
        return f"{hint}@{next(self._count)}"

    def add_axes(self, name: str, axes: Sequence[Index], expr: Expr) -> None:
        """Write an equation over axes of which those of length 1 are left out."""
        long = [axis for axis in axes if axis.size != 1]
        self.add(name, long, put(expr, {axis: sp.S.Zero for axis in axes if axis.size == 1}))

    def over_axes(self, name: str, axes: Sequence[Index]) -> Value:
        """A defined tensor, with the axes of length 1 that its equation was written without."""
        read = self.read(name)
        table = iter(read.axes)
        own = tuple(self.like(axis) if axis.size == 1 else next(table) for axis in axes)
        return Value(self, read.expr, own)

    def add(self, name: str, axes: Sequence[Index], expr: Expr) -> None:
        """Write an equation with readable letters; it may read itself at an earlier position."""
        letters = tuple(self._letters(axes))
        expr = put(expr, dict(zip(axes, letters, strict=True)))
        self.equations[name] = Equation(name, letters, tidy(expr, letters))
        self._found.setdefault((letters, self.equations[name].rhs), name)

    def _letters(self, axes: Sequence[Index]) -> Iterator[Index]:
        """Letters for the axes of a definition: those that a user chose, else i, j, k, …; samples are counted by s."""
        used: set[str] = set()
        taken = self.size_names() | {symbol.name for axis in axes for symbol in axis.size.free_symbols}
        taken |= {name for name, tensor in self.tensors.items() if not tensor.indices}
        for number, axis in enumerate(axes):
            wanted = letter(axis)
            if axis.size == SAMPLES and number == 0:
                wanted = "s"
            elif wanted in used or wanted in f"s{LETTERS}" or wanted in taken:
                wanted = next(one for one in LETTERS + ALPHABET + "mnxyz" if one not in used | taken)
            used.add(wanted)
            yield Index(wanted, axis.size)

    def definition(self, expr: Expr) -> Expr:
        """What a read of a defined tensor stands for, at its indices; anything else stands for itself."""
        if isinstance(expr, Read) and expr.tensor in self.equations:
            equation = self.equations[expr.tensor]
            return put(equation.rhs, dict(zip(equation.indices, expr.indices, strict=True)))
        return expr

    def graph(
        self, name: str, loss: Value, called: str, sizes: Mapping[Symbol, int], taken: Sequence[str] = ()
    ) -> Graph:
        """The graph of a loss: the equations that it needs, in their order, with names that can be printed.

        Args:
            name: Of the graph.
            loss: A single number.
            called: What the loss is called if it has no name yet.
            sizes: Values of symbolic sizes.
            taken: Names that none of ours may have.

        Raises:
            ShapeError: The loss is not a single number.
            LanguageError: It depends on nothing, or what is given is named like a size.
        """
        for both in sorted(self.size_names() & self.tensors.keys()):
            raise named_like_a_size(both)
        last = self._loss(loss, called)
        found = self._rolled([self.equations[old] for old in (*self._needed(last), last)])
        names = self._names([one.tensor for one in found], taken)
        table = renaming(names)
        read = {name for one in found for name in tensors_read(one.rhs)}
        tensors = {name: one for name, one in self.tensors.items() if one.role != "constant" or name in read}
        equations = []
        for equation in found:
            new = names.get(equation.tensor, equation.tensor)
            equations.append(Equation(new, equation.indices, equation.rhs.xreplace(table)))
            role: Role = "loss" if equation.tensor == last else "hidden"
            tensors[new] = Tensor(new, role, equation.indices, label=new)
        for place in {name for equation in equations for name in places_read(equation.rhs)}:
            tensors[place] = replace(tensors[place], facts=(*tensors[place].facts, Fact("integer")))
        return Graph(name, tensors, tuple(equations), sizes, (WRITTEN,) * len(equations))

    def _rolled(self, equations: Sequence[Equation]) -> tuple[Equation, ...]:
        """Equations with recurrences in the place of loops."""
        shapes = {name: tensor.shape for name, tensor in self.tensors.items()}
        names = {name for name, tensor in self.tensors.items() if not tensor.indices}

        def table(numbers: Sequence[Expr]) -> str:
            return str(self.constant(np.array([float(n) for n in numbers]), whole=False).expr.args[0])

        return Rolled(shapes, self.new_name, table, names | self.size_names()).equations(equations)

    def finished(self, value: Value, name: str) -> list[Equation]:
        """The equations that a value needs, in their order, the last of which defines `name` as the value."""
        needed = [*self._needed_by(value)]
        names = self._names(needed, (name,))
        table = renaming(names)
        found = [self.equations[old] for old in needed]
        equations = [Equation(names.get(e.tensor, e.tensor), e.indices, e.rhs.xreplace(table)) for e in found]
        if not equations or equations[-1].tensor != name:
            letters = tuple(self._letters(value.axes))
            rhs = tidy(put(value.number, dict(zip(value.axes, letters, strict=True))), letters).xreplace(table)
            equations.append(Equation(name, letters, rhs))
        return equations

    def _needed_by(self, value: Value) -> Iterator[str]:
        """What a value depends on, in the order of definition; last what it is, if it is a whole tensor."""
        due = needed(self.equations, tensors_read(value.number))
        return (name for name in self.equations if name in due)

    def _loss(self, loss: Value, called: str) -> str:
        if any(size != 1 for size in loss.shape):
            raise ShapeError(
                f"the loss {called} has shape {loss.shape}, but a loss is one number", help=f"sum({called}) is one"
            )
        single = Value(self, put(loss.number, {axis: sp.S.Zero for axis in loss.axes}))
        if isinstance(single.expr, Read) and single.expr.tensor in self.equations and not single.expr.indices:
            return single.expr.tensor
        if not tensors_read(single.expr):
            raise LanguageError(f"the loss {called} depends on nothing that is given")
        free = called if called not in {*self.tensors, *self.equations, *self.size_names()} else f"{called}@@0"
        self.add(free, (), single.expr)
        return free

    def _needed(self, last: str) -> list[str]:
        """What the loss depends on, in the order of definition, without the loss."""
        due = needed(self.equations, [last])
        return [name for name in self.equations if name in due and name != last]

    def _names(self, defined: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
        """Names for those that were left to us: z for one, z1, z2, … for several; h1, h2, … for an h that was moved."""
        used = {*self.tensors, *self.size_names(), *taken, *(name for name in defined if "@" not in name)}
        groups: dict[str, list[str]] = {}
        for name in defined:
            groups.setdefault(base(name), []).append(name)
        names: dict[str, str] = {}
        for word, members in groups.items():
            ours = [name for name in members if "@" in name]
            if not ours:
                continue
            moved = "@@" in ours[-1]
            if moved and len(members) > 1 and all(f"{word}{n}" not in used for n in range(1, len(members) + 1)):
                chosen = [f"{word}{n}" for n in range(1, len(members) + 1)]
                names |= dict(zip(members, chosen, strict=True))
            else:
                plain = [word] if len(members) == 1 else []
                numbered = (f"{word}{n}" for n in count(1))
                free = (name for name in chain(plain, numbered) if name not in used)
                for name in ours:
                    names[name] = next(free)
                    used.add(names[name])
            used |= set(names.values())
        return names


def named_like_a_size(name: str, **place: Any) -> LanguageError:
    """What is said where a tensor and a symbolic size have one name."""
    message = f"the tensor {name!r} has the name of the size {name!r}"
    return LanguageError(message, help="give the tensor or the size another name", **place)
