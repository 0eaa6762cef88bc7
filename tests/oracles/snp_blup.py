"""SNP-BLUP: markers as random regressions, with dense equations.

y = Xb + W(Z′a + r) + e with var(a) = fσ²I, var(r) = rσ²I: the genotyped have K = f Z′Z + rI.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.oracles.dense_equations import DenseModel, RandomPart, solve_by_covariance

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Markers:
    """Effects of markers: estimates, their prediction error variances, and tests one by one."""

    b: Float64
    effects: Float64
    error_variance: Float64
    z: Float64


def snp_blup(
    y: Float64, x: Float64, coded: Float64, *, variance: float, residual: float,
    rest: float = 0.0, weights: Float64 | None = None,
) -> Markers:
    """Effects of the columns of Z for the individuals of the records, one record each.

    Parameters
    ----------
    y, x : ndarray, shapes (n,) and (n, p)
    coded : ndarray of float64, shape (n, m)
    variance : float
        fσ², of an effect.
    residual : float
    rest : float
        rσ².
    weights : ndarray of float64, shape (n,), optional
        w in var(e) = σ²/w.
    """
    n, m = coded.shape
    parts = [RandomPart(coded, np.eye(m), np.array([[variance]]))]
    if rest:
        parts.append(RandomPart(np.eye(n), np.eye(n), np.array([[rest]])))
    model = DenseModel(y, x, parts, residual, np.ones(n) if weights is None else weights)
    found = solve_by_covariance(model)
    inverse = np.linalg.inv(model.v)
    p = inverse - inverse @ x @ np.linalg.pinv(x.T @ inverse @ x) @ x.T @ inverse
    spread = np.array([marker @ p @ marker for marker in coded.T])
    spread[spread < 1e-10 * spread.max()] = np.nan  # nothing is known of the marker
    tested = coded.T @ p @ y / np.sqrt(spread)
    return Markers(found.b, found.u[:m], found.error_variance[:m], tested)
