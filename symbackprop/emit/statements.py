"""Statements of a program → lines of NumPy, with the names and the comments that a function needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from symbackprop.categories import limits
from symbackprop.emit.layout import WIDTH, tuple_code
from symbackprop.emit.nodes import read
from symbackprop.emit.numpy import PRECISION, numpy_code
from symbackprop.graph import Graph
from symbackprop.program import (
    Array,
    Assign,
    Const,
    Leaf,
    Loop,
    Map,
    Position,
    Statement,
    assignments,
    children,
    factors,
    leaves,
    rebuilt,
    without_precision,
)
from symbackprop.program.masks import LOGICAL, OPERATORS, is_truth, mask

DECIDING = frozenset({*LOGICAL, *OPERATORS})


@dataclass(frozen=True)
class Writer:
    """Writes statements as lines of code.

    Attributes:
        names: What to write for a name that the code uses for something else; for a size or a loop's index n under
            "#n".
        comment: The formula of an array, for the lines above its statement.
        numbers: Arrays that are known to hold floating-point numbers.
        typed: Numbers that are written in the precision of the parameters.
        written: Lines of statements that have been written: the same ones stand in several functions.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    comment: Callable[[str], Sequence[str]] = lambda name: ()
    numbers: Collection[str] = ()
    typed: Collection[str] = ()
    written: dict[int, tuple[Assign, list[str]]] = field(default_factory=dict, compare=False)

    def name(self, name: str) -> str:
        """The variable that holds an array."""
        return self.names.get(name, name)

    def size(self, name: str) -> str:
        """The variable that holds a size, or the index of a loop."""
        return self.names.get(f"#{name}", name)

    def code(self, node: Array) -> str:
        """A node as an expression, its axes in their own order."""
        return numpy_code(node, node.axes, self.names)

    def lines(self, statement: Statement, commented: bool = False) -> list[str]:
        """One statement; what is too long for a line is computed in parts first."""
        if isinstance(statement, Loop):
            return self._loop(statement, commented)
        rows = self._comments(statement, commented)
        # By identity, which is quicker than comparing trees; the statement is kept, lest another takes its place.
        known = self.written.get(id(statement))
        if known is None:
            known = statement, [line for _, line in _in_parts(_numbered(statement), self._line)]
            self.written[id(statement)] = known
        return rows + known[1]

    def _comments(self, statement: Assign, commented: bool) -> list[str]:
        return [f"# {row}" for row in self.comment(statement.name)] if commented else []

    def _line(self, statement: Assign) -> str:
        code = statement_code(statement, self.names)
        if statement.name in self.typed and PRECISION in self.names:
            code = f"{self.names[PRECISION]}.type({code})"
        return f"{self.name(statement.name)} = {code}"

    def _loop(self, loop: Loop, commented: bool) -> list[str]:
        known = sorted(read(loop) - {assign.name for assign in loop.body})
        like = next((name for name in known if name in self.numbers), next(iter(known), None))
        kind = self.names.get(PRECISION, "float") if like is None else f"{self.name(like)}.dtype"
        rows = []
        for assign in loop.body:
            shape = tuple_code([self._size_code(axis.size) for axis in assign.axes])
            rows.append(f"{self.name(assign.name)} = np.empty({shape}, dtype={kind})")
        size, place = self._size_code(loop.index.size), self.size(loop.index.name)
        steps = f"reversed(range({size}))" if loop.reverse else f"range({size})"
        rows.append(f"for {place} in {steps}:")
        for assign in loop.body:
            written = [*self._comments(assign, commented), *self._in_loop(assign, loop, place)]
            rows += [f"    {row}" for row in written]
        return rows

    def _in_loop(self, assign: Assign, loop: Loop, place: str) -> list[str]:
        at = assign.axes.index(loop.index)
        axes = tuple(axis for axis in assign.axes if axis != loop.index)
        where = f"{self.name(assign.name)}[{', '.join([':'] * at + [place])}]"

        def line(part: Assign) -> str:
            left = where if part.name == assign.name else self.name(part.name)
            return f"{left} = {numpy_code(part.value, part.axes, self.names)}"

        return [text for _, text in _in_parts(replace(assign, axes=axes), line)]

    def _size_code(self, size: object) -> str:
        return numpy_code(Const(size), (), self.names)


