"""One parameter set to a value, the others of its matrix following as far as they must."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance, Matrix, Vector
from breedeval.covariance.unstructured import Unstructured
from breedeval.covariance.variances import Variances

Places = NDArray[np.intp]

CLOSEST = 0.99
"""Largest correlation that is left where a covariance asks for more than the variances allow."""

SHRINKING = (1.0, 0.5, 0.25, 0.1, 0.0)
"""Factors of the other covariances, tried until the matrix is definite."""


def with_value(variances: Variances, places: Collection[int], value: float) -> Variances:
    """Variances with one value for some parameters, definite wherever that is possible.

    Where an unstructured matrix would not be: the row and column of a variance are stretched, so
    that its correlations stay; the variances of a covariance grow until it fits; other covariances
    shrink.

    Parameters
    ----------
    variances : Variances
    places : collection of int
        Parameters that are tied together, or one.
    value : float

    Raises
    ------
    numpy.linalg.LinAlgError
        Where nothing helps: a variance that is not above 0, a parameter outside its bounds.
    """
    values = variances.values.copy()
    values[list(places)] = value
    parts = []
    for part, own in zip(variances.covariances, variances.slices, strict=False):
        changed = [k - own.start for k in places if own.start <= k < own.stop]
        parts.append(_following(part, values[own], changed) if changed else part)
    return variances.replaced(parts, values[variances.slices[-1]])


def _following(part: Covariance, values: Vector, changed: list[int]) -> Covariance:
    try:
        return part.at(values)
    except np.linalg.LinAlgError:
        if not isinstance(part, Unstructured) or part.size == 1:
            raise
    rows, columns = (index[changed] for index in np.tril_indices(part.size))
    matrix, value = part.matrix.copy(), float(values[changed[0]])
    held = rows[rows == columns]
    if held.size and value <= 0:
        raise np.linalg.LinAlgError("a variance is not positive")
    factors = np.ones(part.size)
    factors[held] = np.sqrt(value / np.diagonal(matrix)[held])
    matrix = matrix * np.outer(factors, factors)
    for i, j in zip(rows, columns, strict=True):
        if i != j:
            matrix = _with_room(matrix, (int(i), int(j)), value, {int(k) for k in held})
    matrix[rows, columns] = matrix[columns, rows] = value
    return _shrunk(matrix, rows, columns)


def _with_room(matrix: Matrix, cell: tuple[int, int], value: float, held: set[int]) -> Matrix:
    """Variances stretched, those that are held excepted, until a covariance fits them."""
    i, j = cell
    asked = abs(value) / (CLOSEST * float(np.sqrt(matrix[i, i] * matrix[j, j])))
    free = [k for k in cell if k not in held]
    if asked <= 1 or not free:
        return matrix
    factors = np.ones(len(matrix))
    factors[free] = asked ** (1 / len(free))
    return np.asarray(matrix * np.outer(factors, factors))


def _shrunk(matrix: Matrix, rows: Places, columns: Places) -> Unstructured:
    """With other covariances as large as the ones given allow."""
    kept = np.eye(len(matrix), dtype=bool)
    kept[rows, columns] = kept[columns, rows] = True
    for factor in SHRINKING:
        try:
            return Unstructured(np.where(kept, matrix, factor * matrix))
        except np.linalg.LinAlgError:
            continue
    raise np.linalg.LinAlgError("no matrix with these elements is positive definite")
