"""Residuals of every observation, how unlike the others it is, and what hangs on it.

With V = ZGZ′ + R and P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻X′V⁻¹ = R⁻¹ − R⁻¹WC⁻¹W′R⁻¹:

* conditional residual ê = y − Xb − Zu, so that Py = R⁻¹ê; marginal residual y − Xb;
* deletion residual (Py)ᵢ/Pᵢᵢ, the error of predicting yᵢ from all other observations. It does not
  depend on them, and its variance is 1/Pᵢᵢ: standardised residual tᵢ = (Py)ᵢ/√Pᵢᵢ, which tests a
  shift of the mean of observation i (Haslett & Hayes 1998; Gumedze et al. 2010);
* leverage (WC⁻¹W′R⁻¹)ᵢᵢ: what a change in yᵢ does to its fitted value; they add up to the
  effective number of parameters;
* Cook's distance of the p fixed effects, Dᵢ = (b − b₍ᵢ₎)′X′V⁻¹X(b − b₍ᵢ₎)/p
  = (tᵢ²/Pᵢᵢ) (V⁻¹ − P)ᵢᵢ/p, with diag(V⁻¹) as diag(P) from the random part of C alone
  (Christensen, Pearson & Johnson 1992).

The variances are held as they are: no observation is left out when they are estimated.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.solving import Solutions
from breedeval.kernels.projection import projection_diagonal
from breedeval.solve import Factor, direct_solver

Vector = NDArray[np.float64]

INFLUENCE_LIMIT = 20_000_000
"""Non-zeros of the factor up to which Cook's distances are computed: they need a second one."""
DETERMINED = 1e-9
"""An observation is fitted exactly, whatever it is, when P is below this part of R⁻¹."""


def residuals_table(
    solutions: Solutions, *, lower: sp.csc_array | None = None, factor: Factor | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """One row an observation; what needs C⁻¹ is NaN without a factor.

    Parameters
    ----------
    solutions : Solutions
    lower : csc_array, optional
        Lower triangle of C.
    factor : Factor, optional
        Of C; its selected inverse is computed where it is not yet.
    threads : int
        Of the second factorisation.

    Returns
    -------
    DataFrame
        record (row of the file, from 1), trait, observed, fitted, residual, marginal_residual,
        deletion_residual, standardised, leverage, cooks_distance. An observation that is fitted
        exactly whatever it is, such as the only one of a class, has none but the leverage of the
        last four.

    Notes
    -----
    O(N t²) look-ups in C⁻¹ for rows of W with t non-zeros; and one more factorisation and
    selected inverse where the factor has at most :data:`INFLUENCE_LIMIT` non-zeros.
    """
    equations = solutions.equations
    design = equations.design
    fitted = equations.fitted(solutions.unknowns)
    residual = design.y - fitted
    frame = pd.DataFrame({
        "record": design.rows[design.unit] + 1,
        "trait": pd.Series(np.array(design.traits, object)[design.trait], dtype="str"),
        "observed": design.y, "fitted": fitted, "residual": residual,
        "marginal_residual": residual + _predicted(equations, solutions.unknowns),
        "deletion_residual": np.nan, "standardised": np.nan, "leverage": np.nan,
        "cooks_distance": np.nan})
    if lower is None or factor is None:
        return frame
    projection, leverage = _projection(
        equations, equations.columns, lower, factor.inverse.on(lower))
    own = equations.residual.diagonal
    known = np.where(projection > DETERMINED * own, projection, np.nan)
    standardised = equations.residual.weighted(residual) / np.sqrt(known)
    frame["deletion_residual"] = standardised / np.sqrt(known)
    frame["standardised"], frame["leverage"] = standardised, leverage
    if factor.nnz <= INFLUENCE_LIMIT and equations.fixed_size:
        apart = np.clip(_unadjusted(equations, lower, threads) - projection, 0.0, None)
        frame["cooks_distance"] = standardised**2 / known * apart / equations.fixed_size
    return frame


def _predicted(equations: Equations, x: Vector) -> Vector:
    """Zu, without what unknown-parent groups contribute, which are fixed."""
    total = np.zeros(equations.design.size)
    for effect in range(len(equations.precisions)):
        total += equations.fitted(equations.placed(effect, equations.deviations(effect, x)))
    return total


def _projection(
    equations: Equations, columns: NDArray[np.int32], lower: sp.csc_array, inverse: Vector
) -> tuple[Vector, Vector]:
    """diag(R⁻¹ − R⁻¹WC⁻¹W′R⁻¹) and diag(WC⁻¹W′R⁻¹), of C or of a part of it."""
    residual, groups = equations.residual, equations.groups
    projection, leverage = projection_diagonal(
        columns, equations.scaled_values, groups.start, equations.design.trait, groups.group,
        residual.blocks, lower.indptr.astype(np.int64, copy=False),
        lower.indices.astype(np.int32, copy=False), inverse)
    return projection * residual.scale**2, leverage


def _unadjusted(equations: Equations, lower: sp.csc_array, threads: int) -> Vector:
    """diag(V⁻¹): as diag(P), of the equations of random effects alone."""
    kept = equations.random_equations
    if not kept.size:
        return equations.residual.diagonal
    part = sp.csc_array(lower[kept][:, kept])
    part.sort_indices()
    place = np.full(equations.size + 1, -1, np.int32)
    place[kept] = np.arange(kept.size)
    inverse = direct_solver(threads=threads).factorise(part).inverse.on(part)
    return _projection(equations, place[equations.columns], part, inverse)[0]
