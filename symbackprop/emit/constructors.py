"""Public SymPy expressions → Python code that builds them again, object for object.

SymPy's own printers do not promise that: `2*(a + b)*c`, typed in, multiplies the 2 into the bracket first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sympy as sp
from sympy import Basic, Expr
from sympy.core.function import AppliedUndef

from symbackprop.errors import UnsupportedError

ATOM, POWER, PRODUCT, SUM, RELATION = 5, 4, 3, 2, 1
Code = tuple[str, int]
RELATIONS = {
    sp.StrictGreaterThan: (">", "Gt"),
    sp.GreaterThan: (">=", "Ge"),
    sp.StrictLessThan: ("<", "Lt"),
    sp.LessThan: ("<=", "Le"),
    sp.Equality: ("", "Eq"),
    sp.Unequality: ("", "Ne"),
}


class Constructors:
    """Prints expressions as code, and remembers what the code imports from SymPy.

    Args:
        names: The variable that holds each symbol and each `IndexedBase`.

    Example:
        >>> a, b = sp.symbols("a b")
        >>> printer = Constructors({a: "a", b: "b"})
        >>> printer.code(a * (1 - b) / 2 + sp.exp(-a)), sorted(printer.imports)
        ('a * (1 - b) / 2 + exp(-a)', ['exp'])
    """

    def __init__(self, names: Mapping[Basic, str]) -> None:
        self.names = names
        self.imports: set[str] = set()

    def code(self, expr: Basic) -> str:
        """The code of an expression; a bare number is made SymPy's own."""
        if expr.is_Integer:
            return f"{self._import('Integer')}({expr})"
        return self._code(expr)[0]

    def _import(self, name: str) -> str:
        self.imports.add(name)
        return name

    def _code(self, expr: Basic) -> Code:
        if expr in self.names:
            return self.names[expr], ATOM
        if isinstance(expr, sp.Symbol):
            raise UnsupportedError(f"the symbol {expr} has no name in the module")
        if expr is sp.pi:
            return self._import("pi"), ATOM
        if expr is sp.E:
            return f"{self._import('exp')}(1)", ATOM
        if expr.is_Rational:
            return self._number(expr)
        if expr.is_Add:
            return self._sum(expr), SUM
        if expr.is_Mul:
            return self._product(expr)
        if isinstance(expr, sp.exp):
            return self._call("exp", expr.args), ATOM
        if expr.is_Pow:
            return self._power(expr)
        return self._other(expr)

    def _other(self, expr: Basic) -> Code:
        if isinstance(expr, sp.Indexed):
            return f"{self._code(expr.base)[0]}[{self._list(expr.indices)}]", ATOM
        if isinstance(expr, sp.Sum):
            limits = [f"({self._list(limit)})" for limit in expr.limits]
            return f"{self._import('Sum')}({', '.join([self._code(expr.function)[0], *limits])})", ATOM
        if isinstance(expr, sp.Piecewise):
            branches = [f"({self._list(branch)})" for branch in expr.args]
            return f"{self._import('Piecewise')}({', '.join(branches)})", ATOM
        if type(expr) in RELATIONS:
            return self._relation(expr)
        if isinstance(expr, AppliedUndef):
            return f'{self._import("Function")}("{expr.func.__name__}")({self._list(expr.args)})', ATOM
        if expr in (sp.true, sp.false):
            return str(bool(expr)), ATOM
        if isinstance(expr, sp.Function | sp.Max | sp.Min | sp.And | sp.Or | sp.Not | sp.ITE):
            return self._call(type(expr).__name__, expr.args), ATOM
        raise UnsupportedError(f"{type(expr).__name__} has no constructor in an emitted module: {expr}")

    def _list(self, exprs: Iterable[Basic]) -> str:
        return ", ".join(self._code(expr)[0] for expr in exprs)

    def _call(self, name: str, args: Sequence[Basic]) -> str:
        return f"{self._import(name)}({self._list(args)})"

    def _number(self, value: Expr) -> Code:
        if value.is_Integer:
            return str(value), ATOM if value >= 0 else SUM
        return f"{self._import('Rational')}({value.p}, {value.q})", ATOM

    def _bracket(self, expr: Basic, least: int) -> str:
        text, strength = self._code(expr)
        return text if strength >= least else f"({text})"

    def _sum(self, expr: Expr) -> str:
        def rank(term: Expr) -> tuple[bool, bool, str]:
            return term.could_extract_minus_sign(), not term.is_number, str(term)

        first, *rest = sorted(expr.args, key=rank)
        text = self._bracket(first, SUM)
        for term in rest:
            code = self._bracket(term, SUM)
            text += f" - {code[1:]}" if code.startswith("-") else f" + {code}"
        return text

    def _product(self, expr: Expr) -> Code:
        number, rest = expr.as_coeff_Mul()
        factors = sorted(sp.Mul.make_args(rest), key=lambda factor: (factor.is_Add, factor.has(sp.Sum), str(factor)))
        above = [factor for factor in factors if not _is_divisor(factor)]
        below = [factor for factor in factors if _is_divisor(factor)]
        if above and above[0].is_Add and number.p != 1:
            # A number in front of a sum would be multiplied into it.
            return self._call("Mul", (number, *factors)), ATOM
        texts = [self._bracket(factor, PRODUCT) for factor in above]
        if abs(number.p) != 1 or not texts:
            texts.insert(0, str(abs(number.p)))
        text = "-" * (number.p < 0) + " * ".join(texts)
        for factor in below:
            text += f" / {self._bracket(1 / factor, POWER)}"
        return text + (f" / {number.q}" if number.q != 1 else ""), PRODUCT

    def _power(self, expr: Expr) -> Code:
        base, exponent = expr.base, expr.exp
        if _is_divisor(expr):
            return f"1 / {self._bracket(1 / expr, POWER)}", PRODUCT
        if exponent == sp.Rational(1, 2):
            return self._call("sqrt", (base,)), ATOM
        below, above = self._bracket(base, ATOM), self._bracket(exponent, ATOM)
        plain = base in self.names and (above.isalnum())
        return f"{below}{'**' if plain else ' ** '}{above}", POWER

    def _relation(self, expr: Basic) -> Code:
        operator, name = RELATIONS[type(expr)]
        if not operator or expr.lhs.is_number:
            # Python turns 0 < x round.
            return self._call(name, expr.args), ATOM
        return f"{self._bracket(expr.lhs, SUM)} {operator} {self._bracket(expr.rhs, SUM)}", RELATION


def _is_divisor(expr: Expr) -> bool:
    return bool(expr.is_Pow and not isinstance(expr, sp.exp) and expr.exp.is_Rational and expr.exp.is_negative)
