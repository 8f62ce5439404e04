"""Parsed statements → equations of a network: formal names become tensors, indices get sizes, leading axes are added.

A row of the catalogue is written for one sample and for the axes it cares about. A tensor that has more axes than the
row gives it (samples, time steps, all axes of an elementwise formula) passes its leading ones on to the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.catalog.sizes import size_value
from symbackprop.contraction import ALPHABET, fits, tidy
from symbackprop.errors import LanguageError, ShapeError, UnknownNameError, did_you_mean
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, indices_of, reads
from symbackprop.graph import Equation, Tensor
from symbackprop.language import Function, Statement, parse_formula, place_in, size_symbol, unsized

Size: TypeAlias = int | str | Expr


def size(value: Size) -> Expr:
    """A size as an expression: a number, or a positive integer symbol of that name."""
    if value == "N":
        raise ShapeError("a size cannot be called N, which counts the samples", help="give it another name")
    if isinstance(value, int):
        return sp.Integer(value)
    return Symbol(value, integer=True, positive=True) if isinstance(value, str) else value


MOST_TERMS = 100


class _Symbolic:
    """Sizes as SymPy expressions."""

    def number(self, value: int) -> Expr:
        return sp.Integer(value)

    def add(self, left: Expr, right: Expr) -> Expr:
        return left + right

    def multiply(self, left: Expr, right: Expr) -> Expr:
        product = sp.expand(left * right)
        if len(sp.Add.make_args(product)) > MOST_TERMS:
            message = f"multiplied out, a size has more than {MOST_TERMS} terms"
            raise LanguageError(message, code=LanguageError.LIMIT, help="give a part of it a name in sizes")
        return product

    def divide(self, left: Expr, right: Expr) -> Expr:
        if right == 0:
            raise ZeroDivisionError
        return sp.floor(left / right)

    def largest(self, left: Expr, right: Expr) -> Expr:
        return sp.Max(left, right)


def size_expression(text: str, known: Mapping[str, Expr]) -> Expr:
    """Evaluate a size such as `(n - k) // stride + 1`.

    Args:
        text: Names, whole numbers, `+ - * //`, `max(a, b)` and brackets.
        known: The names that may occur.

    Raises:
        LanguageError: Something else stands in the text.
    """
    return sp.expand(size_value(text, known, _Symbolic()))


@lru_cache(maxsize=256)
def formula_statement(tensor: str, formula: str, functions: tuple[tuple[str, str], ...] = ()) -> Statement:
    """The statement `tensor[free indices] = formula`; the indices that no sum binds stand on the left.

    Args:
        tensor: The name to define.
        formula: Text such as `exp(z[j]) / sum(exp(z[k]), k)`.
        functions: Elementwise formulas in z by name, usable as functions.
    """
    rhs = parse_formula(formula, elementwise(functions))
    free = rhs.free_symbols
    order = dict.fromkeys(i for read in reads(rhs) for i in read.indices if isinstance(i, Index) and i in free)
    return Statement(tensor, tuple(order), rhs, f"{tensor} = {formula}")


@lru_cache(maxsize=64)
def elementwise(formulas: tuple[tuple[str, str], ...]) -> Mapping[str, Function]:
    """Functions of the equation language from elementwise formulas in z; each is parsed when it is first called."""
    return _Formulas(formulas)


class _Formulas(Mapping[str, Function]):
    def __init__(self, formulas: tuple[tuple[str, str], ...]) -> None:
        self.texts = dict(formulas)
        self.made: dict[str, Function | None] = {}

    def __getitem__(self, name: str) -> Function:
        if name not in self.texts:
            raise KeyError(name)
        if name not in self.made:
            # A formula may call those before it: only they are looked up, so that none can call itself.
            before = tuple(self.texts.items())[: list(self.texts).index(name)]
            body = parse_formula(self.texts[name], elementwise(before))
            plain = all(not read.indices for read in reads(body))
            self.made[name] = (lambda value: body.xreplace({Read("z"): value})) if plain else None
        function = self.made[name]
        if function is None:
            raise KeyError(name)
        return function

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)  # what runs along an axis stays in the list of names, but is found by no look-up

    def __len__(self) -> int:
        return len(self.texts)


def with_constants(statement: Statement, constants: Mapping[str, Expr]) -> Statement:
    """Put numbers for options, wherever they stand: in values (`alpha * z`) or in indices (`x[stride * t]`)."""
    table: dict[Expr, Expr] = {Read(name): value for name, value in constants.items()}
    bound = {index for node in statement.rhs.atoms(Total, Peak, ArgPeak) for index in node.bound}
    own = bound | set(statement.indices)
    table |= {unsized(name): value for name, value in constants.items() if unsized(name) not in own}
    return Statement(statement.tensor, statement.indices, statement.rhs.xreplace(table), statement.text)


def bind(
    statement: Statement, tensors: Mapping[str, Tensor], name: str, ranges: Mapping[str, Expr] | None = None
) -> Equation:
    """Bind one statement to the tensors that stand for its formal names.

    Args:
        statement: What `language` parsed.
        tensors: For each formal name the tensor it stands for.
        name: The name of the tensor that the equation defines.
        ranges: Sizes of indices that no read of a tensor tells.

    Returns:
        The equation `name[leading axes, indices] = rhs`.

    Raises:
        UnknownNameError: A formal name has no tensor.
        ShapeError: A tensor has too few axes, or an index would have two sizes.
    """
    sizes: dict[str, Expr] = dict(ranges or {})
    leading: dict[str, tuple[Index, ...]] = {}
    for read in reads(statement.rhs):
        tensor = _tensor(read, tensors, statement)
        rank = len(read.indices)
        if rank != len(tensor.indices) - len(
            leading.setdefault(read.tensor, tensor.indices[: len(tensor.indices) - rank])
        ):
            message = f"{read.tensor!r} is read with different numbers of indices"
            raise ShapeError(message, **place_in(statement.text, read.tensor))
        for index, axis in zip(read.indices, tensor.indices[len(tensor.indices) - rank :], strict=True):
            if isinstance(index, Index):
                _settle(sizes, index, axis.size, read, statement, given=ranges or {})
            elif index.is_Integer and axis.size.is_Integer and not 0 <= index < axis.size:
                message, where = (
                    f"{read} is outside: the axis has {axis.size} places",
                    place_in(statement.text, read.tensor),
                )
                raise ShapeError(message, code="SB032", help="places are counted from 0", **where)
    _check_sizes(statement, sizes)
    extra, places = _lined_up(leading, set(sizes), statement)
    table: dict[Expr, Expr] = {unsized(letter): Index(letter, value) for letter, value in sizes.items()}
    table |= {size_symbol(letter): value for letter, value in sizes.items()}
    rhs = statement.rhs.xreplace(table)
    replaced: dict[Expr, Expr] = {}
    for read in sorted(reads(rhs), key=lambda read: len(read.atoms(Read))):
        own = (_whole(index.xreplace(replaced)) for index in read.indices)
        replaced[read] = Read(tensors[read.tensor].name, *places[read.tensor], *own)
    indices = (*extra, *(Index(i.name, sizes[i.name]) for i in statement.indices))
    # A sum over j beside a free j is clear to a reader, but would be captured by a rewrite.
    equation = Equation(name, indices, tidy(with_deltas(rhs.xreplace(replaced)), indices))
    _refuse_loose(equation, statement)
    return equation


def _refuse_loose(equation: Equation, statement: Statement) -> None:
    loose = {i.name for i in equation.rhs.free_symbols if isinstance(i, Index)} - {i.name for i in equation.indices}
    if loose:
        letter = min(loose)
        raise LanguageError(
            f"index {letter!r} is neither summed nor on the left",
            code=LanguageError.LOOSE,
            help=f"sum over it, as in sum(..., {letter}), or write it on the left-hand side",
            **place_in(statement.text, letter, bracketed=True),
        )


def with_deltas(expr: Expr) -> Expr:
    """A value where two positions are equal, else 0 → a product with a delta, over which sums can be carried out.

    The adjoint of a reshaped tensor is then a read at the other shape's places.

    Example:
        >>> i, t = Index("i", 6), Index("t", 3)
        >>> with_deltas(Where(sp.Eq(i, 2 * t), sp.S.One, sp.S.Zero))
        [i = 2*t]
    """
    table = {
        node: Delta(*map(sp.expand, node.condition.args)) * with_deltas(node.then)
        for node in expr.atoms(Where)
        if isinstance(node.condition, sp.Eq) and node.otherwise == 0 and all(map(_is_place, node.condition.args))
    }
    return expr.xreplace(table)


def _is_place(expr: Expr) -> bool:
    """Whether an expression is arithmetic on indices, or a whole number."""
    return bool(expr.is_Integer) or (bool(expr.atoms(Index)) and not expr.atoms(Read) and bool(expr.is_integer))


def _check_sizes(statement: Statement, sizes: Mapping[str, Expr]) -> None:
    """Every index of a statement must be known to run over something."""
    unbound = (index for index in indices_of(statement.rhs) if index.size == size_symbol(index.name))
    used = {*statement.indices, *unbound}
    for index in sorted(used, key=str):
        if index.name not in sizes:
            where = place_in(statement.text, index.name, bracketed=True)
            help = f'declare it: ranges = {{ {index.name} = "n" }}'
            raise ShapeError(f"the size of index {index.name!r} is unknown", code="SB031", help=help, **where)


def _whole(place: Expr) -> Expr:
    """Drop whole parts that are 0: of o // 4, where o runs to 3."""
    floors = place.atoms(sp.floor)
    return place.xreplace({node: sp.S.Zero for node in floors if _below_one(node.args[0])}) if floors else place


