"""Emitted loss and gradients at a point → checks against numbers that come from the forward pass alone.

A gradient must agree with two witnesses that see different things: differences of the emitted loss, and a complex step
on the graph. Where one disagrees, a third, the graph at 50 digits, decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np

from symbackprop.verify.differences import complex_step, differences, directions_for, given, high_precision
from symbackprop.verify.emitted import MOST_OPERATIONS, Emitted
from symbackprop.verify.equations import evaluate_graph
from symbackprop.verify.fields import Array, mpmath_field
from symbackprop.verify.kinks import AT_KINK, kinks, nearest_parameters
from symbackprop.verify.points import measured
from symbackprop.verify.report import Check

RELATIVE = 1e-9
MOST_TIES = 5
MOST_PRECISE = 30  # parameters for which each derivative is also computed to 50 digits
MOST_DECIDED = 20  # disagreements that the referee looks at
MOST_ROUTINE = 50_000  # operations in 50-digit arithmetic where there is no disagreement to settle

BY_DIFFERENCES = "differences (scipy) of the emitted loss"
BY_COMPLEX_STEP = "complex step on the graph"
AT_TIES = "the stated branch, where branches meet"
BY_PRECISION = "50 digits on the graph"
ALL_PARAMETERS = "all parameters"
# Which branch is taken changes far more than this, and differences across a kink cannot rule on rounding.
OF_BRANCHES = 1e-6
RULES = {BY_DIFFERENCES: "10 x claimed error + 1e-9 |g|", AT_TIES: "1e-6 |g|"}


def shape_checks(emitted: Emitted) -> list[Check]:
    """One failed check for each gradient that is missing or has another shape than its parameter."""
    gradient = emitted.loss_and_gradient[1]
    found = []
    for name, shape in emitted.coordinates.shapes.items():
        got = gradient[name].shape if name in gradient else "nothing"
        if got != shape:
            note = f"the gradient has the shape {got}, its parameter {shape}"
            found.append(Check(name, "shape of the parameter", np.inf, "equal", False, note))
    return found


def loss_check(emitted: Emitted) -> Check:
    """The emitted loss against the graph's; 50 digits decide where they differ."""
    loss, graph, point = emitted.loss_and_gradient[0], emitted.graph, emitted.point
    expected = float(np.real(point.values[graph.loss.name]))
    note = ""
    if not _near(loss, expected) and emitted.affords(1, MOST_OPERATIONS):
        exact = evaluate_graph(graph, given(graph, point.values), mpmath_field(), point.sizes)
        expected, note = float(exact[graph.loss.name]), "decided by 50 digits"
    passed = _near(loss, expected) and _near(emitted.loss(emitted.vector), expected)
    if not passed:
        note = f"at {point.name}: emitted {loss!r}, graph {expected!r}"
    return Check(graph.loss.name, "evaluation of the graph", abs(loss - expected), "1e-10 |E|", passed, note)


def _near(loss: float, expected: float) -> bool:
    return abs(loss - expected) <= 1e-10 * abs(expected) + 1e-14


def gradient_checks(emitted: Emitted, rng: np.random.Generator) -> list[Check]:
    """The emitted gradient against every witness; at a kink there is nothing to compare."""
    point = emitted.point
    if not len(emitted.vector):
        return []
    if point.distance <= AT_KINK:
        note = f"{point.name} lies on a kink of {point.kink}: the stated slope is used there, not tested"
        return [Check(point.kink, "kink", 0.0, "none", True, note)]
    directions = directions_for(emitted.coordinates.count, rng)
    slopes, reaches = complex_step(emitted.graph, point.values, emitted.coordinates, directions, point.sizes)
    size = float(np.linalg.norm(emitted.gradient)) + emitted.floor
    estimate = differences(emitted.loss, emitted.vector, directions, reaches=reaches, scale=size)
    checks = compared(emitted, directions, BY_DIFFERENCES, estimate.value, 10 * estimate.error, estimate.success)
    checks += compared(emitted, directions, BY_COMPLEX_STEP, slopes)
    few = directions if len(emitted.vector) <= MOST_PRECISE else _random_rows(directions, rng)
    if emitted.affords(len(few), MOST_ROUTINE) or len(emitted.vector) <= MOST_PRECISE:
        exact = high_precision(emitted.graph, point.values, emitted.coordinates, few, point.sizes)
        checks += compared(emitted, few, BY_PRECISION, exact)
    named = len(directions) == len(emitted.vector)
    return checks if named or all(check.passed for check in checks) else checks + _located(emitted, rng)


