"""Scalar equations → the ways on which a scalar reaches the loss: each is one product of the chain rule."""

from __future__ import annotations

from sympy import Symbol

from symbackprop.unroll.records import Scalars

Way = tuple[tuple[Symbol, Symbol], ...]


def ways(scalars: Scalars, name: str, most: int) -> list[Way] | None:
    """Every way from the loss back to a scalar.

    Args:
        scalars: What `unroll` returned.
        name: A scalar, such as `"w1"`.
        most: More ways than these are not listed.

    Returns:
        For each way the keys of its local derivatives in `scalars.partials`, from the loss backwards; `None` where
        there are more than `most`, of which the number can grow exponentially with the depth of the network.

    Raises:
        UnknownNameError: There is no such scalar, or the loss does not depend on it.

    Example:
        >>> from symbackprop.pipeline import Stages
        >>> from symbackprop.network import load
        >>> for way in ways(Stages(load("mazur")).scalars, "w1", 4):
        ...     print(way)
        ((E, a2_1), (a2_1, z2_1), (z2_1, a1_1), (a1_1, z1_1), (z1_1, w1))
        ((E, a2_2), (a2_2, z2_2), (z2_2, a1_1), (a1_1, z1_1), (z1_1, w1))
    """
    start = scalars.symbol(name)
    scalars.gradient(name)
    onwards: dict[Symbol, list[Symbol]] = {}
    for defined, read in scalars.partials:
        onwards.setdefault(read, []).append(defined)
    found: list[Way] = []
    pending: list[tuple[Symbol, Way]] = [(start, ())]
    while pending:
        here, way = pending.pop()
        if here == scalars.loss:
            found.append(way)
            if len(found) > most:
                return None
            continue
        pending += [(after, ((after, here), *way)) for after in reversed(onwards.get(here, []))]
    return found