def _below_one(ratio: Expr) -> bool:
    value, divisor = sp.fraction(sp.together(ratio))
    return fits(value, divisor)


def _tensor(read: Read, tensors: Mapping[str, Tensor], statement: Statement) -> Tensor:
    if read.tensor not in tensors:
        help = did_you_mean(read.tensor, list(tensors))
        raise UnknownNameError(f"unknown name {read.tensor!r}", help=help, **place_in(statement.text, read.tensor))
    tensor = tensors[read.tensor]
    if len(tensor.indices) < len(read.indices):
        raise ShapeError(
            f"{read} needs {len(read.indices)} axes, {tensor.name} has {len(tensor.indices)}",
            **place_in(statement.text, read.tensor),
        )
    return tensor


def _settle(
    sizes: dict[str, Expr], index: Index, length: Expr, read: Read, statement: Statement, given: Mapping[str, Expr]
) -> None:
    known = sizes.setdefault(index.name, length)
    if known != length and index.name not in given:
        message = f"index {index.name!r} runs over {known}, but over {length} at {read}"
        swapped = [other.name for other in read.indices if isinstance(other, Index) and sizes.get(other.name) == length]
        help = "these indices look transposed" if len(read.indices) == 2 and swapped else "an index has one size"
        raise ShapeError(message, help=help, **place_in(statement.text, read.tensor))


