"""What was handed in → claims: an array for a gradient or an intermediate at a point, and how exactly it is meant.

A program's numbers are meant to rounding; a number that somebody wrote down is meant to half a unit of its last digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import permutations
from typing import Any

import numpy as np

from symbackprop.aliases import aliases, known_as
from symbackprop.checking.probes import Case, Probe
from symbackprop.errors import InputError, UnknownNameError, did_you_mean
from symbackprop.graph import Tensor
from symbackprop.verify.fields import Array

# What was handed in cannot be judged: it raises, or is no number.
UNJUDGED = "SB080"
# A double carries 16 digits; a gradient that is computed in another order keeps most of them.
EXACT = 1e-9
# What differs by less is what differences, single precision or a small constant under a logarithm leave.
COARSE = 2e-6
SINGLE = 1e-4
NOTHING = 1e-13
# Fewer digits agree by chance, cut off or not.
DIGITS_CUT_OFF = 2
DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d+)((?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Claim:
    """The value of something at one point.

    Attributes:
        value: The array.
        allowance: For each element how far the true value may be from it, beside rounding; 0 for a program's numbers.
        single: Whether it was computed in less than double precision.
    """

    value: Array
    allowance: Array | float = 0.0
    single: bool = False

    def agrees(self, array: Array, floor: float = 0.0, relative: float = 0.0) -> bool:
        """Whether it is this array, of this very shape, to the precision it is meant to.

        Args:
            array: The true value.
            floor: What rounding alone may make of a 0.
            relative: A relative difference to allow, if more than what its precision leaves.
        """
        if self.value.shape != array.shape:
            return False
        beyond = np.abs(self.value - array) - self.allowance
        if not np.all(np.isfinite(beyond)):
            return False
        relative = max(relative, self.tolerance)
        allowed = relative * float(np.max(np.abs(array), initial=0.0)) + floor * relative / EXACT
        return float(np.max(beyond, initial=0.0)) <= allowed

    def cut_off(self, array: Array) -> bool:
        """Whether it is the digits of this array as they stand, where rounding would give others in some places."""
        if self.value.shape != array.shape or not np.all(np.isfinite(array)):
            return False
        short = np.where(self.value < 0, -1.0, 1.0) * (array - self.value)
        rounding = self.tolerance * np.abs(array)
        unit = 2 * np.asarray(self.allowance)
        enough = np.abs(self.value) >= unit * 10.0 ** (DIGITS_CUT_OFF - 1)
        cut = enough & (short >= 0) & (short < unit)
        return bool(np.all(cut | (np.abs(short) <= self.allowance + rounding)))

    @property
    def tolerance(self) -> float:
        """The relative difference that rounding may make."""
        return SINGLE if self.single else EXACT


@dataclass(frozen=True)
class Subject:
    """A gradient that is judged: of a whole tensor, or of one element of it.

    Attributes:
        name: What the user calls that by which it is the derivative, `W1` or `w5`.
        adjoint: The adjoint.
        place: Where in it, for an element.
        elsewhere: What other notations call an element, with the notation of each.
    """

    name: str
    adjoint: str
    place: tuple[int, ...] | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict, compare=False)

    def part(self, array: Array) -> Array:
        """Its part of an array of the adjoint's shape."""
        return array if self.place is None else np.asarray(array[self.place])


def floor_of(probe: Probe) -> float:
    """What rounding alone may make of an adjoint that is 0, beside the others of its point."""
    return NOTHING * probe.scale


def subjects(case: Case, names: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, Subject]:
    """Every name under which a gradient may be handed in: W1, dW1, dE_dW1, dE/dW1, grad_W1; w5 and the like.

    Args:
        case: The derivation.
        names: For each named element its tensor and its place.
    """
    found: dict[str, Subject] = {}
    tensors = case.graph.tensors
    elsewhere = aliases(tensors, names)
    known = [Subject(old, new) for old, new in case.raw.adjoint_of.items()]
    known += [
        Subject(name, case.raw.adjoint_of[tensor], place, elsewhere.get(name, {}))
        for name, (tensor, place) in names.items()
        if tensor in case.raw.adjoint_of
    ]
    for subject in known:
        loss = case.graph.loss.name
        for spelling in SPELLINGS:
            found.setdefault(spelling.format(loss=loss, name=subject.name), subject)
        if subject.place is None:
            found[subject.adjoint] = subject
    for subject in known:
        # a1 alone is a value of the forward pass, W1 alone can only be its gradient.
        tensor = tensors.get(subject.name)
        if tensor is None or tensor.role in ("parameter", "input", "constant"):
            found[subject.name] = subject
            # Files name the parameters of a layer lstm.Wf.
            found.setdefault(subject.name.replace("_", ".", 1), subject)
    return found


