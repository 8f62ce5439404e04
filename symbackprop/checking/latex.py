r"""A formula in LaTeX and the values at a point → the array that it stands for, such as `\delta^{(2)}_j a^{(1)}_i`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np

from symbackprop.checking.calling import Environment
from symbackprop.checking.claims import element_name
from symbackprop.checking.probes import Case
from symbackprop.display.choosing import NoValueError
from symbackprop.display.evaluate import Evaluator
from symbackprop.display.tree import BigSum, Number, PartialDerivative, Range, Relation, Symbol, Tree, integer, walk
from symbackprop.errors import InputError, LanguageError, TooLargeError
from symbackprop.forward import SAMPLES
from symbackprop.notation import Notation, given
from symbackprop.reading import TensorNames, read_formula, read_relation
from symbackprop.verify.fields import Array

MOST_ELEMENTS = 2_000


def is_latex(text: str) -> bool:
    r"""Whether a text is LaTeX rather than array notation: it has a backslash, or a subscript or power in braces.

    Example:
        >>> is_latex(r"\delta_j a_i"), is_latex("np.outer(delta2, a1)")
        (True, False)
    """
    return "\\" in text or "_{" in text or "^" in text


def latex_value(text: str, case: Case, environment: Environment, adjoint: str, notation: Notation) -> Array:
    r"""The value of a formula at a point, for every element of a gradient.

    Args:
        text: Math, with or without dollars; a left-hand side, as in `\frac{\partial E}{\partial w_{ji}} = …`, names the
            indices, which are else those of the gradient in the order in which documents print them.
        case: Whose tensors it speaks of.
        environment: Their values.
        adjoint: The gradient that it is for.
        notation: How documents call things.

    Raises:
        InputError: It is not understood, or speaks of something that has no value.
        TooLargeError: The gradient has too many elements to work a formula out for each.
    """
    names = _names(case, notation, case.graph.tensors[case.forward_of[adjoint]].layer)
    text = text.strip().strip("$").strip()
    relation = read_relation(text, names) if "=" in text else None
    tree = relation.rows[-1].tree if relation else read_formula(text, names)
    tree = _with_ranges(tree, environment.known)
    letters = _letters(relation, case, adjoint)
    shape = np.shape(environment.known[adjoint])
    if np.prod(shape, initial=1) > MOST_ELEMENTS:
        raise TooLargeError(f"{adjoint} has more than {MOST_ELEMENTS:,} elements, too many for a formula in LaTeX")
    free = {one.key for one in walk(tree) if isinstance(one, Symbol) and one.key.startswith("#")}
    values = dict(environment.known)
    try:
        if not free - _bound(tree):
            return _whole(Evaluator(values)(tree))
        found = np.zeros(shape)
        for place in product(*map(range, shape)):
            here = {f"#{letter}": n + 1 for letter, n in zip(letters, place, strict=True)}
            found[place] = float(Evaluator({**values, **here}).scalar(tree).middle)
    except NoValueError as error:
        loose = free - _bound(tree) - {f"#{letter}" for letter in letters}
        raise InputError(
            f"in {text!r}: {error}",
            code=LanguageError.LOOSE if loose else LanguageError.NO_NUMBER,
            help=f"the indices of this gradient are {', '.join(letters)}" if loose else "",
        ) from error
    except ZeroDivisionError:
        raise InputError(f"in {text!r}: this divides by 0", code=LanguageError.NO_NUMBER) from None
    return found


def gradient_of(text: str, case: Case, notation: Notation) -> str:
    r"""The gradient that the left-hand side of a formula names, `dW2` for `\frac{\partial E}{\partial w_{ji}} = …`.

    Raises:
        InputError: It names none.
    """
    left = read_relation(text.strip().strip("$").strip(), _names(case, notation)).lhs
    wrt = left.wrt if isinstance(left, PartialDerivative) else left
    key = wrt.key if isinstance(wrt, Symbol) else ""
    adjoint = case.raw.adjoint_of.get(key, key)
    if adjoint not in case.equations or not isinstance(wrt, Symbol):
        raise InputError(
            f"the left-hand side of {text!r} is no gradient",
            code="SB080",
            help=r"such as \frac{\partial E}{\partial w_5}",
        )
    place = [one.value for one in wrt.place if isinstance(one, Number)]
    tensor = case.graph.tensors[case.forward_of[adjoint]]
    if place and len(place) == len(tensor.indices):
        return f"d{element_name(tensor, tuple(int(n) - 1 for n in place))}"
    return adjoint


def _names(case: Case, notation: Notation, layer: int = 0) -> TensorNames:
    tensors = {**case.graph.tensors, **case.raw.tensors}
    sizes = {str(symbol) for tensor in tensors.values() for size in tensor.shape for symbol in size.free_symbols}
    single = not any(size == SAMPLES for tensor in tensors.values() for size in tensor.shape)
    more = {"eta": given("eta")} if case.learning_rate is not None else {}
    return TensorNames(
        tensors, notation, case.raw.adjoint_of, sizes=sizes, sample=1 if single else 0, layer=layer, more=more
    )


def _letters(relation: Relation | None, case: Case, adjoint: str) -> list[str]:
    """The letters of the gradient's axes: those on the left-hand side, or the ones that documents print."""
    own = [index.name for index in case.equations[adjoint].indices]
    if relation is None:
        return own
    left = relation.lhs
    places: Sequence[Tree] = ()
    if isinstance(left, PartialDerivative):
        places = left.at or (left.wrt.place if isinstance(left.wrt, Symbol) else ())
    elif isinstance(left, Symbol):
        places = left.place
    found = [one.key[1:] for one in places if isinstance(one, Symbol) and one.key.startswith("#")]
    return found if len(found) == len(own) else own


def _bound(tree: Tree) -> set[str]:
    return {one.index.key for part in walk(tree) if isinstance(part, BigSum) for one in part.ranges}


def _with_ranges(tree: Any, values: Mapping[str, Any]) -> Any:
    """The tree with the limits that a sum leaves out, read off the arrays in whose places its index stands."""
    if isinstance(tree, tuple):
        return tuple(_with_ranges(part, values) for part in tree)
    if not isinstance(tree, Tree):
        return tree
    made = {one.name: _with_ranges(getattr(tree, one.name), values) for one in fields(tree)}
    if isinstance(tree, BigSum):
        made["ranges"] = tuple(_limited(one, tree.body, values) for one in tree.ranges)
    return replace(tree, **made)


def _limited(one: Range, body: Tree, values: Mapping[str, Any]) -> Range:
    if one.last is not None:
        return one
    for part in walk(body):
        if isinstance(part, Symbol) and part.key in values:
            for axis, place in enumerate(part.place):
                if isinstance(place, Symbol) and place.key == one.index.key:
                    return replace(one, last=integer(np.shape(values[part.key])[axis]))
    return one


def _whole(value: Any) -> Array:
    if isinstance(value, tuple):
        return np.array([[float(entry.middle) for entry in row] for row in value])
    return np.asarray(float(value.middle))
