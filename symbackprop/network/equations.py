"""A scalar function of arrays, written down as equations without layers: its shapes, its statements, its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, StrictStr, field_validator

from symbackprop.catalog import OPTIMIZERS, Optimizer
from symbackprop.network.model import SizeValue
from symbackprop.network.parts import Training
from symbackprop.network.problems import (
    CONTRADICTION,
    NOT_A_NAME,
    SHAPE,
    UNKNOWN,
    WRONG,
    Locate,
    Problem,
    ProblemsFound,
    input_error,
    shown,
    unknown,
)
from symbackprop.network.records import Record, Text, words
from symbackprop.network.reports import structure
from symbackprop.network.values import NAME_HELP, SIZE_HELP, decimals, is_name, is_size, leaves, nested_shape, plain

MOST_CHARACTERS = 100_000
Names = Annotated[tuple[StrictStr, ...], BeforeValidator(words)]


class Equations(Record):
    """A loss written down as statements, in array notation, in index notation, or both.

    Attributes:
        name: Names files and folders.
        title: Of the document.
        authors: Of the document.
        shapes: Of everything that is given: sizes or names of sizes; `()` for a single number.
        equations: One statement a line, such as `h = tanh(W @ x + b)` or `z[j] = sum(W[j, i] * x[i], i)`.
        loss: The name of the number that is differentiated; that of the last statement if left out.
        wrt: What it is differentiated by; everything given that is no whole numbers if left out.
        integers: What holds whole numbers, such as labels and tokens.
        sizes: Values of symbolic sizes.
        ranges: Sizes of indices that no tensor tells, for recurrences in index notation.
        values: Numbers at which documents work the formulas through.
        training: How an update moves what it is differentiated by.

    Raises:
        InputError: Something is wrong; the error lists every mistake.

    Example:
        >>> Equations(shapes={"w": 3, "x": 3}, equations="E = (w @ x)**2").loss
        'E'
    """

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,60}$")] = "function"
    title: Text = ""
    authors: Annotated[tuple[Text, ...], BeforeValidator(words)] = ()
    shapes: dict[str, Any] = Field(min_length=1)
    equations: Annotated[StrictStr, Field(min_length=1, max_length=MOST_CHARACTERS)]
    loss: StrictStr = ""
    wrt: Names = ()
    integers: Names = ()
    sizes: dict[str, SizeValue] = Field(default_factory=dict)
    ranges: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, Any] = Field(default_factory=dict)
    training: Training = Field(default_factory=Training)

    _located: Locate | None = PrivateAttr(default=None)
    _graph: Any = PrivateAttr(default=None)

    def __init__(self, **fields: Any) -> None:
        try:
            self._fill(fields)
        except ProblemsFound as found:
            raise input_error(problem.mistake for problem in found.problems) from None

    @classmethod
    def from_table(cls, table: Mapping[Any, Any], located: Locate | None = None) -> Equations:
        """Make one from a table with the keys of a file.

        Args:
            table: What a reader of files returns.
            located: Gives mistakes their places in the text that the table was read from.

        Raises:
            ProblemsFound: With the key path of every mistake.
        """
        made = cls.__new__(cls)
        made._fill(table)
        made._located = located
        return made

    @classmethod
    def of_graph(cls, graph: Any, **fields: Any) -> Equations:
        """One whose equations were found already, such as those of a traced function."""
        made = cls(**fields)
        made._graph = graph
        return made

    def _fill(self, table: Mapping[Any, Any]) -> None:
        raw, problems = plain(table)
        try:
            problems += structure(self, raw)
        except ProblemsFound as found:
            raise ProblemsFound((*problems, *found.every)) from None
        problems += self._problems()
        if problems:
            raise ProblemsFound(problems)
        if not self.loss:
            self.__dict__["loss"] = self.lines[-1].partition("=")[0].split("[")[0].strip()
        if not self.wrt:
            self.__dict__["wrt"] = tuple(name for name in self.shapes if name not in self.integers)

    @field_validator("shapes")
    @classmethod
    def _sizes(cls, shapes: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, shape in shapes.items():
            axes = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
            if not all(map(is_size, axes)) or len(axes) > 8:
                raise ValueError(f"has a wrong shape for {name!r}; {SIZE_HELP}")
            found[name] = axes
        return found

    @field_validator("values")
    @classmethod
    def _decimals(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: decimals(value) for name, value in values.items()}

    def _problems(self) -> list[Problem]:
        """What is wrong with names and values."""
        problems = []
        for name in self.shapes:
            if not is_name(name):
                problems.append(Problem(NOT_A_NAME, ("shapes", name), f"{shown(name)} cannot be a name", NAME_HELP))
        for key in ("wrt", "integers"):
            for place, name in enumerate(getattr(self, key)):
                if name not in self.shapes:
                    problems.append(unknown("tensor", name, list(self.shapes), (key, place)))
        for name in set(self.wrt) & set(self.integers):
            message = f"{name} holds whole numbers, by which nothing can be differentiated"
            problems.append(Problem(CONTRADICTION, ("wrt",), message))
        for name, value in self.values.items():
            problems += self._value_problems(name, value)
        return problems

    def _value_problems(self, name: str, value: Any) -> list[Problem]:
        if name not in self.shapes:
            return [Problem(UNKNOWN, ("values", name), f"values has {shown(name)}, which has no shape", at="key")]
        found = nested_shape(value)
        if found is None or any(isinstance(leaf, str | bool) for leaf in leaves(value)):
            return [Problem(WRONG, ("values", name), f"the value of {name} must be numbers in equal rows")]
        wanted = tuple(self.sizes.get(size, size) for size in self.shapes[name])
        if len(found) != len(wanted) or any(isinstance(n, int) and n != m for n, m in zip(wanted, found, strict=True)):
            message = f"{name} has shape {wanted}, its value {found}"
            return [Problem(SHAPE, ("values", name), message)]
        return []

    @property
    def lines(self) -> list[str]:
        """The statements: a line whose brackets are open goes on in the next; # starts a comment."""
        return list(statements_of(self.equations))

    @property
    def graph(self) -> Any:
        """The graph that was found already, or `None`."""
        return self._graph

    @property
    def places(self) -> Locate | None:
        """Gives problems their places in the file that this was read from; `None` if there is none."""
        return self._located

    @property
    def extent(self) -> str:
        """How much there is of it, in words."""
        return f"{len(self.lines)} statements"

    @property
    def loss_symbol(self) -> str:
        """What the loss is called."""
        return self.loss

    @property
    def optimizer_row(self) -> Optimizer:
        """The update rule."""
        return OPTIMIZERS[self.training.optimizer.type]

    def read_data(self) -> None:
        """There are no samples but the values."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equations) and self.as_table() == other.as_table()

    __hash__ = None  # type: ignore[assignment]

    def as_table(self) -> dict[str, Any]:
        """Return the keys and values of a file that makes an equal one."""
        table = self.model_dump(exclude={"training"}, exclude_defaults=True)
        optimizer = {"type": self.training.optimizer.type, **self.training.optimizer.options}
        training = self.training.model_dump(exclude={"optimizer"}, exclude_none=True)
        return {**_lists(table), "training": {"optimizer": optimizer, **training}}


def statements_of(text: str) -> Iterator[str]:
    r"""The statements of a text: a line whose brackets are open goes on in the next; # starts a comment.

    Example:
        >>> list(statements_of("E = (a  # one\n  + b)\n\nF = c"))
        ['E = (a + b)', 'F = c']
    """
    held, depth = "", 0
    for row in text.splitlines():
        part = row.partition("#")[0].strip()
        held = f"{held} {part}".strip() if part else held
        depth += sum((character in "([{") - (character in ")]}") for character in part)
        if depth <= 0 and held:
            yield held
            held, depth = "", 0
    if held:
        yield held


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value
