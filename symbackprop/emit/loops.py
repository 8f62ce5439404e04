"""Loop nests → lines of a language with braces: C or JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.emit.scalar import Language, place_code, scalar_code
from symbackprop.expressions import Index
from symbackprop.program.nest import Declare, For, Group, If, Step, Store, steps_within, values_within
from symbackprop.program.scalar import Element, Name, Number, Op, Scalar, within


@dataclass(frozen=True)
class Braces:
    """How a language with braces writes steps.

    Attributes:
        language: How it writes values.
        variable: Begins the declaration of a number, of one that varies, of a position, and of one that varies.
        counter: Begins the declaration of the index of a loop.
        special: Writes some steps in another way, such as a sum of products as a call.
    """

    language: Language
    variable: tuple[str, str, str, str]
    counter: str
    special: Callable[[Sequence[Step], LoopWriter], str | None] = lambda steps, writer: None


class LoopWriter:
    """Writes steps as lines.

    Args:
        braces: The language.
        names: What to write for names, where it is not the name itself; for a size or an index n under "#n".
        comment: The formula of an array, for the lines above its steps.
    """

    def __init__(
        self,
        braces: Braces,
        names: Mapping[str, str],
        comment: Callable[[str], Sequence[str]] = lambda name: (),
    ) -> None:
        self.braces = braces
        self.names = names
        self.comment = comment
        self.whole: set[str] = set()

    def code(self, value: Scalar) -> str:
        """A value."""
        return scalar_code(value, self.braces.language, self.names)

    def size(self, index: Index) -> str:
        """The size of an index."""
        return self.place(Number(index.size))

    def place(self, value: Scalar) -> str:
        """A whole number."""
        return place_code(value, self.braces.language, self.names)

    def lines(self, steps: Iterable[Step]) -> list[str]:
        """Lines of some steps."""
        return list(self._lines(tuple(steps)))

    def _lines(self, steps: tuple[Step, ...]) -> Iterator[str]:
        at = 0
        while at < len(steps):
            written = self.braces.special(steps[at : at + 2], self)
            if written is not None:
                yield written
                at += 2
                continue
            yield from self._step(steps[at])
            at += 1

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Group():
                yield from (f"// {row}" for row in self.comment(step.array))
                yield from self._lines(step.body)
            case Declare():
                begins = self.braces.variable[2 * step.whole + step.varies]
                if step.whole:
                    self.whole.add(step.name)
                yield f"{begins} {step.name} = {self._given(step.name, step.value)};"
            case Store(target=Name(name=name), add=False):
                yield f"{name} = {self._given(name, step.value)};"
            case Store(value=Op(function="neg", args=(value,)), add=True):
                yield f"{self.code(step.target)} -= {self.code(value)};"
            case Store():
                yield f"{self.code(step.target)} {'+=' if step.add else '='} {self.code(step.value)};"
            case If():
                yield f"if ({self.code(step.condition)}) {{"
                yield from self._indented(step.body)
                yield "}"
            case For():
                yield self._head(step)
                yield from self._indented(step.body)
                yield "}"

    def _given(self, name: str, value: Scalar) -> str:
        """What a variable is given: a position, where it is one."""
        return self.place(value) if name in self.whole and isinstance(value, Number) else self.code(value)

    def _indented(self, steps: tuple[Step, ...]) -> Iterator[str]:
        return (f"{'  ' if row else ''}{row}" for row in self._lines(steps))

    def _head(self, step: For) -> str:
        name = self.names.get(f"#{step.index.name}", step.index.name)
        counter = self.braces.counter
        if step.reverse:
            return f"for ({counter} {name} = {self.size(step.index)} - 1; {name} >= {step.start}; --{name}) {{"
        return f"for ({counter} {name} = {step.start}; {name} < {self.size(step.index)}; ++{name}) {{"


def needed_steps(steps: Sequence[Step], wanted: Iterable[str]) -> tuple[Step, ...]:
    """The steps, in order, without which the wanted arrays cannot be computed."""
    names = set(wanted)
    kept: list[Step] = []
    for step in reversed(steps):
        inside = list(steps_within([step]))
        if names & {part.array for part in inside if isinstance(part, Group)}:
            kept.append(step)
            values = (node for value in values_within([step]) for node in within(value))
            names |= {node.array for node in values if isinstance(node, Element)}
    return tuple(reversed(kept))
