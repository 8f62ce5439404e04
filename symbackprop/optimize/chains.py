"""A sum or a product of several arrays → the chain of operations on two arrays at a time that computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import sympy as sp

from symbackprop.optimize.elementary import as_number
from symbackprop.program import Along, Array, Const, Map, combined, leaves
from symbackprop.program.masks import is_number, is_reciprocal, is_truth, mask, positive

ONE = Const(sp.S.One)
Link = tuple[str, Array]


def _by_rank(args: Sequence[Array]) -> list[Array]:
    """Small arrays first, so that they meet before they meet large ones."""
    return sorted(args, key=lambda arg: len(arg.axes))


def total(node: Map) -> list[Link]:
    """The terms, what is taken off last."""
    terms = [("subtract" if positive(arg) is not arg else "add", as_number(positive(arg))) for arg in node.args]
    links = sorted(terms, key=lambda term: (term[0] == "subtract", len(term[1].axes)))
    if links[0][0] == "subtract":
        links[0] = "add", Map("negative", (links[0][1],))
    return links


def product(node: Map) -> list[Link]:
    """Factors, then divisors; numbers are put together and meet the smallest array, before that meets a large one."""
    given = tuple(_factors(node))
    numeric = any(arg.axes and leaves(arg) and mask(arg) is None and not is_truth(arg) for arg in given)
    args = [mask(arg) or arg for arg in given] if numeric else [as_number(arg) for arg in given]
    halves = _halves(args) if numeric else []
    args = _one_mask([arg for arg in args if arg not in halves]) if numeric else args
    numbers = [arg for arg in args if not arg.axes]
    above = _by_rank([arg for arg in args if arg.axes and not is_reciprocal(arg)])
    below = _by_rank([arg.args[0] for arg in args if arg.axes and isinstance(arg, Map) and is_reciprocal(arg)])
    links = [*(("mul", arg) for arg in above), *(("divide", arg) for arg in below), *(("to_first", h) for h in halves)]
    if not numbers:
        return links if above else [("mul", ONE), *links]
    number = combined("mul", numbers)
    if not above:
        return [("mul", number), *links]
    if is_number(number, -1):
        return [("mul", Map("negative", (above[0],))), *links[1:]]
    # A truth value would become a number of another precision.
    place = next((n for n, arg in enumerate(above) if not is_truth(arg)), 0)
    links[0], links[place] = links[place], links[0]
    return [links[0], ("mul", number), *links[1:]]


def _halves(args: Sequence[Array]) -> list[Along]:
    """The factors that say which of two is the first of the largest, where no factor before them knows of the two."""
    choices = [arg for arg in args if isinstance(arg, Along) and _is_choice(arg) and arg.axis.size == 2]
    found = sorted(choices, key=lambda choice: len(choice.axes))
    while True:
        # One that is none after all stands before the others, like any factor.
        left = [half for half in found if not any(half.axis in other.axes for other in _before(half, args, found))]
        if len(left) == len(found):
            return found
        found = left


def _before(half: Along, args: Sequence[Array], halves: Sequence[Along]) -> list[Array]:
    """The factors that a product has before one that chooses; others that choose among more entries follow it."""
    return [arg for arg in args if arg != half and not (arg in halves and len(arg.axes) > len(half.axes))]


def _is_choice(node: Array) -> bool:
    return isinstance(node, Along) and node.function == "first_largest"


def _factors(node: Map) -> Iterator[Array]:
    """The factors of a product, and of products among them."""
    for arg in node.args:
        if isinstance(arg, Map) and arg.function == "mul" and arg.axes:
            yield from _factors(arg)
        else:
            yield arg


def _one_mask(args: list[Array]) -> list[Array]:
    """Factors that are truth values as one: it costs less to join them than to multiply by each."""
    masks = sorted((arg for arg in args if arg.axes and is_truth(arg)), key=lambda arg: len(arg.axes))
    if len(masks) < 2:
        return args
    joined = masks[0]
    for one in masks[1:]:
        joined = Map("and", (joined, one))
    return [*(arg for arg in args if arg not in masks), joined]


CHAINS: dict[str, Callable[[Map], list[Link]]] = {"add": total, "mul": product}
