"""What the other stages give a document, as plain data: a document computes no mathematics of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from symbackprop.display import Relation, Symbol, Tree
from symbackprop.graph import Derivation
from symbackprop.notation import STANDARD, Notation, given

ETA = Symbol(given("eta"))


class ScalarForm(Protocol):
    """What a document reads of the scalar form: the name of each element of each tensor, adjoints included."""

    @property
    def elements(self) -> Mapping[str, Mapping[tuple[int, ...], Any]]:
        """For every tensor the symbol of each element, by its place counted from 0."""


class Variant(Protocol):
    """The loss after a step that was made with one convention changed."""

    @property
    def kind(self) -> str:
        """Which convention."""

    @property
    def loss(self) -> Any:
        """The loss after the step."""


class WorkedStep(Protocol):
    """The numbers of one worked step; a `Fraction` is exact, an mpmath number rounded."""

    @property
    def numbers(self) -> Mapping[str, Any]:
        """The value of every scalar before the step, by its name."""

    @property
    def new(self) -> Mapping[str, Any]:
        """The value of every parameter after the step."""

    @property
    def loss(self) -> Any:
        """The loss after the step."""

    @property
    def variants(self) -> Sequence[Variant]:
        """What other conventions give."""

    @property
    def sweep(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        """For a network with one parameter some of its values, each with the numbers there."""


@dataclass(frozen=True)
class Facts:
    """What the network's description says beside its equations.

    Attributes:
        title: Of the document; the sizes and the activation if it is empty.
        authors: Of the document.
        learning_rate: As the user wrote it.
        rate: Its sign.
        optimizer: Its name in the catalogue.
        assignments: What one step computes, pairs of what is set and to what, for optimizers other than plain descent.
        settings: Numbers in those assignments, by their names.
        update: `"simultaneous"` or `"sequential"`.
        reduction: `"mean"` or `"sum"` over samples; empty where the loss is neither.
        more: Whether the loss has addends besides, in which no sample has a part.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    learning_rate: str = "0.01"
    rate: Tree = ETA
    optimizer: str = "sgd"
    assignments: Sequence[tuple[Tree, Tree]] = ()
    settings: Sequence[tuple[Tree, str]] = ()
    update: str = "simultaneous"
    reduction: str = "mean"
    more: bool = False


@dataclass(frozen=True)
class Choices:
    """How a document is to be.

    Attributes:
        detail: `"brief"` (formulas and results), `"standard"`, or `"full"` (every parameter with its reasons).
        form: `"scalar"`, `"index"` or `"matrix"`; chosen by the size of the network if it is empty.
        only: Names of parameters or of their elements, such as `"w5"`; all of them if there is none.
        language: The language of the text, such as `"en"`.
    """

    detail: str = "standard"
    form: str = ""
    only: tuple[str, ...] = ()
    language: str = "en"


DETAILS = ("brief", "standard", "full")
FORMS = ("scalar", "index", "matrix")


@dataclass(frozen=True)
class Checks:
    """What verification found.

    Attributes:
        summary: One line, such as `"all 10 gradients agree with finite differences to 1e-11"`.
        differences: For parameters, by their scalar names, the gradient found by another way.
        method: What that way is, in words that end a sentence.
        passed: Whether all of it agreed; what did not is not called checked.
    """

    summary: str = ""
    differences: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    passed: bool = True


@dataclass(frozen=True)
class Training:
    """What training found.

    Attributes:
        curve: Pairs of step and loss; the first at step 0.
        summary: One sentence on how it went, or an empty string.
    """

    curve: Sequence[tuple[int, float]] = ()
    summary: str = ""


@dataclass(frozen=True)
class Material:
    """Everything that a document is made from.

    Attributes:
        derivation: What `simplify` returned.
        facts: What the description says beside the equations.
        matrix: From the name of a tensor to the matrix form of the equation that defines it, if there is one.
        scalars: The scalar form, for networks that are small enough.
        step: The numbers of one step, where there are a sample and weights.
        checks: What verification found.
        training: What training found.
        code: A program that computes the gradients; it is printed as it is.
        output: What the program prints.
        notation: How things are called.
        choices: How much is told, in which form and language.
    """

    derivation: Derivation
    facts: Facts = field(default_factory=Facts)
    matrix: Callable[[str], Relation | None] = lambda name: None
    scalars: ScalarForm | None = None
    step: WorkedStep | None = None
    checks: Checks = field(default_factory=Checks)
    training: Training = field(default_factory=Training)
    code: str = ""
    output: str = ""
    notation: Notation = STANDARD
    choices: Choices = field(default_factory=Choices)