def tie_checks(emitted: Emitted) -> list[Check]:
    """The emitted gradient where every branch may be a tie, against the slope of the branch that the equations state.

    A complex step decides conditions by real parts, so that it stays on the branch that is taken at the point itself.
    """
    graph = emitted.graph
    groups = dict.fromkeys(nearest_parameters(graph, kink) for kink in kinks(graph))
    return [check for names in list(groups)[:MOST_TIES] for check in _tied(emitted, names)]


def _tied(emitted: Emitted, names: Collection[str]) -> list[Check]:
    """The checks where some parameters are 0; those of other layers are not, or nothing would arrive at the tie."""
    graph, point = emitted.graph, emitted.point
    values = {name: np.zeros_like(array) if name in names else array for name, array in point.values.items()}
    try:
        tied = replace(emitted, point=measured(graph, "a point of ties", given(graph, values), point.sizes))
        directions = directions_for(tied.coordinates.count, np.random.default_rng(0))
        slopes, _ = complex_step(graph, tied.point.values, tied.coordinates, directions, point.sizes)
        with np.errstate(all="ignore"):
            if shape_checks(tied) or not (np.all(np.isfinite(slopes)) and np.all(np.isfinite(tied.gradient))):
                return []
    except np.linalg.LinAlgError:  # a matrix of zeros has no inverse
        return []
    return compared(tied, directions, AT_TIES, slopes)


def _random_rows(directions: Array, rng: np.random.Generator) -> Array:
    drawn = rng.standard_normal((2, directions.shape[1]))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def compared(
    emitted: Emitted,
    directions: Array,
    method: str,
    witness: Array,
    allowance: Array | float = 0.0,
    success: Array | bool = True,
) -> list[Check]:
    """Emitted derivatives along directions against a witness, one check for each parameter if each has a direction.

    Args:
        emitted: The code at a point.
        directions: One per row.
        method: What a report calls the witness.
        witness: Its derivatives.
        allowance: An error that the witness claims itself, beyond 1e-9 of the gradient's size (1e-6 at ties).
        success: Where the witness says that it could tell.
    """
    own = emitted.slopes(directions)
    gap = np.abs(own - witness)
    allowance, success = np.broadcast_to(allowance, own.shape), np.broadcast_to(success, own.shape)
    checks = []
    for name, part in _parts(emitted, directions).items():
        of = slice(None) if name == ALL_PARAMETERS else part
        relative = RELATIVE if method != AT_TIES else OF_BRANCHES
        allowed = relative * float(np.linalg.norm(emitted.gradient[of])) + emitted.floor
        doubtful = np.zeros(own.shape, dtype=bool)
        doubtful[part] = ~((gap[part] <= allowed + allowance[part]) & success[part])
        passed, note = _ruling(emitted, directions, witness, doubtful, allowed, method)
        shown = gap[part][~doubtful[part]] if passed else gap[doubtful]
        checks.append(
            Check(name, method, float(np.max(shown, initial=0.0)), RULES.get(method, "1e-9 |g|"), passed, note)
        )
    return checks


def _parts(emitted: Emitted, directions: Array) -> dict[str, slice]:
    """The directions that belong to each parameter, if each of its elements has one."""
    if directions.shape[0] != directions.shape[1]:
        return {ALL_PARAMETERS: slice(None)}
    return {name: emitted.coordinates.part(name) for name in emitted.coordinates.shapes}


