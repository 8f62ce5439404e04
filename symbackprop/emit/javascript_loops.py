"""Loop nests → the bodies of a script's functions: every array one Float64Array, its elements in the order of C."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy as sp

from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.javascript_language import JAVASCRIPT, RESERVED
from symbackprop.emit.layout import fitted
from symbackprop.emit.loops import Braces, LoopWriter, needed_steps
from symbackprop.emit.scalar import place_code
from symbackprop.emit.variables import escaped
from symbackprop.graph import Derivation
from symbackprop.program.algebra import add, mul
from symbackprop.program.nest import Declare, For, Group, Nest, Step, steps_within, values_within
from symbackprop.program.scalar import ZERO, Element, Number, Op, Scalar, within

BRACES = Braces(JAVASCRIPT, ("const", "let", "const", "let"), "let")


class FlatWriter(LoopWriter):
    """Writes elements of arrays as elements of flat ones.

    Args:
        nest: Gives the shapes of arrays.
        names: What to write for names, where it is not the name itself.
        derivation: Gives the formulas of comments; without it there are none.
    """

    def __init__(self, nest: Nest, names: dict[str, str], derivation: Derivation | None = None) -> None:
        super().__init__(BRACES, names, formula_rows(derivation) if derivation is not None else lambda name: ())
        self.nest = nest

    def code(self, value: Scalar) -> str:
        """A value, its elements counted through."""
        return super().code(self._flat(value))

    def _flat(self, value: Scalar) -> Scalar:
        if isinstance(value, Op):
            return Op(value.function, tuple(map(self._flat, value.args)))
        if not isinstance(value, Element):
            return value
        place: Scalar = ZERO
        for at, size in zip(value.at, self.nest.shape(value.array), strict=True):
            place = add(mul(place, Number(size)), self._flat(at))
        return Element(value.array, (Number(sp.expand(place.value)) if isinstance(place, Number) else place,))


class LoopPasses:
    """The bodies of the functions of a script, as loops.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        nest: Both passes.
    """

    def __init__(self, derivation: Derivation, nest: Nest) -> None:
        self.graph = derivation.graph
        self.nest = nest
        self.known = {*self.graph.tensors, *derivation.tensors}
        steps = list(steps_within((*nest.forward, *nest.backward)))
        taken = RESERVED | {step.name for step in steps if isinstance(step, Declare)}
        names = escaped(nest.arrays, taken)
        taken |= {*nest.arrays, *names.values()}
        sizes = {str(symbol) for array in nest.arrays for size in nest.shape(array) for symbol in size.free_symbols}
        own = escaped(sorted(sizes), taken)
        taken |= {*sizes, *own.values()}
        loops = escaped(sorted({step.index.name for step in steps if isinstance(step, For)}), taken)
        self.sizes = {size: own.get(size, size) for size in sorted(sizes)}
        self.names = names | {f"#{old}": new for old, new in (*own.items(), *loops.items())}
        self.writer = FlatWriter(nest, self.names, derivation)
        self.plain = FlatWriter(nest, self.names)
        self.predicted = [tensor.name for tensor in self.graph.with_role("prediction") if tensor.name in nest.arrays]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Both passes."""
        return (*self.nest.forward, *self.nest.backward)

    def shape(self, array: str) -> str:
        """The shape of an array, in brackets."""
        sizes = [place_code(Number(size), JAVASCRIPT, self.names) for size in self.nest.shape(array)]
        return f"[{', '.join(sizes)}]"

    def name(self, array: str) -> str:
        """The variable that holds an array."""
        return self.names.get(array, array)

    def nested(self, array: str) -> str:
        """An array as nested ones; a number by itself."""
        return (
            f"nested({self.name(array)}, {self.shape(array)})" if self.nest.arrays[array] else f"{self.name(array)}[0]"
        )

    def forward(self) -> list[str]:
        """The lines of the forward pass."""
        given = [tensor.name for tensor in self.graph.with_role("input", "constant")]
        return self._body(
            needed_steps(self.nest.forward, set(self.predicted)), [*given, *self.nest.parameters], self.plain
        )

    def forward_values(self) -> list[tuple[str, str]]:
        """What the forward pass computes."""
        return self._values(needed_steps(self.nest.forward, set(self.predicted)))

    def both(self) -> list[str]:
        """The lines of both passes."""
        return self._body(self.steps, [*self.nest.data, *self.nest.parameters], self.writer)

    def values(self) -> list[tuple[str, str]]:
        """What both passes compute."""
        return self._values(self.steps)

    def sizes_of(self, array: str) -> list[int | str]:
        """The shape of an array as numbers and names of sizes."""
        return [int(size) if size.is_Integer else str(size) for size in self.nest.shape(array)]

    def elements(self, arrays: Iterable[str]) -> dict[str, list[int | str]]:
        """Nothing: elements are found by their array and place."""
        return {}

    def calls(self) -> set[str]:
        """The functions that the lines call."""
        values = (node for value in values_within(self.steps) for node in within(value))
        return {node.function for node in values if isinstance(node, Op)}

    def loss(self) -> str:
        """The loss."""
        return f"{self.name(self.nest.loss)}[0]"

    def gradient(self, parameter: str) -> str:
        """The gradient by a parameter in its shape; 0 where the loss does not depend on it."""
        adjoint = self.nest.gradients.get(parameter)
        if adjoint is not None:
            return self.nested(adjoint)
        return f"nested(new Float64Array({self.name(parameter)}.length), {self.shape(parameter)})"

    def _values(self, steps: Sequence[Step]) -> list[tuple[str, str]]:
        computed = dict.fromkeys(step.array for step in steps_within(steps) if isinstance(step, Group))
        return [(array, self.nested(array)) for array in computed if array in self.known]

    def _body(self, steps: Sequence[Step], given: Iterable[str], writer: LoopWriter) -> list[str]:
        rows = ["const sizes = new Map();"] if self.nest.sizes else []
        sizes = ", sizes" if self.nest.sizes else ""
        used = list(given)
        for array in used:
            source = "params" if array in self.nest.parameters else "data"
            rows.append(f'const {self.name(array)} = numbers({source}, "{array}"{sizes});')
        for size, (array, _) in self.nest.sizes.items():
            if array in used:
                rows.append(f'const {self.sizes[size]} = sizes.get("{size}");')
        for array in dict.fromkeys(step.array for step in steps_within(steps) if isinstance(step, Group)):
            count = Number(sp.expand(sp.Mul(*self.nest.shape(array))))
            rows += fitted(f"const {self.name(array)} = new Float64Array(", [writer.place(count)], ");")
        return rows + writer.lines(steps)
