"""The pattern of the coefficient matrix with the place of every term: for many rounds of values.

C is a sum of products of two non-zeros of a record's rows of W and of terms of K⁻¹ ⊗ Σ⁻¹. Their
places in the lower triangle do not change with the variances, so they are found once; then C at
other variances, and traces of C⁻¹ with its derivatives, are one pass over the terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.kernels import residual as kernels

Int64 = NDArray[np.int64]
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairTerms:
    """Terms of K⁻¹ between two cells of an effect.

    Parameters
    ----------
    effect, row, column : int
        The effect, and its cells of the row and the column of K⁻¹.
    places : ndarray of int64, shape (m,)
        Where they stand in the pattern.
    weights : ndarray of float64, shape (m,)
        K⁻¹ there.
    halved : ndarray of float64, shape (m,)
        The same, but half on the diagonal of C: a sum over it and its transpose is over all of C.
    """

    effect: int
    row: int
    column: int
    places: Int64
    weights: Vector
    halved: Vector


@dataclass(frozen=True, eq=False)
class Pattern:
    """Lower triangle of C, or of its random part, and the places of all terms.

    Parameters
    ----------
    indptr, indices : ndarray
        Columns compressed.
    columns : ndarray of int32, shape (N, t)
        Equations of the non-zeros of W in this numbering; −1 for none.
    records : ndarray of int32
        Places of the products of two non-zeros of a record.
    pairs : tuple of PairTerms
    """

    indptr: NDArray[np.integer]
    indices: NDArray[np.integer]
    columns: NDArray[np.int32]
    records: NDArray[np.int32]
    pairs: tuple[PairTerms, ...]


def make_pattern(equations: Equations, lower: sp.csc_array, kept: Int64 | None = None) -> Pattern:
    """Find every place; O(nnz log nnz).

    Parameters
    ----------
    equations : Equations
    lower : csc_array
        Lower triangle of C, or of its part ``kept``.
    kept : ndarray of int64, optional
        Equations that it is made of; all of them when None.
    """
    new = np.arange(equations.size, dtype=np.int64)
    if kept is not None:
        new = np.full(equations.size, -1, np.int64)
        new[kept] = np.arange(kept.size)
    size = lower.shape[0]
    keys = np.repeat(np.arange(size, dtype=np.int64), np.diff(lower.indptr)) * size + lower.indices
    pairs = tuple(
        PairTerms(effect, k, m, np.searchsorted(keys, np.minimum(a, b) * size + np.maximum(a, b)),
                  weights, np.where(a == b, 0.5 * weights, weights))
        for effect, k, m, a, b, weights in _pair_terms(equations, new))
    columns = np.where(equations.columns >= 0, new[equations.columns], -1).astype(np.int32)
    records = kernels.find_pairs(
        columns, equations.groups.start, equations.design.trait, equations.residual.coupled,
        lower.indptr.astype(np.int64, copy=False), lower.indices.astype(np.int32, copy=False))
    return Pattern(lower.indptr, lower.indices, columns, records, pairs)


def _pair_terms(
    equations: Equations, new: Int64
) -> Iterator[tuple[int, int, int, Int64, Int64, Vector]]:
    """Effect, cells, the two equations and weight of all terms of each pair of cells."""
    for effect, (precision, covariance) in enumerate(
            zip(equations.precisions, equations.covariances, strict=True)):
        lower = precision.lower().tocoo()
        number = equations.number[equations.layout.random_slice(effect)]
        number = number.reshape(-1, covariance.size)
        for k, m in np.argwhere(covariance.pattern):
            one, other = number[lower.row, k], number[lower.col, m]
            there = (one >= 0) & (other >= 0)
            there[there] = (new[one[there]] >= 0) & (new[other[there]] >= 0)
            if k < m:  # on the diagonal of K⁻¹ this is the upper triangle of Σ⁻¹
                there &= lower.row != lower.col
            yield effect, int(k), int(m), new[one[there]], new[other[there]], lower.data[there]


def fill(equations: Equations, pattern: Pattern) -> sp.csc_array:
    """Lower triangle of C at the variances of the equations, on a pattern found before."""
    residual, groups = equations.residual, equations.groups
    data = np.zeros(pattern.indices.size)
    kernels.add_records(
        pattern.columns, equations.scaled_values, groups.start, equations.design.trait,
        groups.group, residual.blocks, residual.coupled, pattern.records, data)
    for pair in pattern.pairs:
        inverse = equations.covariances[pair.effect].precision
        data[pair.places] += inverse[pair.row, pair.column] * pair.weights
    size = pattern.indptr.size - 1
    return sp.csc_array((data, pattern.indices, pattern.indptr), shape=(size, size))
