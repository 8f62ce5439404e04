"""The table of array operations: for each name that a statement may call, what it does to values.

One table serves both ways of writing: statements as text, and functions of Python that are traced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import sympy as sp
from sympy import Expr

from symbackprop.arrays import elementwise as each
from symbackprop.arrays import grids, linear, making, moving, pairs, products, reductions, selecting, shaping, windows
from symbackprop.arrays.conditions import compared, inverted, joined, where
from symbackprop.arrays.elementwise import Operation, applied, composed
from symbackprop.arrays.values import REDUCED
from symbackprop.binding import elementwise as formulas
from symbackprop.catalog import ACTIVATIONS
from symbackprop.expressions import Where
from symbackprop.language import FUNCTIONS

UNITS = ("tanh", "sin", "cos", "tan", "sinh", "cosh", "arctan", "arcsin", "arccos", "arcsinh", "arccosh", "arctanh")
INLINE = ("log", "sqrt", "log1p", "log2", "log10")
PLAIN = ("exp", "expm1")


def _sinc(z: Expr) -> Expr:
    """sin(π z)/(π z), 1 at 0, where nothing is divided by 0."""
    apart = Where(sp.Eq(z, 0), sp.S.One, z)
    return Where(sp.Eq(z, 0), sp.S.One, sp.sin(sp.pi * z) / (sp.pi * apart))


ELEMENTWISE: Mapping[str, Operation] = {
    **{name: applied(name, "a") for name in (*UNITS, "erf", "erfc", "lgamma")},
    **{name: applied(name, depth=REDUCED) for name in INLINE},
    **{name: applied(name, "e") for name in PLAIN},
    "abs": applied("abs"),
    "sigmoid": composed(lambda z: 1 / (1 + sp.exp(-z)), "a", "sigmoid"),
    "relu": composed(lambda z: Where(z > 0, z, sp.S.Zero), "a", "relu"),
    "softplus": composed(lambda z: sp.log(1 + sp.exp(z)), "a", "softplus"),
    "Phi": composed(lambda z: (1 + sp.erf(z / sp.sqrt(2))) / 2, "a", "Phi"),
    "sign": composed(each.sign, "a", "sign"),
    "square": each.square,
    "reciprocal": each.reciprocal,
    "negative": each.negative,
    "add": each.add,
    "subtract": each.subtract,
    "multiply": each.multiply,
    "divide": each.divide,
    "power": each.power,
    "maximum": each.maximum,
    "minimum": each.minimum,
    "clip": each.clip,
    "where": where,
    "greater": compared(sp.Gt),
    "greater_equal": compared(sp.Ge),
    "less": compared(sp.Lt),
    "less_equal": compared(sp.Le),
    "equal": compared(sp.Eq),
    "not_equal": compared(sp.Ne),
    "logical_and": joined(sp.And),
    "logical_or": joined(sp.Or),
    "logical_not": inverted,
    "exp2": composed(lambda z: sp.exp(z * sp.log(2)), "e", "exp2"),
    "radians": composed(lambda z: z * sp.pi / 180, "", "radians"),
    "degrees": composed(lambda z: z * 180 / sp.pi, "", "degrees"),
    "positive": each.positive,
    "logical_xor": joined(lambda a, b: sp.Or(sp.And(a, sp.Not(b)), sp.And(sp.Not(a), b))),
    "sinc": composed(_sinc, "a", "sinc"),
    "cbrt": composed(lambda z: each.sign(z) * FUNCTIONS["abs"](z) ** sp.Rational(1, 3), "a", "cbrt"),
    "select": pairs.select_first,
    **pairs.PAIRED,
}
REDUCTIONS: Mapping[str, Operation] = {
    "sum": reductions.total,
    "mean": reductions.mean,
    "max": reductions.largest,
    "min": reductions.smallest,
    "prod": reductions.product,
    "var": reductions.variance,
    "std": reductions.deviation,
    "argmax": reductions.place_of_largest,
    "cumsum": reductions.cumulative_sum,
    "cumprod": reductions.cumulative_product,
    "norm": reductions.norm,
    "logsumexp": reductions.logsumexp,
    "softmax": reductions.softmax,
    "log_softmax": reductions.log_softmax,
    "average": pairs.average,
    "ptp": pairs.span,
    "any": reductions.any_of,
    "all": reductions.all_of,
    "trapezoid": grids.trapezoid,
    "cov": grids.cov,
    "corrcoef": grids.corrcoef,
}
PRODUCTS: Mapping[str, Operation] = {
    "matmul": products.matmul,
    "dot": products.dot,
    "inner": products.inner,
    "outer": products.outer,
    "tensordot": products.tensordot,
    "einsum": products.einsum,
    "trace": products.trace,
    "inv": linear.inverse,
    "det": linear.determinant,
    "slogdet": linear.sign_and_log_determinant,
    "logabsdet": linear.log_abs_determinant,
    "solve": linear.solve,
    "diagonal": products.diagonal,
    "vdot": pairs.vdot,
    "vecdot": pairs.vecdot,
    "kron": pairs.kron,
    "cross": pairs.cross,
    "matrix_power": pairs.matrix_power,
    "multi_dot": pairs.multi_dot,
    "convolve": grids.convolve,
    "correlate": grids.correlate,
    "polyval": grids.polyval,
    "vander": grids.vander,
}
SHAPES: Mapping[str, Operation] = {
    "transpose": shaping.transpose,
    "swapaxes": shaping.swapaxes,
    "moveaxis": shaping.moveaxis,
    "matrix_transpose": shaping.matrix_transpose,
    "T": shaping.matrix_transpose,
    "reshape": shaping.reshape,
    "ravel": shaping.ravel,
    "flatten": shaping.ravel,
    "expand_dims": shaping.expand_dims,
    "squeeze": shaping.squeeze,
    "broadcast_to": shaping.broadcast_to,
    "concatenate": shaping.concatenate,
    "stack": shaping.stack,
    "flip": shaping.flip,
    "flipud": partial(shaping.flip, axis=0),
    "fliplr": partial(shaping.flip, axis=1),
    "roll": moving.roll,
    "repeat": moving.repeat,
    "tile": moving.tile,
    "pad": moving.pad,
    "diff": moving.differences,
    "append": moving.append,
    "ediff1d": lambda ary: moving.differences(shaping.ravel(ary)),
    "gradient": grids.gradient,
    "linspace": grids.linspace,
    "meshgrid": grids.meshgrid,
    "rot90": moving.rot90,
    "atleast_1d": partial(moving.at_least, rank=1),
    "atleast_2d": partial(moving.at_least, rank=2),
    "atleast_3d": partial(moving.at_least, rank=3),
    "block": moving.block,
    "insert": moving.insert,
    "delete": moving.delete,
    "take": selecting.take,
    "take_along_axis": selecting.take_along_axis,
    "split": selecting.split,
    "array_split": selecting.split,
    "hsplit": partial(selecting.split, axis=1),
    "vsplit": selecting.split,
    "tril": making.lower_triangle,
    "triu": making.upper_triangle,
    "diag": making.diag,
    "zeros_like": making.zeros_like,
    "ones_like": making.ones_like,
    "full_like": making.full_like,
}
WINDOWS: Mapping[str, Operation] = {
    "conv1d": windows.conv1d,
    "conv2d": windows.conv2d,
    "max_pool1d": partial(windows.max_pool, rank=1),
    "max_pool2d": partial(windows.max_pool, rank=2),
    "avg_pool1d": partial(windows.average_pool, rank=1),
    "avg_pool2d": partial(windows.average_pool, rank=2),
}
# These are given the collection of equations first, since they may have no array to find it in.
MAKING: Mapping[str, Operation] = {
    "zeros": making.zeros,
    "ones": making.ones,
    "full": making.full,
    "eye": making.eye,
    "identity": making.eye,
    "arange": making.arange,
    "tri": making.triangle,
    "array": making.array,
    "asarray": making.array,
}
SYNONYMS: Mapping[str, str] = {
    "absolute": "abs",
    "fabs": "abs",
    "amax": "max",
    "amin": "min",
    "arr": "array",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "avg_pool": "avg_pool2d",
    "bitwise_and": "logical_and",
    "bitwise_not": "logical_not",
    "bitwise_or": "logical_or",
    "avgpool1d": "avg_pool1d",
    "avgpool2d": "avg_pool2d",
    "concat": "concatenate",
    "deg2rad": "radians",
    "expit": "sigmoid",
    "fmax": "maximum",
    "fmin": "minimum",
    "trapz": "trapezoid",
    "gammaln": "lgamma",
    "invert": "logical_not",
    "max_pool": "max_pool2d",
    "maxpool1d": "max_pool1d",
    "maxpool2d": "max_pool2d",
    "ndtr": "Phi",
    "permute_dims": "transpose",
    "float_power": "power",
    "matrix_norm": "norm",
    "pow": "power",
    "rad2deg": "degrees",
    "vector_norm": "norm",
    "true_divide": "divide",
}
OPERATIONS: Mapping[str, Operation] = {**ELEMENTWISE, **REDUCTIONS, **PRODUCTS, **SHAPES, **WINDOWS}


def known_names() -> list[str]:
    """Every name that a statement may call."""
    return sorted({*OPERATIONS, *MAKING, *SYNONYMS, *_activations()})


def operation(name: str) -> Operation | None:
    """What a name does to values; `None` if there is nothing of that name, or it makes arrays from sizes."""
    name = SYNONYMS.get(name, name)
    if name in OPERATIONS:
        return OPERATIONS[name]
    return _activation(name) if name in _activations() else None


@lru_cache(maxsize=1)
def _activations() -> tuple[str, ...]:
    return tuple(name for name, row in ACTIVATIONS.items() if not row.options and name not in OPERATIONS)


@lru_cache(maxsize=64)
def _activation(name: str) -> Operation | None:
    """An activation of the catalogue, if it works entry by entry."""
    known = formulas(tuple((row, ACTIVATIONS[row].formula) for row in ACTIVATIONS if not ACTIVATIONS[row].options))
    formula: Callable[[Expr], Expr] | None = known.get(name)
    return None if formula is None else composed(formula, "a", name)
