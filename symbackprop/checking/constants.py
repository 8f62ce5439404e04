"""A case → the constant factors that are commonly lost or put in twice: signs, 2, ½, counts of samples, η."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbackprop.checking.probes import Case, Probe
from symbackprop.expressions import tensors_read
from symbackprop.forward import SAMPLES


@dataclass(frozen=True)
class Constant:
    """A factor with its name; one that counts something differs from point to point.

    Attributes:
        text: How a reader writes it.
        at: Its value at a point.
        counts: Whether it counts something.
    """

    text: str
    at: Callable[[Probe], float]
    counts: bool = False


RATIONALS = tuple(Fraction(text) for text in ("2", "1/2", "3", "1/3", "4", "1/4", "3/2", "2/3", "1"))


def constants(case: Case, probes: Sequence[Probe]) -> Iterator[Constant]:
    """Every factor that is worth a try, the likeliest first; two that are equal at all points come as one.

    Args:
        case: What is judged.
        probes: The points at which the factor is to be told.
    """
    found: dict[tuple[float, ...], Constant] = {}
    for constant in _all(case):
        key = tuple(round(constant.at(probe), 12) for probe in probes)
        if set(key) == {1.0}:
            continue
        known = found.setdefault(key, constant)
        # Where every point has 4 samples nobody can tell N from 4: both are said. A 2 is most often a 2.
        likely = known.text.lstrip("-") not in ("1", "2", "1/2") or constant.text.lstrip("-").startswith(("N,", "1/N,"))
        if constant.counts and not known.counts and likely:
            found[key] = Constant(f"{known.text} (here {constant.text})", known.at, counts=True)
    yield from found.values()


def _all(case: Case) -> Iterator[Constant]:
    yield Constant("0", lambda probe: 0.0)
    yield Constant("-1", lambda probe: -1.0)
    for number in RATIONALS:
        for sign in ("", "-"):
            if number != 1:
                yield Constant(f"{sign}{number}", _rational(-number if sign else number))
    for name, count in _counts(case).items():
        for number in RATIONALS[-1:] + RATIONALS[:2]:
            for sign in ("", "-"):
                value = -number if sign else number
                yield Constant(_over(sign, number, name), _divided(value, count), counts=True)
                yield Constant(_times(sign, number, name), _multiplied(value, count), counts=True)
    if (rate := case.learning_rate) is not None:
        yield Constant("-eta, the learning rate with a minus", lambda probe: -rate)
        yield Constant("eta, the learning rate", lambda probe: rate)


def _rational(number: Fraction) -> Callable[[Probe], float]:
    return lambda probe: float(number)


def _divided(number: Fraction, count: Callable[[Probe], float]) -> Callable[[Probe], float]:
    return lambda probe: float(number) / count(probe)


def _multiplied(number: Fraction, count: Callable[[Probe], float]) -> Callable[[Probe], float]:
    return lambda probe: float(number) * count(probe)


def _over(sign: str, number: Fraction, name: str) -> str:
    short, _, long = name.partition(",")
    below = f"({short})" if " " in short else short
    below = below if number.denominator == 1 else f"({number.denominator} {short})"
    return f"{sign}{number.numerator}/{below}" + (f", where {short} is{long}" if long else "")


def _times(sign: str, number: Fraction, name: str) -> str:
    short, _, long = name.partition(",")
    text = short if number.numerator == 1 else f"{number.numerator} {short}"
    text = text if number.denominator == 1 else f"{text}/{number.denominator}"
    return f"{sign}{text}" + (f", where {short} is{long}" if long else "")


def _counts(case: Case) -> dict[str, Callable[[Probe], float]]:
    """What a mean may have been taken over: the samples, the outputs, both."""
    graph = case.graph
    found: dict[str, Callable[[Probe], float]] = {}
    samples = any(size == SAMPLES for tensor in graph.tensors.values() for size in tensor.shape)
    if samples:
        found["N, the number of samples"] = lambda probe: float(probe.sizes[SAMPLES])
    scored = graph.with_role("prediction") or [graph.tensors[name] for name in tensors_read(graph.equations[-1].rhs)]
    for tensor in scored[:1]:
        batched = samples and bool(tensor.shape) and tensor.shape[0] == SAMPLES
        if len(tensor.shape) > batched:
            found["n, the number of outputs" if batched else f"n, the number of elements of {tensor.name}"] = _size(
                tensor.name, batched
            )
            if batched:
                found["N n, the number of samples times outputs"] = _size(tensor.name, False)
    return found


def _size(name: str, of_sample: bool) -> Callable[[Probe], float]:
    def count(probe: Probe) -> float:
        array = probe.values[name]
        return float(array.size) / (len(array) if of_sample else 1)

    return count