def _ruling(
    emitted: Emitted, directions: Array, witness: Array, doubtful: Array, allowed: float, method: str
) -> tuple[bool, str]:
    """Whether derivatives that a witness doubts are right after all, as 50 digits decide, and what to say of it."""
    rows = np.flatnonzero(doubtful)
    if not len(rows):
        return True, ""
    own = emitted.slopes(directions)
    gap = np.nan_to_num(np.abs(own - witness), nan=np.inf)
    ordered = rows[np.argsort(-gap[rows], kind="stable")]
    worst, others = ordered[:MOST_DECIDED], ordered[MOST_DECIDED:]
    first = worst[0]
    text = f"at {emitted.point.name}{_element(emitted, directions[first])}: emitted {own[first]:.17g}, "
    text += f"{method} {witness[first]:.17g}"
    exact = emitted.referee(directions[worst])
    if exact is None:
        return False, text
    if bool(np.all(np.abs(own[worst] - exact) <= allowed)):
        # Where the witness is wrong in the worst cases, it may be in all: then all are looked at.
        exact = emitted.referee(directions[others]) if len(others) else exact[:0]
        if exact is not None and bool(np.all(np.abs(own[others] - exact) <= allowed)):
            return True, "decided by 50 digits"
        return False, f"{text}, of which 50 digits do not decide all"
    return False, f"{text}, 50 digits {exact[0]:.17g}"


def _element(emitted: Emitted, direction: Array) -> str:
    """Which element of which parameter a direction is, if it is one: ", W1[0, 1]"."""
    (places,) = np.nonzero(direction)
    if len(places) != 1:
        return ""
    for name, shape in emitted.coordinates.shapes.items():
        part = emitted.coordinates.part(name)
        if part.start <= places[0] < part.stop:
            place = np.unravel_index(places[0] - part.start, shape) if shape else ()
            return f", {name}[{', '.join(map(str, place))}]" if place else f", {name}"
    return ""


def _located(emitted: Emitted, rng: np.random.Generator) -> list[Check]:
    """Which gradients are wrong, after directions through all of them have shown that one is."""
    coordinates = emitted.coordinates
    directions = np.zeros((len(coordinates.shapes), coordinates.count))
    for row, name in enumerate(coordinates.shapes):
        part = coordinates.part(name)
        directions[row, part] = rng.standard_normal(part.stop - part.start)
    slopes, _ = complex_step(emitted.graph, emitted.point.values, coordinates, directions, emitted.point.sizes)
    checks = []
    for row, name in enumerate(coordinates.shapes):
        part = coordinates.part(name)
        own = directions[row, part] @ emitted.gradient[part]
        allowed = RELATIVE * float(np.linalg.norm(emitted.gradient[part])) + emitted.floor
        gap = abs(own - slopes[row])
        note = f"at {emitted.point.name}, along a random direction: emitted {own:.17g}, graph {slopes[row]:.17g}"
        if not gap <= allowed:
            checks.append(Check(name, BY_COMPLEX_STEP, float(gap), "1e-9 |g|", False, note))
    return checks


def form_checks(
    emitted: Emitted, method: str, form: Mapping[str, Array], exactly: Callable[[], Mapping[str, Array]] | None = None
) -> list[Check]:
    """The emitted gradients against those of another form, element by element.

    Args:
        emitted: The code at a point.
        method: What a report calls the form.
        form: Its gradients; one that is left out is 0.
        exactly: The same gradients to 50 digits, asked for where they differ.
    """
    checks = []
    for name, shape in emitted.coordinates.shapes.items():
        own = emitted.loss_and_gradient[1][name]
        allowed = RELATIVE * float(np.linalg.norm(own)) + emitted.floor
        other, note = _as_array(form, name, shape), ""
        gap = np.abs(own - other)
        if not np.all(gap <= allowed) and exactly is not None:
            other, note = _as_array(exactly(), name, shape), "decided by 50 digits"
            gap = np.abs(own - other)
        passed = bool(np.all(gap <= allowed))
        if not passed:
            worst = np.unravel_index(np.argmax(np.nan_to_num(gap, nan=np.inf)), gap.shape)
            place = f"{name}[{', '.join(map(str, worst))}]" if worst else name
            note = f"at {emitted.point.name}, {place}: emitted {own[worst]:.17g}, {method} {other[worst]:.17g}"
        checks.append(Check(name, method, float(np.max(gap, initial=0.0)), "1e-9 |g|", passed, note))
    return checks


def _as_array(form: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    return np.asarray(form[name], dtype=np.float64).reshape(shape) if name in form else np.zeros(shape)
