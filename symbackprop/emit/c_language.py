"""How C99 writes values, positions and loops: one table, and the forms of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy import Expr

from symbackprop.emit.loops import Braces, LoopWriter
from symbackprop.emit.numbers import ATOM, PRODUCT, SUM, UNARY, Code, bracket
from symbackprop.emit.scalar import Language
from symbackprop.program.nest import Declare, For, Step, Store
from symbackprop.program.scalar import Element, Name, Number, Op, Scalar, within

_MATH = "exp log sin cos tan sinh cosh tanh sqrt pow expm1 log1p floor erf"
FUNCTIONS = {name: name for name in _MATH.split()}
FUNCTIONS |= {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
FUNCTIONS |= {"abs": "fabs", "max": "larger", "min": "smaller", "place": "place", "floor_divide": "whole_quotient"}
FUNCTIONS |= {name: name for name in ("maximum", "minimum")}
HELPERS = frozenset({"max", "min", "maximum", "minimum", "place", "floor_divide"})


def c_number(value: Expr) -> Code:
    """A number that is computed with; sizes and indices become numbers of the type that the file computes in.

    Example:
        >>> c_number(sp.Rational(1, 2)), c_number(1 / sp.Symbol("N"))
        (('(real)0.5', 7), ('1 / (real)N', 4))
    """
    if value is sp.S.NegativeInfinity:
        return "(real)-HUGE_VAL", UNARY
    if value.is_Integer and abs(value) < 2**15:
        return str(value), ATOM if value >= 0 else UNARY
    if value.is_number:
        return f"(real){float(value)!r}", ATOM if value >= 0 else UNARY
    if value.is_Symbol:
        return f"(real){value}", ATOM
    if value.is_Add:
        return " + ".join(bracket(c_number(part), PRODUCT) for part in value.args), SUM
    above, below = sp.fraction(value)
    if below != 1:
        return f"{bracket(c_number(above), PRODUCT)} / {bracket(c_number(below), ATOM)}", PRODUCT
    if value.is_Mul:
        return " * ".join(bracket(c_number(part), UNARY) for part in value.args), PRODUCT
    if value.is_Pow:
        return f"pow({c_number(value.base)[0]}, {c_number(value.exp)[0]})", ATOM
    return f"(real)({c_place(value)[0]})", ATOM


def c_place(value: Expr) -> Code:
    """A position or a size, a whole number.

    Example:
        >>> c_place(2 * sp.Symbol("i") - 1), c_place(sp.floor(sp.Symbol("n") / 2) + 1)
        (('2 * i - 1', 2), ('n / 2 + 1', 2))
        >>> c_place(sp.floor(-sp.Symbol("n") / 2))
        ('-((n + 1) / 2)', 5)
    """
    if value.is_Integer:
        return str(value), ATOM if value >= 0 else UNARY
    if value.is_Symbol:
        return str(value), ATOM
    if value.is_Add:
        terms = sorted(value.args, key=lambda part: (part.could_extract_minus_sign(), part.is_number, str(part)))
        text = bracket(c_place(terms[0]), SUM)
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            text += f" {'-' if minus else '+'} {bracket(c_place(-term if minus else term), PRODUCT)}"
        return text, SUM
    above, below = sp.fraction(sp.together(value.args[0])) if isinstance(value, sp.floor) else sp.fraction(value)
    if below != 1 and above.could_extract_minus_sign():
        # C rounds towards 0: ⌊-a/b⌋ is -⌊(a + b - 1)/b⌋.
        return f"-{bracket(c_place(sp.floor((below - 1 - above) / below)), ATOM)}", UNARY
    if below != 1:
        return f"{bracket(c_place(above), PRODUCT)} / {bracket(c_place(below), ATOM)}", PRODUCT
    if value.is_Pow:
        return " * ".join([bracket(c_place(value.base), UNARY)] * int(value.exp)), PRODUCT
    return " * ".join(bracket(c_place(part), PRODUCT) for part in value.args), PRODUCT


C = Language(
    functions=FUNCTIONS,
    choice="{condition} ? {then} : {otherwise}",
    logical={"and": "&&", "or": "||", "not": "!"},
    element=lambda name, at: name + "".join(f"[{place}]" for place in at),
    number=c_number,
    place=c_place,
    real="(real)",
)


def _dot(steps: Sequence[Step], writer: LoopWriter) -> str | None:
    """A sum of products along rows as a call, which adds up several at a time."""
    match tuple(steps):
        case (
            Declare(name=name, varies=True),
            For(
                index=index, start=0, body=(Store(target=Name(name=into), value=Op("mul", (first, second)), add=True),)
            ),
        ) if into == name:
            rows = [_row(first, Number(index)), _row(second, Number(index))]
            if rows[0] is None or rows[1] is None:
                return None
            ends = ", ".join(f"&{writer.code(row)}" for row in rows if row is not None)
            return f"const real {name} = dot({ends}, {writer.size(index)});"
    return None


def _row(value: Scalar, index: Number) -> Element | None:
    """The first element of a row of an array, if a value walks along one."""
    if not isinstance(value, Element) or not value.at or value.at[-1] != index:
        return None
    if any(part == index or _mentions(part, index) for part in value.at[:-1]):
        return None
    return Element(value.array, (*value.at[:-1], Number(sp.S.Zero)))


def _mentions(value: Scalar, index: Number) -> bool:
    return any(isinstance(part, Number) and index.value in part.value.free_symbols for part in within(value))


BRACES = Braces(C, ("const real", "real", "const int", "int"), "int", _dot)
