"""Array program → a module in the array API standard, for every library; or for JAX or PyTorch, as a part of theirs."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from symbackprop.categories import limits
from symbackprop.emit.array_api import ArrayApi
from symbackprop.emit.brought import brought, constant_rows
from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.environment import render
from symbackprop.emit.floats import wrapped
from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.layout import fitted, tuple_code
from symbackprop.emit.nodes import all_read, needed, sizes_counted
from symbackprop.emit.training import shape_code, sizes_code
from symbackprop.emit.variables import escaped
from symbackprop.emit.whole import is_array, is_whole
from symbackprop.expressions import Index
from symbackprop.graph import Derivation
from symbackprop.program import (
    Array,
    Assign,
    Const,
    Leaf,
    Loop,
    Position,
    Program,
    Statement,
    assignments,
    children,
    rebuilt,
)
from symbackprop.program.masks import is_truth
from symbackprop.version import __version__

WIDTH = 108
Lists = Mapping[str, Index]
_OWN = """
    Any Array CONSTANTS DATA MATRICES PLACES Params PARAMETERS accumulate annotations array_namespace by_data chosen ctx
    dtype erf every found gather grads is_lazy_array jax kept log_cosh log_sigmoid log_softmax logsumexp loss Loss
    loss_and_grad math once_differentiable params scatter sigmoid slopes softmax softplus some torch upstream value
    values window xp _backward _forward _loss _passes
"""
RESERVED = frozenset([*dir(builtins), *keyword.kwlist, *_OWN.split()])


def emit_array_module(
    derivation: Derivation,
    program: Program,
    *,
    library: str = "",
    checks: Sequence[str] = (),
    network_hash: str = "",
    version: str = __version__,
) -> str:
    """Write the module `gradients_array_api.py` of a network, or `gradients_jax.py` or `gradients_torch.py`.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments; for a library by data too.
        program: Both passes.
        library: `"jax"` for a function with a `custom_vjp`, `"torch"` for an `autograd.Function`; for any library that
            the arrays are of if left out.
        checks: For the certificate, one line for each check that was passed, with its threshold.
        network_hash: SHA-256 of the network's canonical description.
        version: Of symbackprop.

    Raises:
        UnsupportedError: The standard has no form of an operation.
    """
    writer = _Writer(derivation, program)
    lines = writer.passes()
    # Where nothing is derived that is given, data alone says what the arrays are of.
    floating = [(n, writer.name(n), writer.gradient(n)) for n in writer.given if n not in writer.whole]
    data = [name for _, name, _ in floating]
    known = ["*params.values()"] if program.parameters else data
    typed = "next(iter(params.values()))" if program.parameters else next(iter(data), "")
    body = render(
        "array_api/module.py.j2",
        library=library,
        title=derivation.graph.name,
        **_shapes(program, writer),
        places=[] if library == "jax" else _places(writer),
        data=writer.data,
        floating=floating,
        data_arguments=[f"{name}: Array" for name in writer.data],
        parameters=[(name, writer.name(name)) for name in program.parameters],
        known=", ".join(known),
        typed=typed,
        lines=lines,
        loss=writer.name(program.loss),
        grads=[(name, writer.gradient(name)) for name in program.parameters],
        returned=writer.returned(),
        **_with_helpers(writer.helpers),
    )  # fmt: skip
    if library:
        # The library is imported above; no function need ask its arrays for it.
        body = "".join(row for row in body.splitlines(keepends=True) if "xp = array_namespace(" not in row)
    name = derivation.graph.name
    return certified(Certificate(name, network_hash, version, checks), body)


def _shapes(program: Program, writer: _Writer) -> dict[str, Any]:
    """What is looked at before anything is computed."""
    tensors = writer.graph.tensors
    return {
        "shapes": [(name, shape_code(tensors[name])) for name in program.parameters],
        "data_shapes": [(writer.name(name), shape_code(tensors[name])) for name in writer.given],
        "constants": constant_rows({writer.name(tensor.name): tensor for tensor in writer.constants}, "Any", ""),
        "look": fitted("_look(", ["params", *(f"{name}={name}" for name in writer.data)], ")", 4),
        "whole": [writer.name(name) for name in writer.given if name in writer.whole],
        "counted": sizes_counted((*program.forward, *program.backward)),
        "symbolic": any(not axis.size.is_Integer for axes in program.parameters.values() for axis in axes),
    }


def _places(writer: _Writer) -> list[tuple[str, int, str]]:
    """Whole numbers that are given to be positions: the lowest, and the lengths of the axes.

    Under JAX's transformations there are no numbers yet that could be looked at.
    """
    known = ((name, found) for name, found in limits(writer.graph).items() if name in writer.given and found.lengths)
    return [(writer.name(name), found.lowest, sizes_code(found.lengths)) for name, found in known]


def _with_helpers(helpers: set[str]) -> dict[str, Any]:
    """The helpers, with those that they call, and what is used of the standard's extension for matrices."""
    prefix, called = "linalg.", {"softplus"} if "log_sigmoid" in helpers else set()
    extension = sorted(name.removeprefix(prefix) for name in helpers if name.startswith(prefix))
    own = {name for name in helpers if not name.startswith(prefix)}
    return {"helpers": own | called, "extension": tuple_code([f'"{name}"' for name in extension]) if extension else ""}


