"""Program → the program that computes the same with less work and in memory that is set aside once.

Each pass is a function from programs to programs; the table says in which order they are made. What a pass finds no use
for it leaves as it is: a program is right after each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symbackprop.optimize.ahead import factors_ahead
from symbackprop.optimize.beginnings import first_steps
from symbackprop.optimize.common import without_repetition
from symbackprop.optimize.flat import flat
from symbackprop.optimize.flattened import few_weights_in_order
from symbackprop.optimize.known import known_products
from symbackprop.optimize.largest import masks, relu_last
from symbackprop.optimize.layout import samples_last
from symbackprop.optimize.memory import with_memory
from symbackprop.optimize.phases import in_phases
from symbackprop.optimize.polyphase import filters_of_phases
from symbackprop.optimize.reading import read_in_place
from symbackprop.optimize.shifted import bias_last, sums_before_spreading
from symbackprop.optimize.shifts import with_ends
from symbackprop.optimize.slopes import slopes_at_values
from symbackprop.optimize.steps import kept_for_later, of_one_step
from symbackprop.optimize.together import together
from symbackprop.program import Program

PASSES: Mapping[str, Callable[[Program], Program]] = {
    "relu after the maximum": relu_last,
    "masks in place of positions": masks,
    "phases of a pool": in_phases,
    "bias after the maximum": bias_last,
    "sums before a slope is spread": sums_before_spreading,
    "filters of all phases": filters_of_phases,
    "factors before their loop": factors_ahead,
    "what is wanted later is kept": kept_for_later,
    "products that are known": known_products,
    "samples last": samples_last,
    "few weights in order": few_weights_in_order,
    "arrays of one step": of_one_step,
    "alike together": together,
    "first steps": first_steps,
    "zeros at the ends of time": with_ends,
    "one operation a statement": flat,
    "what is computed twice": without_repetition,
    "slopes of relu at its values": slopes_at_values,
    "reshapes are read in place": read_in_place,
    "memory": with_memory,
}


def optimize(program: Program) -> Program:
    """Make every pass of the table."""
    for improve in PASSES.values():
        program = improve(program)
    return program


__all__ = ["PASSES", "optimize"]
