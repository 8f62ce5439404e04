r"""What a formula is made of, one function for each command that begins something: brackets, fractions, sums, matrices.

`ATOMS` is the table of them; signs and the functions that are called by them are in `signs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from symbackprop.display.numbers import INFINITE
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Number,
    Paint,
    Product,
    Range,
    Reference,
    Role,
    Symbol,
    Tree,
    Words,
)
from symbackprop.reading.environments import environment
from symbackprop.reading.signs import derivative, function, operator, partial, sign_of, slashed
from symbackprop.reading.spelling import plain

if TYPE_CHECKING:
    from symbackprop.reading.formula import Formula

Atom = Callable[["Formula"], Tree]
_ROLES: Mapping[str, Role] = {"E": "error", "S": "slope", "X": "input", "D": "delta"}
COLOURS = frozenset(rf"\f{role}" for role in _ROLES)
_PARTNERS = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrack": r"\rbrack"}


def _bracketed(formula: Formula) -> Tree:
    """Brackets: what is inside, or 1 where the condition inside holds."""
    opening = formula.next()
    if opening == r"\{" and formula.here == r"\begin":
        return formula.atom()
    bars, formula.bars = formula.bars, 0
    tree = formula.condition()
    formula.bars = bars
    formula.expect(_PARTNERS[opening])
    square = opening in ("[", r"\lbrack") and isinstance(tree, Compare | Logic)
    return Bracket(tree) if square else tree


def _braced(formula: Formula) -> Tree:
    return formula.argument()


def _fraction(formula: Formula) -> Tree:
    inline = formula.next() == r"\tfrac"
    found = derivative(formula)
    if found is not None:
        return found
    above, below = _short(formula) if formula.here.isdigit() else (formula.argument(), None)
    return Fraction(above, below if below is not None else formula.argument(), inline)


def _short(formula: Formula) -> tuple[Tree, Tree | None]:
    """The digits of 1/2 where both stand in one token, as in a fraction without braces."""
    digits = formula.next()
    if len(digits) == 2 and digits.isdigit():
        return Number(digits[0]), Number(digits[1])
    if len(digits) == 1:
        return Number(digits), None
    raise formula.error("a fraction without braces has one digit above and one below")


def _root(formula: Formula) -> Tree:
    formula.next()
    if formula.here == "[":
        raise formula.error("only square roots are read", help="write a power such as x^{1/3}")
    return Apply("sqrt", (formula.argument(),))


def _absolute(formula: Formula) -> Tree:
    opening = formula.next()
    if opening in (r"\|", r"\lVert", r"\Vert"):
        raise formula.error("norms are not read", help="write the sum of squares")
    closing = r"\rvert" if opening == r"\lvert" else "|"
    formula.bars += 1
    tree = formula.sum()
    formula.bars -= 1
    formula.expect(closing, "|")
    return Apply("abs", (tree,))


def _sum(formula: Formula) -> Tree:
    formula.next()
    ranges, condition = _ranges(formula)
    while formula.here == r"\sum":
        formula.next()
        more, other = _ranges(formula)
        ranges += more
        condition = condition if other is None else other
    body = formula.term()
    if condition is not None:
        body = Product((body, Bracket(condition)))
    return BigSum(body, tuple(ranges))


def _ranges(formula: Formula) -> tuple[list[Range], Tree | None]:
    """The indices of a sum with their limits, and a condition on them if there is one."""
    formula.expect("_")
    below = formula.group()
    last = formula.argument() if formula.take("^") else None
    parts: list[list[Any]] = [[]]
    for token in below:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    ranges: list[Range] = []
    condition: Tree | None = None
    for part in parts:
        texts = [one.text for one in part]
        if "=" in texts:
            equal = texts.index("=")
            first = formula.inner(part[equal + 1 :])
            if last is None:
                raise formula.error("a sum with a lower limit needs an upper one")
            ranges.append(Range(_index(formula, part[:equal]), last, first, True))
        elif {r"\ne", r"\neq"} & set(texts):
            mark = next(n for n, one in enumerate(texts) if one in (r"\ne", r"\neq"))
            ranges.append(Range(_index(formula, part[:mark]), last))
            condition = formula.inner(part)
        else:
            ranges.append(Range(_index(formula, part), last))
    return ranges, condition


def _index(formula: Formula, part: list[Any]) -> Symbol:
    tree = formula.inner(part) if part else None
    if not isinstance(tree, Symbol) or tree.subscripts:
        raise formula.error("an index is one letter")
    return Symbol(tree.sign, key=tree.key if tree.key.startswith("#") else f"#{tree.sign.base}")


def _extreme(formula: Formula) -> Tree:
    r"""`\max_k z_k` over an index, `\max(a, b)` of some values."""
    command = formula.next()
    place = command == r"\arg"
    if place:
        formula.expect(r"\max")
    if command == r"\min" and formula.here == "_":
        raise formula.error("a minimum over an index is not read", help="write minus the maximum of the negative")
    if formula.here != "_":
        if place:
            raise formula.error("an arg max needs its index")
        return function(formula, command.lstrip("\\"))
    ranges, _ = _ranges(formula)
    return Extreme(formula.term(), ranges[0], place)


def _operator(formula: Formula) -> Tree:
    r"""`\operatorname*{arg\,max}_k z_k`, or a function by its name."""
    place = formula.place
    formula.next()
    if plain(formula.group()) in ("argmax", "arg max") and formula.here == "_":
        ranges, _ = _ranges(formula)
        return Extreme(formula.term(), ranges[0], place=True)
    formula.place = place
    return operator(formula)


def _painted(formula: Formula) -> Tree:
    return Paint(_ROLES[formula.next()[-1]], formula.argument())


def _labelled(formula: Formula) -> Tree:
    role = _ROLES[formula.next()[-1]]
    return Brace(Paint(role, formula.argument()), Paint(role, _label(formula)), role)


def _brace(formula: Formula) -> Tree:
    mark = "_" if formula.next() == r"\underbrace" else "^"
    body = formula.argument()
    return Brace(body, _label(formula)) if formula.take(mark) else body


def _label(formula: Formula) -> Tree:
    """The label of a brace: a reference, words, or a formula."""
    found = formula.group()
    texts = [one.text for one in found]
    if texts and texts[0] in (r"\text", r"\textrm", r"\mathrm", r"\mbox"):
        return Words(("".join(texts[1:]).strip("{}"),))
    if texts and texts[0] in (r"\eqref", r"\ref"):
        return Reference(formula.text[found[1].at + 1 : found[-1].at])
    return formula.inner(found)


def _coloured(formula: Formula) -> Tree:
    formula.next()
    formula.group()
    return formula.argument()


def _boxed(formula: Formula) -> Tree:
    formula.next()
    return Boxed(formula.argument())


def _passed(formula: Formula) -> Tree:
    formula.next()
    return formula.argument()


def _exponential(formula: Formula) -> Tree:
    r"""`e^z` is a function of z; e alone is a sign, and so is `e^{(1)}` where something of that layer is called e."""
    if formula.ahead() != "^":
        return sign_of(formula)
    start = formula.place
    formula.place += 2
    above = formula.group()
    marks = [one.text for one in above[:1] + above[-1:]]
    if marks == ["(", ")"] and formula.names.has_layer("e", plain(above[1:-1])):
        formula.place = start
        return sign_of(formula)
    tree = formula.inner(above)
    return Apply("exp", (tree,))


def _indicator(formula: Formula) -> Tree:
    formula.next()
    formula.group()
    if formula.take("_"):
        return Bracket(formula.argument())
    tree = formula.atom()
    return tree if isinstance(tree, Bracket) else Bracket(tree)


def _constant(value: Tree) -> Atom:
    def atom(formula: Formula) -> Tree:
        formula.next()
        return value

    return atom


def _unsupported(formula: Formula) -> Tree:
    raise formula.error(f"{formula.here} is not read here")


ATOMS: Mapping[str, Atom] = {
    **dict.fromkeys(("(", "[", r"\{", r"\lbrack"), _bracketed),
    "{": _braced,
    **dict.fromkeys((r"\frac", r"\tfrac", r"\dfrac", r"\cfrac"), _fraction),
    r"\pd": lambda formula: derivative(formula, formula.next()) or _unsupported(formula),
    r"\partial": slashed,
    r"\nabla": partial,
    r"\sqrt": _root,
    **dict.fromkeys(("|", r"\lvert", r"\vert", r"\|", r"\lVert", r"\Vert"), _absolute),
    r"\sum": _sum,
    **dict.fromkeys((r"\max", r"\min", r"\arg"), _extreme),
    r"\begin": environment,
    **dict.fromkeys(COLOURS, _painted),
    **{rf"\ub{role}": _labelled for role in _ROLES},
    **dict.fromkeys((r"\underbrace", r"\overbrace"), _brace),
    r"\textcolor": _coloured,
    **dict.fromkeys((r"\boxed", r"\result", r"\fbox"), _boxed),
    **dict.fromkeys((r"\mathstrut", r"\smash", r"\mathopen", r"\mathclose", r"\mathbin", r"\mathord"), _passed),
    "e": _exponential,
    **dict.fromkeys((r"\operatorname", r"\operatorname*"), _operator),
    r"\mathbb": _indicator,
    r"\infty": _constant(Number(INFINITE)),
    r"\prod": _unsupported,
    r"\int": _unsupported,
    "^": _unsupported,
    "_": _unsupported,
    **{rf"\{name}": (lambda formula: function(formula, formula.next().lstrip("\\")))
       for name in ("exp", "log", "ln", "tanh", "sinh", "cosh", "tan", "sin", "cos", "arcsin", "arccos", "arctan")},
}  # fmt: skip