def _lined_up(
    leading: Mapping[str, tuple[Index, ...]], taken: set[str], statement: Statement
) -> tuple[tuple[Index, ...], dict[str, tuple[Index, ...]]]:
    """Line up the leading axes of all tensors of a statement: samples with samples, the others from the last on.

    Returns:
        The leading axes of the result, with letters that the statement does not use itself, and those of each tensor.
    """
    longest = max(leading.values(), key=len, default=())
    axes = _apart(longest, taken)
    places = {}
    for name, own in leading.items():
        shared = 1 if own and longest and own[0] == longest[0] else 0
        rest = own[shared:]
        at = (*axes[:shared], *axes[len(axes) - len(rest) :]) if rest else axes[:shared]
        if any(index.size != axis.size for index, axis in zip(own, at, strict=True)):
            found = " and ".join(" x ".join(str(i.size) for i in indices) for indices in (own, longest))
            message = f"the axes of {name} do not line up with the others': {found}"
            raise ShapeError(message, **place_in(statement.text, name))
        places[name] = at
    return axes, places


def _apart(leading: Sequence[Index], taken: set[str]) -> tuple[Index, ...]:
    """Give leading axes letters that the statement does not use itself."""
    result = []
    used = set(taken)
    for index in leading:
        name = index.name
        if name in used:
            name = next((c for c in "tuvpqrmn" + ALPHABET if c not in used), f"{name}_lead")
        used.add(name)
        result.append(Index(name, index.size))
    return tuple(result)