class _Writer:
    def __init__(self, derivation: Derivation, program: Program) -> None:
        graph = self.graph = derivation.graph
        self.program = program
        self.comment = formula_rows(derivation)
        self.helpers: set[str] = set()
        statements = (*program.forward, *program.backward)
        arrays = [*program.data, *program.parameters, *(a.name for a in assignments(statements))]
        names = escaped(arrays, RESERVED)
        taken = {*RESERVED, *arrays, *names.values()}
        loops = [s.index.name for s in statements if isinstance(s, Loop)]
        sizes = escaped([*program.sizes, *dict.fromkeys(loops)], taken)
        self.names = names | {f"#{old}": new for old, new in sizes.items()}
        given = [*graph.with_role("input", "constant"), *graph.with_role("target")]
        self.constants = brought(graph, [tensor.name for tensor in given])
        self.given = [tensor.name for tensor in given if tensor not in self.constants]
        self.data = [self.name(name) for name in self.given]
        self.whole = frozenset(t.name for t in graph.tensors.values() if t.is_whole)

    def name(self, name: str) -> str:
        return self.names.get(name, name)

    def gradient(self, name: str) -> str:
        """The expression of a gradient; it is 0 by what the loss does not depend on."""
        held = self.program.gradients.get(name)
        return f"xp.zeros_like({self.name(name)})" if held is None else self.name(held)

    def returned(self) -> dict[str, list[str]]:
        """How the backward passes of frameworks end: with nothing for whole numbers."""
        by_data = [None if name in self.whole else name for name in self.given]
        jax = ["None" if name is None else f'by_data["{name}"]' for name in by_data]
        torch = ["None" if name is None else f'found.get("{name}")' for name in by_data]
        own = "*(found[name] for name in PARAMETERS)"
        return {
            "jax": fitted("return (", ["grads", *jax], ")", 4),
            "torch": fitted("return (", [*torch, own], ")", 8),
        }

    def passes(self) -> dict[str, list[str]]:
        """The lines of the loss, of the gradient by parameters, and of what the gradient by data needs beyond."""
        program, held = self.program, self.program.gradients
        both = (*program.forward, *program.backward)
        wanted = [program.loss, *(held[name] for name in program.parameters if name in held)]
        own = needed(both, wanted)
        return {
            "loss": self.function(needed(program.forward, [program.loss])),
            "both": self.function(own, commented=True),
            "by_data": self.statements(
                [one for one in needed(both, [*wanted, *held.values()]) if one not in own], commented=True
            ),
        }

    def function(self, statements: Sequence[Statement], commented: bool = False) -> list[str]:
        """The lines of a function: what it takes, and its statements."""
        used = all_read(statements)
        rows = [f'{self.name(p)} = params["{p}"]' for p in self.program.parameters]
        for size, (array, axis) in self.program.sizes.items():
            rows.append(f"{self.names.get(f'#{size}', size)} = {self.name(array)}.shape[{axis}]")
        whole = sorted(self.whole & used & {*self.given})
        rows += [f"{self.name(n)} = xp.astype({self.name(n)}, xp.int64)" for n in whole]
        for name in [tensor.name for tensor in self.constants if tensor.name in used]:
            kind = "xp.int64" if name in self.whole else "dtype"
            rows.append(f'{self.name(name)} = xp.asarray(CONSTANTS["{self.name(name)}"], dtype={kind})')
        return [*rows, *self.statements(statements, commented)]

    def statements(self, statements: Iterable[Statement], commented: bool = False) -> list[str]:
        """The lines of some statements."""
        rows: list[str] = []
        for statement in statements:
            rows += (
                self._loop(statement, commented) if isinstance(statement, Loop) else self._lines(statement, commented)
            )
        return rows

    def _lines(self, statement: Assign, commented: bool) -> list[str]:
        rows = [f"# {row}" for row in self.comment(statement.name)] if commented else []
        for part in self._in_parts(statement, {}):
            rows += wrapped(f"{self.name(part.name)} = ", self._code(part, {}), "")
        return rows

    def _code(self, part: Assign, lists: Lists) -> str:
        printer = ArrayApi(self.names, self.whole, lists)
        value = part.value
        if part.name in self.whole:
            code = printer.spread(value, part.axes)[0]
            code = code if is_whole(value, self.whole) else f"xp.astype({code}, xp.int64)"
        else:
            code = printer.numeric(value, part.axes)[0]
        self.helpers |= printer.helpers
        if not is_array(value):
            code = f"xp.asarray({code}, dtype=dtype)"
        missing = [axis for axis in part.axes if axis not in value.axes]
        if missing:
            code = f"xp.broadcast_to({code}, {printer.shape(part.axes)})"
        return code

    def _in_parts(self, statement: Assign, lists: Lists) -> Iterator[Assign]:
        """The statement, behind statements for parts of it if it would be too long for a line."""
        names = (f"{statement.name}_part{number}" for number in count(1))
        yield from self._split(statement, names, lists)

    def _split(self, statement: Assign, names: Iterator[str], lists: Lists) -> Iterator[Assign]:
        while len(self._code(statement, lists)) + len(statement.name) > WIDTH - 8:
            inside = [part for part in children(statement.value) if self._splits(part)]
            if not inside:
                break
            longest = max(inside, key=lambda part: len(self._code(Assign("", part.axes, part), lists)))
            part = Assign(next(names), longest.axes, longest)
            yield from self._split(part, names, lists)
            kept = [Leaf(part.name, part.axes) if child is longest else child for child in children(statement.value)]
            statement = replace(statement, value=rebuilt(statement.value, kept))
        yield statement

    def _splits(self, node: Array) -> bool:
        """Whether a part may have a name: one of truth values or whole numbers would become numbers by it."""
        plain = isinstance(node, Leaf | Const | Position) or is_truth(node)
        return not plain and not is_whole(node, self.whole)

    def _loop(self, loop: Loop, commented: bool) -> list[str]:
        """A recurrence: each position is kept by its number, and all are stacked behind the loop."""
        lists: Lists = {assign.name: loop.index for assign in loop.body}
        printer = ArrayApi(self.names, self.whole, {})
        size, place = printer.size(loop.index), self.names.get(f"#{loop.index.name}", loop.index.name)
        rows = [f"{self.name(assign.name)}: dict[int, Array] = {{}}" for assign in loop.body]
        rows.append(f"for {place} in {f'reversed(range({size}))' if loop.reverse else f'range({size})'}:")
        for assign in loop.body:
            rows += [f"    # {row}" for row in self.comment(assign.name)] if commented else []
            axes = tuple(axis for axis in assign.axes if axis != loop.index)
            for part in self._in_parts(replace(assign, axes=axes), lists):
                left = f"{self.name(part.name)}[{place}]" if part.name == assign.name else self.name(part.name)
                rows += [f"    {row}" for row in wrapped(f"{left} = ", self._code(part, lists), "")]
        for assign in loop.body:
            own = self.name(assign.name)
            every = f"[{own}[{place}] for {place} in range({size})]"
            rows += fitted(f"{own} = xp.stack(", [every, f"axis={assign.axes.index(loop.index)}"], ")", 4)
        return rows
