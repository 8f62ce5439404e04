"""Inverses and determinants over any field, by elimination with the largest pivot: NumPy has none at 50 digits."""

from __future__ import annotations

import numpy as np

from symbackprop.verify.fields import Array, Field


def inverse(matrices: Array, field: Field) -> Array:
    """The inverse of each matrix of the last two axes; nan where there is none."""
    return _each(matrices, field)[1]


def determinant(matrices: Array, field: Field) -> Array:
    """The determinant of each matrix of the last two axes."""
    return _each(matrices, field)[0]


def _each(matrices: Array, field: Field) -> tuple[Array, Array]:
    flat = np.reshape(matrices, (-1, *np.shape(matrices)[-2:]))
    found = [_eliminated(matrix, field) for matrix in flat]
    determinants = np.array([one for one, _ in found], dtype=flat.dtype).reshape(np.shape(matrices)[:-2])
    inverses = np.array([one for _, one in found], dtype=flat.dtype).reshape(np.shape(matrices))
    return determinants, inverses


def _eliminated(matrix: Array, field: Field) -> tuple[object, Array]:
    """The determinant and the inverse, by Gauss and Jordan's elimination beside the unit matrix."""
    size = len(matrix)
    work = np.concatenate([matrix, field.array(np.eye(size))], axis=1)
    if matrix.dtype.kind == "c":
        work = work.astype(matrix.dtype)
    product = field.array(1)[()]
    for step in range(size):
        column = np.array([abs(float(value)) for value in field.real(work[step:, step])])
        pivot = step + int(np.argmax(column))
        if column.max() == 0:
            return field.array(0)[()], np.full_like(matrix, np.nan)
        if pivot != step:
            work[[step, pivot]] = work[[pivot, step]]
            product = -product
        product = product * work[step, step]
        work[step] = work[step] / work[step, step]
        for row in range(size):
            if row != step:
                work[row] = work[row] - work[row, step] * work[step]
    return product, work[:, size:]
