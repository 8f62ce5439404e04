"""The nodes of what a reader sees: a formula as it is printed, which can also be evaluated.

SymPy's own trees cannot serve: they drop trailing zeros, reorder factors, and turn 1/2 (t - a)**2 into something else.
These keep the order in which they were built. No node holds a parenthesis: printers set them, from precedence.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction as Rational
from typing import Literal

from symbackprop.notation import Sign

Role = Literal["error", "slope", "input", "delta"]
Joiner = Literal["", "cdot", "times", "odot"]
Order = Literal["<", "<=", "=", "!=", ">", ">="]


@dataclass(frozen=True)
class Tree:
    """Base of all nodes."""


@dataclass(frozen=True)
class Number(Tree):
    """A number as it is printed, `"0.10"` or `"3.510187783e-05"`; `exact` if the text is no rounding of it."""

    text: str
    exact: bool = True

    @property
    def value(self) -> Rational:
        """The exact value of the text shown."""
        return Rational(self.text)

    @property
    def unit(self) -> Rational:
        """One unit of the last digit shown."""
        mantissa, _, exponent = self.text.lower().partition("e")
        return Rational(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


@dataclass(frozen=True)
class Symbol(Tree):
    """A sign with subscripts.

    Attributes:
        sign: How its name is printed.
        subscripts: Index expressions, counted from 1.
        key: The name under which `values` of an evaluation hold it, a number or an array; empty if it has no value.
        at: Which element of the array it is, counted from 1; the subscripts if left out.
        role: What the tensor is in the network (`"parameter"`, `"hidden"`, `"adjoint"`, ...); orders products.
    """

    sign: Sign
    subscripts: tuple[Tree, ...] = ()
    key: str = ""
    at: tuple[Tree, ...] | None = None
    role: str = ""

    @property
    def place(self) -> tuple[Tree, ...]:
        """Which element of the array it is."""
        return self.subscripts if self.at is None else self.at


@dataclass(frozen=True)
class PartialDerivative(Tree):
    """∂of/∂wrt, or the bare operator without `of`; its value is held under `key`, at the place `at` from 1."""

    of: Tree | None
    wrt: Tree
    key: str = ""
    at: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Minus(Tree):
    """The negative of a tree; as a later term of a sum it prints as a subtraction."""

    body: Tree


@dataclass(frozen=True)
class Sum(Tree):
    """Terms added in the order given; a `Minus` among them is subtracted."""

    terms: tuple[Tree, ...]


@dataclass(frozen=True)
class Product(Tree):
    """Factors in the order given: side by side, or joined by a sign. Side by side, matrices multiply as matrices."""

    factors: tuple[Tree, ...]
    by: Joiner = ""


@dataclass(frozen=True)
class Fraction(Tree):
    """A quotient; `inline` sets it small, as the ½ in front of a square."""

    above: Tree
    below: Tree
    inline: bool = False


@dataclass(frozen=True)
class Power(Tree):
    """A base with an exponent."""

    base: Tree
    exponent: Tree


@dataclass(frozen=True)
class Apply(Tree):
    """A function by its Python name (`sigmoid`, `exp`, `sqrt`, `max`, ...) or its derivative of order `primes`."""

    name: str
    arguments: tuple[Tree, ...]
    primes: int = 0


@dataclass(frozen=True)
class Range(Tree):
    """An index that runs from `first` to `last`, counted from 1; the limits are printed if `shown`."""

    index: Symbol
    last: Tree | None = None
    first: Tree = Number("1")
    shown: bool = False


@dataclass(frozen=True)
class BigSum(Tree):
    """The sum of a body over ranges."""

    body: Tree
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class Extreme(Tree):
    """The largest value of a body over a range; with `place` where it is reached, the first place of several."""

    body: Tree
    range: Range
    place: bool = False


@dataclass(frozen=True)
class Compare(Tree):
    """A chain of comparisons such as 1 <= k <= n: one operator fewer than operands."""

    operands: tuple[Tree, ...]
    operators: tuple[Order, ...]


@dataclass(frozen=True)
class Logic(Tree):
    """Conditions joined by `and` or `or`, or one negated by `not`; `word` says it in the language of a document."""

    operator: Literal["and", "or", "not"]
    conditions: tuple[Tree, ...]
    word: str = ""


@dataclass(frozen=True)
class Bracket(Tree):
    """1 where a condition holds, else 0 (Iverson's bracket)."""

    condition: Tree


@dataclass(frozen=True)
class Cases(Tree):
    """A value for each condition, the first that holds; None stands for "otherwise", the second of its words."""

    rows: tuple[tuple[Tree, Tree | None], ...]
    said: tuple[str, str] = ("if", "otherwise")


@dataclass(frozen=True)
class Matrix(Tree):
    """A matrix written out; a vector is one column."""

    rows: tuple[tuple[Tree, ...], ...]


@dataclass(frozen=True)
class Transpose(Tree):
    """The transpose of a matrix or vector."""

    body: Tree


@dataclass(frozen=True)
class Paint(Tree):
    """A tree in the colour of the part that it plays in a chain rule."""

    role: Role
    body: Tree


@dataclass(frozen=True)
class Reference(Tree):
    """The number of the relation that bears a label."""

    label: str


@dataclass(frozen=True)
class Words(Tree):
    """Running text with formulas in it."""

    parts: tuple[str | Tree, ...]


@dataclass(frozen=True)
class Brace(Tree):
    """A tree with a brace below and a label under it, in the colour of a role if there is one."""

    body: Tree
    label: Tree
    role: Role | None = None


@dataclass(frozen=True)
class Boxed(Tree):
    """A result that is set off by a box."""

    body: Tree


@dataclass(frozen=True)
class Row(Tree):
    """One member of a chain of equalities.

    Attributes:
        operator: `"="` if it equals the member before exactly, `"≈"` if one of the two is rounded.
        reason: Why it holds, in the margin; a row with a reason ends its line.
        label: Under which other places refer to it; a row with a label ends its line and is numbered.
    """

    operator: Literal["=", "≈"]
    tree: Tree
    reason: str | Words = ""
    label: str = ""


@dataclass(frozen=True)
class Relation(Tree):
    """A chain: a left-hand side and the members it is equal to, one after the other."""

    lhs: Tree
    rows: tuple[Row, ...]


HALF = Fraction(Number("1"), Number("2"), inline=True)


def integer(value: int) -> Number:
    """The number node of an integer."""
    return Number(str(value))


def plus(*terms: Tree) -> Tree:
    """The sum of trees; a single one is itself."""
    return terms[0] if len(terms) == 1 else Sum(terms)


def times(*factors: Tree, by: Joiner = "") -> Tree:
    """The product of trees; a single one is itself."""
    return factors[0] if len(factors) == 1 else Product(factors, by)


def bare(tree: Tree) -> Tree:
    """The tree under its colours, braces and boxes."""
    while isinstance(tree, Paint | Brace | Boxed):
        tree = tree.body
    return tree


def children(tree: Tree) -> tuple[Tree, ...]:
    """The trees directly inside a tree, in order; labels, reasons and ranges included."""
    found: list[Tree] = []
    parts = [getattr(tree, name) for name in tree.__dataclass_fields__]
    while parts:
        part = parts.pop(0)
        found += [part] if isinstance(part, Tree) else []
        parts[:0] = part if isinstance(part, tuple) else ()
    return tuple(found)


def walk(tree: Tree) -> list[Tree]:
    """A tree and everything inside it, from the outside in."""
    return [tree, *(inner for child in children(tree) for inner in walk(child))]