def gradients_near(name: str, subjects: Mapping[str, Subject]) -> str:
    """A help text with the gradients that a name resembles, or those of all tensors and some elements."""
    elsewhere = known_as(name, {subject.name: subject.elsewhere for subject in subjects.values()})
    if elsewhere:
        return elsewhere
    near = did_you_mean(name, list(subjects))
    if near.startswith("did you mean"):
        return near
    whole = {subject.adjoint for subject in subjects.values() if subject.place is None}
    single = list(dict.fromkeys(subject.name for subject in subjects.values() if subject.place is not None))
    more = f"; of single elements: {', '.join(single[:3])}, …" if single else ""
    return f"known: {', '.join(sorted(whole))}{more}"


def subject_named(name: str, subjects: Mapping[str, Subject]) -> Subject:
    """The gradient of a name that is given beside its candidate: there a1 means ∂E/∂a1.

    Raises:
        UnknownNameError: There is none.
    """
    found = subjects.get(name) or subjects.get(f"d{name}")
    if found is None:
        raise UnknownNameError(f"there is no gradient for {name!r}", help=gradients_near(name, subjects))
    return found


SPELLINGS = (
    "d{name}",
    "d_{name}",
    "d{loss}_d{name}",
    "d{loss}d{name}",
    "d{loss}/d{name}",
    "grad_{name}",
    "g_{name}",
    "{name}_grad",
    "grad{name}",
)


def element_name(tensor: Tensor, place: tuple[int, ...]) -> str:
    """What the user calls an element, or `W1[0, 1]`.

    Example:
        >>> element_name(Tensor("W2", "parameter", names=[["w5", "w6"]]), (0, 1))
        'w6'
    """
    names = tensor.names
    for position in place:
        names = names[position] if isinstance(names, list | tuple) and position < len(names) else None
    own = f"{tensor.name}[{', '.join(map(str, map(int, place)))}]" if place else tensor.name
    return names if isinstance(names, str) else own


def refuse_comma(text: str, where: str) -> None:
    """Raise where a number is written with a decimal comma, and show it mended.

    Args:
        text: What was written for a number; of anything else nothing is said.
        where: What to call it in a message.

    Raises:
        InputError: It is such a number.
    """
    if found := DECIMAL_COMMA.fullmatch(text.strip()):
        message = f"{where} is {text.strip()} with a decimal comma; numbers have a decimal point here"
        raise InputError(message, code=UNJUDGED, help=f"write {found[1]}.{found[2]}{found[3]}")


def same_but_for_ones(value: Array, array: Array) -> bool:
    """Whether two shapes differ by axes of length 1 only: a column (3, 1) for a vector (3,)."""
    return value.shape != array.shape and [n for n in value.shape if n != 1] == [n for n in array.shape if n != 1]


def rearranged(array: Array) -> Iterator[Array]:
    """The array with its axes in every other order."""
    for order in permutations(range(array.ndim)):
        if order != tuple(range(array.ndim)):
            yield array.transpose(order)


def written(value: Any, where: str) -> Claim:
    """A number or nested list as somebody wrote it down: text keeps its digits, a float is meant as it prints.

    Args:
        value: Text, a number, or a list of them.
        where: What to call it in a message.

    Raises:
        InputError: It holds something that is no number.

    Example:
        >>> written("0.0822", "w5").allowance
        array(5.e-05)
    """
    if isinstance(value, np.ndarray):
        return Claim(value.astype(np.float64), np.abs(value.astype(np.float64)) * 1e-15, value.dtype.itemsize < 8)
    if isinstance(value, list | tuple):
        parts = [written(part, f"{where}[{n}]") for n, part in enumerate(value)]
        if len({part.value.shape for part in parts}) > 1:
            raise InputError(f"{where} is a list whose parts have different lengths", code=UNJUDGED)
        return Claim(np.array([p.value for p in parts]), np.array([np.asarray(p.allowance) for p in parts]))
    try:
        number = Decimal(value if isinstance(value, str) else repr(float(value)))
    except (InvalidOperation, TypeError, ValueError):
        refuse_comma(str(value), where)
        raise InputError(f"{where} is {value!r}, which is no number", code=UNJUDGED) from None
    if not number.is_finite():
        raise InputError(f"{where} is {value}, which is no finite number", code=UNJUDGED)
    unit = 10.0 ** int(number.as_tuple().exponent)
    # A whole number such as 0 or 1, and a float at its full length, are meant exactly.
    return Claim(
        np.asarray(float(number)), np.asarray(unit / 2 if "." in str(value) or "e" in str(value).lower() else 0.0)
    )
