"""Base of the printers: decides, from precedence, where parentheses stand; a subclass says how each node looks.

One class for every output: a subclass has a method for each node, found by the node's name, and one for parentheses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from symbackprop.display.tree import (
    Apply,
    BigSum,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Product,
    Role,
    Row,
    Sum,
    Symbol,
    Transpose,
    Tree,
    Words,
    bare,
    walk,
)
from symbackprop.notation import FUNCTIONS, GREEK, Sign

# How tightly a node binds; one that binds looser than its surroundings demand stands in parentheses. What is an atom
# may bear a mark such as that of a transpose, only a base an exponent; `ALWAYS` is more than anything binds.
CONDITION, SUM, PRODUCT, POWER, ATOM, BASE, ALWAYS = range(7)

# The letters that are functions where a parenthesis follows.
_IN_PARENTHESES = Sum | Minus | Product | BigSum | Extreme | Bracket
FUNCTION_LETTERS = frozenset(tex.lstrip("\\") for tex, _ in FUNCTIONS.values() if tex.lstrip("\\") in GREEK)


class Printer(ABC):
    """Turns trees into text of one kind."""

    levels: ClassVar[dict[type[Tree], int]] = {
        Compare: CONDITION,
        Logic: CONDITION,
        Sum: SUM,
        Minus: SUM,
        Cases: SUM,
        Product: PRODUCT,
        BigSum: PRODUCT,
        Extreme: PRODUCT,
        Fraction: POWER,
        PartialDerivative: POWER,
        Power: POWER,
        Transpose: POWER,
    }

    def __call__(self, tree: Tree) -> str:
        """Print a tree that stands alone."""
        return self.show(tree)

    def show(self, tree: Tree, least: int = CONDITION, leading: bool = True) -> str:
        """Print a tree where it must bind at least as tightly as `least`.

        Args:
            tree: What to print.
            least: The precedence that the surroundings demand.
            leading: Whether nothing stands before it, so that it may begin with a minus.
        """
        if isinstance(tree, Paint):
            return self.paint(tree.role, self.show(tree.body, least, leading))
        if isinstance(tree, Brace):
            return self.brace(self.show(tree.body, least, leading), tree)
        if self.wraps(tree, least, leading):
            return self.wrap(self.show(tree), tree)
        text: str = getattr(self, type(tree).__name__.lower())(tree, leading)
        return text

    def wraps(self, tree: Tree, least: int, leading: bool) -> bool:
        """Whether a tree stands in parentheses there, be it under a colour or a brace."""
        while isinstance(tree, Paint | Brace):
            tree = tree.body
        if isinstance(tree, Minus) or (isinstance(tree, Number) and tree.text.startswith("-")):
            return not leading or least > PRODUCT
        return self.level(tree) < least

    def level(self, tree: Tree) -> int:
        """How tightly a tree binds."""
        if isinstance(tree, Symbol):
            # A layer stands where an exponent would; where it has no brackets, an exponent would be taken for a layer.
            if tree.sign.layer or (tree.sign == Sign("e", plain=tree.sign.plain) and not tree.subscripts):
                return POWER  # e² would be the exponential of 2
            return BASE if tree.sign.brackets else ATOM
        if isinstance(tree, Number):
            return PRODUCT if "e" in tree.text.lower() else BASE
        if isinstance(tree, Apply) and (tree.name == "exp" or is_bare_log(tree)):
            return POWER
        return self.levels.get(type(tree), BASE)

    def factor(self, factors: Sequence[Tree], position: int, leading: bool) -> tuple[str, bool]:
        """Print one factor of a product; tells also whether it stands in parentheses."""
        tree, least, first = factors[position], self.binding(factors, position), leading and position == 0
        return self.show(tree, least, first), self.wraps(tree, least, first)

    def binding(self, factors: Sequence[Tree], position: int) -> int:
        """How tightly a factor must bind to need no parentheses among the others."""
        tree, later = bare(factors[position]), factors[position + 1 :]
        needed = captures(tree, later) or is_done_first(tree, (*factors[:position], *later))
        return ALWAYS if needed else PRODUCT

    def terms(self, terms: Sequence[Tree], leading: bool = True) -> list[tuple[str, str]]:
        """Print the terms of a sum, each with the operator before it; that of the first is empty."""
        found = [("", self.show(terms[0], PRODUCT, leading))]
        for term in terms[1:]:
            body = term.body if isinstance(term, Minus) else term
            found.append(("-" if isinstance(term, Minus) else "+", self.show(body, PRODUCT, leading=False)))
        return found

    def row(self, tree: Row, leading: bool) -> str:
        """One member of a chain with the sign before it."""
        return f"{self.equality(tree.operator)} {self.show(tree.tree)}"

    @abstractmethod
    def words(self, tree: Words | str, leading: bool = True) -> str:
        """Print running text that may hold formulas."""

    @abstractmethod
    def equality(self, operator: str) -> str:
        """The sign of an exact or a rounded equality."""

    @abstractmethod
    def wrap(self, text: str, tree: Tree) -> str:
        """Put the printed form of a tree into parentheses."""

    @abstractmethod
    def paint(self, role: Role, text: str) -> str:
        """Colour printed text."""

    @abstractmethod
    def brace(self, text: str, tree: Brace) -> str:
        """Put a brace under printed text."""


def is_bare_log(tree: Tree) -> bool:
    """Whether a tree is a logarithm of one symbol, which books print without parentheses."""
    return isinstance(tree, Apply) and tree.name == "log" and isinstance(bare(tree.arguments[0]), Symbol)


def is_done_first(tree: Tree, others: Sequence[Tree]) -> bool:
    """Whether a product entry by entry is a factor of a matrix product, which binds more tightly."""
    if not isinstance(tree, Product) or tree.by != "odot":
        return False
    return any(isinstance(node, Symbol) and node.sign.shape != "scalar" for other in others for node in walk(other))


def is_called(left: Tree, right: Tree) -> bool:
    """Whether a factor would be read as a function of the next, as σ is of a parenthesis that follows it."""
    if not isinstance(left, Symbol) or left.subscripts or left.sign.base not in FUNCTION_LETTERS:
        return False
    right = bare(right.base) if isinstance(right, Power) else right
    return left.sign == Sign(left.sign.base, plain=left.sign.plain) and isinstance(right, _IN_PARENTHESES)


def is_word(tree: Tree) -> bool:
    """Whether a factor is a sign of several letters, which would grow together with a letter beside it."""
    tree = bare(tree.base) if isinstance(tree, Power) else tree
    return isinstance(tree, Symbol) and len(tree.sign.base) > 1 and tree.sign.base not in GREEK


def captures(tree: Tree, later: Sequence[Tree]) -> bool:
    """Whether a factor without parentheses would be read as reaching over the factors after it.

    A sum may stand in front of factors that do not mention its index: whether they are inside or outside is the same.
    """
    if not later:
        return False
    while isinstance(tree, Product):
        tree = bare(tree.factors[-1])  # a product prints its last factor at its end
    if isinstance(tree, BigSum):
        bound = {one.index.sign for one in tree.ranges}
        return any(isinstance(node, Symbol) and node.sign in bound for factor in later for node in walk(factor))
    return isinstance(tree, Extreme) or is_bare_log(tree)