def statement_code(statement: Assign, names: Mapping[str, str] | None = None) -> str:
    """The code of an array; one that is the same along an axis is filled in along it.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i, j = Index("i", 3), Index("j", 2)
        >>> statement_code(Assign("dX", (i, j), Leaf("r", (i,))))
        'np.full((3, 2), r[:, None])'
    """
    value, own = statement.value, statement.value.axes
    code = numpy_code(value, statement.axes, names)
    if set(statement.axes) <= set(own):
        return code
    shape = tuple_code([numpy_code(Const(axis.size), (), names) for axis in statement.axes])
    if not own:
        number = str(float(value.value)) if _is_number(value) else code  # type: ignore[attr-defined]
        precision = f", {names[PRECISION]}" if names and PRECISION in names and not leaves(value) else ""
        return f"np.full({shape}, {number}{precision})"
    marks = [":" if axis in own else "None" for axis in statement.axes]
    marks = marks[marks.index(":") :]
    if "None" in marks:
        code = f"{code if code.isidentifier() else f'({code})'}[{', '.join(marks)}]"
    return f"np.full({shape}, {code})"


def untyped(graph: Graph, statements: Iterable[Statement]) -> str:
    """The names of what holds no numbers of the precision of the others, in one line: places, and plain numbers."""
    return " ".join([*limits(graph), *sorted(without_precision(assignments(statements)))])


def _is_number(value: Array) -> bool:
    return isinstance(value, Const) and bool(value.value.is_number)


def _numbered(statement: Assign) -> Assign:
    """A statement whose array holds numbers, even where they are 1 for true and 0 for false, or positions alone."""
    value = statement.value
    due = value.axes and (is_truth(value) or not leaves(value))
    return replace(statement, value=Map("number", (value,))) if due else statement


def _numeric(part: Array, whole: Array) -> Array:
    """A part as numbers, where it is truth values that are computed with: its name does not tell what it is."""
    if not is_truth(part) or (isinstance(whole, Map) and not _computes(whole, part)):
        return part
    return Map("number", (part,))


def _computes(whole: Map, part: Array) -> bool:
    """Whether truth values in an operation would be taken for numbers; beside numbers of a kind they take that."""
    if whole.function == "mul":
        parts = list(factors(whole))
        truths = [is_truth(mask(arg) or arg) for arg in parts]
        return all(truths) or any(not truth and not leaves(arg) for truth, arg in zip(truths, parts, strict=True))
    return whole.function not in DECIDING and not (whole.function == "where" and part is whole.args[0])


def _in_parts(
    statement: Assign, line: Callable[[Assign], str], parts: Iterator[str] | None = None
) -> Iterator[tuple[Assign, str]]:
    """The statement and its line, behind statements for parts of it if it would be too long for a line."""
    names = parts or (f"{statement.name}_part{number}" for number in count(1))
    lengths: dict[int, tuple[Array, int]] = {}

    def length(part: Array) -> int:
        # By identity, as in `lines`; the parts are kept as well.
        if id(part) not in lengths:
            lengths[id(part)] = part, len(numpy_code(part, part.axes))
        return lengths[id(part)][1]

    while len(written := line(statement)) > WIDTH - 4:
        value = statement.value
        # Truth values as numbers are taken apart inside.
        whole = value.args[0] if isinstance(value, Map) and value.function == "number" else value
        inside = [part for part in children(whole) if not isinstance(part, Leaf | Const | Position)]
        if not inside:
            break
        longest = max(inside, key=length)
        part = Assign(next(names), longest.axes, _numeric(longest, whole))
        yield from _in_parts(part, line, names)
        kept = [Leaf(part.name, part.axes) if child is longest else child for child in children(whole)]
        rest = rebuilt(whole, kept)
        statement = replace(statement, value=rest if whole is value else Map("number", (rest,)))
    yield statement, written
