"""Parameter-expanded EM: scale factors that the data would give the random effects.

The model is widened to y = Xb + Σ αₖZₖuₖ + e with a working factor α for each cell k, 1 in the
model proper. Given the present variances, expected least squares for α gives α = 1 + B⁻¹d with

    B[k, m] = E[(Zₖuₖ)′R⁻¹(Zₘuₘ) | y],   d[k] = E[(Zₖuₖ)′R⁻¹e | y] = 2(ΣΓ)[k, k],

and Σ becomes D(α) Σ_EM D(α) (Foulley & van Dyk 2000; Meyer 2006), which moves as far in one round
as EM does in many where variances are small against the residual.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.equations.pattern import Pattern
from breedeval.kernels import residual as kernels
from breedeval.variance.derivatives import Derivatives

Vector = NDArray[np.float64]


def expand(
    equations: Equations, x: Vector, inverse: Vector, pattern: Pattern, derivatives: Derivatives
) -> tuple[Vector, ...]:
    """α of the cells of every random effect; ones where the expansion has no solution.

    Parameters
    ----------
    equations : Equations
    x : ndarray of float64
        Solutions, in the numbering of the pattern.
    inverse : ndarray of float64, shape (nnz,)
        Elements of C⁻¹ (or of the inverse of its random part) on the pattern.
    pattern : Pattern
    derivatives : Derivatives
        At the same point.

    Notes
    -----
    One pass over the pairs of non-zeros of the records.
    """
    sizes = [covariance.size for covariance in equations.covariances]
    ones = tuple(np.ones(size) for size in sizes)
    if any(len(precision.groups) for precision in equations.precisions):
        return ones
    ends = np.cumsum(sizes)
    cell = np.full(pattern.indptr.size - 1, -1, np.int32)
    moved = np.full(equations.size, -1, np.int64)
    known = equations.columns >= 0
    moved[equations.columns[known]] = pattern.columns[known]
    for effect, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        number = equations.number[equations.layout.random_slice(effect)].reshape(-1, size)
        for k in range(size):
            place = moved[number[:, k]]
            cell[place[place >= 0]] = end - size + k
    residual, groups = equations.residual, equations.groups
    products = kernels.expected_products(
        pattern.columns, equations.scaled_values, groups.start, equations.design.trait,
        groups.group, residual.blocks, residual.coupled, pattern.products, inverse, cell,
        int(sum(sizes)), x)
    lack = np.concatenate([
        2.0 * np.einsum("ij,ji->i", covariance.matrix, gradient)
        for covariance, gradient in zip(
            equations.covariances, derivatives.gradients, strict=False)] or [np.zeros(0)])
    try:
        factors = 1.0 + np.linalg.solve(products, lack)
    except np.linalg.LinAlgError:
        return ones
    if not (np.isfinite(factors).all() and (factors > 0).all()):
        return ones
    return tuple(np.split(factors, ends)[:-1])
