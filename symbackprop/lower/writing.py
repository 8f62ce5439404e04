"""Steps that are written one after the other → blocks and loops of them: where they go while they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count

from symbackprop.expressions import Index
from symbackprop.program import Axes
from symbackprop.program.nest import Declare, For, Step
from symbackprop.program.scalar import Name, Number, Scalar

Places = dict[Index, Scalar]


class Writing:
    """Collects steps.

    Args:
        taken: What no index may be called, as the sizes are.

    Attributes:
        steps: Those of the block that is being written.
        open: The names of the indices of the loops around it.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self.taken = taken
        self.steps: list[Step] = []
        self.open: list[str] = []
        self._numbers = count(1)

    @contextmanager
    def block(self) -> Iterator[list[Step]]:
        """Collect the steps that are written meanwhile."""
        outer, self.steps = self.steps, []
        yield self.steps
        self.steps = outer

    @contextmanager
    def over(self, axes: Axes, here: Places, start: int = 0) -> Iterator[Places]:
        """Write what is written meanwhile into loops over some axes."""
        indices = []
        inside = dict(here)
        for axis in axes:
            index = self.fresh(axis)
            indices.append(index)
            self.open.append(index.name)
            inside[axis] = Number(index)
        with self.block() as body:
            yield inside
        steps: tuple[Step, ...] = tuple(body)
        for index in reversed(indices):
            self.open.pop()
            steps = (For(index, steps, start),)
        self.steps += steps

    def fresh(self, axis: Index) -> Index:
        """An index of that name, or of one near it where a loop around, or a size, has that name."""
        base = "i" if "_axis" in axis.name else axis.name.split("_")[0]
        name = base
        further = count(1)
        while name in self.open or name in self.taken:
            name = f"{base}{next(further)}"
        return Index(name, axis.size)

    def local(self, name: str, value: Scalar, varies: bool = True, whole: bool = False) -> Name:
        variable = Name(f"{name}{next(self._numbers)}")
        self.steps.append(Declare(variable.name, value, varies, whole))
        return variable
