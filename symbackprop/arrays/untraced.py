"""Functions of NumPy that no formula in indices stands for → what to write in their place."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from symbackprop.errors import did_you_mean

ORDER = "the order of entries is not traced: max, min and argmax are, and comparisons with all others, x[:, None] < x"
AT_PLACES = "np.eye(k)[i].T @ x adds the entries of x at each place i"
COUNTS = "np.eye(k)[t].T @ x adds the entries of each label t"
MATRICES = "of matrices inv, solve, det and slogdet are traced; an equation that defines the result can take its place"
STEPS = "it is constant between its steps, so that nothing is learnt through it; comparisons and np.where are traced"
MISSING = "a formula has no missing numbers: np.where(known, x, 0) and a mean over known entries say what is meant"
COMPLEX = "complex numbers are not traced: write sums of cos and sin"

REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(
        ("sort", "argsort", "partition", "argpartition", "median", "percentile", "quantile", "unique", "searchsorted"),
        ORDER,
    ),
    **dict.fromkeys(("bincount", "histogram", "digitize"), COUNTS),
    **dict.fromkeys(
        ("svd", "svdvals", "eig", "eigh", "eigvals", "eigvalsh", "qr", "cholesky", "pinv", "lstsq", "matrix_rank"),
        MATRICES,
    ),
    **dict.fromkeys(("round", "around", "rint", "floor", "ceil", "trunc", "fix", "remainder", "floor_divide"), STEPS),
    **dict.fromkeys(("nansum", "nanmean", "nanmax", "nanmin", "nanstd", "nanvar", "nan_to_num", "isnan"), MISSING),
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft", "fft2", "angle", "conj", "conjugate", "real", "imag"), COMPLEX),
    "add.at": f"write it without an in-place operator: {AT_PLACES}",
    "add.accumulate": "np.cumsum adds up",
    "arctan2": "2 * np.arctan(y / (np.hypot(x, y) + x)) is the angle, but where y = 0 and x is negative",
    "apply_along_axis": "call the function on the whole array, with axis=",
    "piecewise": "np.where and np.select choose between formulas",
    "choose": "np.where and np.select choose between formulas",
    "compress": "x[mask] takes the entries at a known mask",
    "interp": "np.where chooses between the lines through neighbouring points",
    "nanmedian": ORDER,
}
GENERAL = "sums, products, maxima, np.where, np.einsum, slices, windows and places of labels are traced"


# Where functions that take arrays are found, and how one writes that.
HOMES = {"numpy": "np", "numpy.linalg": "np.linalg", "numpy.fft": "np.fft", "scipy.special": "scipy.special"}


def written_as(function: Any) -> str:
    """How one writes a function of NumPy or SciPy.

    Example:
        >>> import numpy
        >>> written_as(numpy.linalg.cholesky), written_as(numpy.sort)
        ('np.linalg.cholesky', 'np.sort')
    """
    name = str(function.__name__)
    homes = (home for path, home in HOMES.items() if getattr(sys.modules.get(path), name, None) is function)
    home = next(homes, "")
    return f"{home}.{name}" if home else name


def remedy(name: str, known: Sequence[str]) -> str:
    """What to write in place of a function.

    Example:
        >>> remedy("summ", ["sum", "mean"])
        "did you mean 'sum'?"
        >>> remedy("median", ["mean"]) == ORDER
        True
    """
    if name in REMEDIES:
        return REMEDIES[name]
    near = did_you_mean(name, known) if known else ""
    return near if near.startswith("did you mean") else GENERAL
