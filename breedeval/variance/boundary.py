"""Tests of parameters on the boundary, where the usual normal theory does not hold.

A variance whose estimate is 0 is tested by its efficient score: the slope of the likelihood as the
variance appears, less what the other parameters explain of it, over its standard deviation. It is
normal, and only large positive values speak for the variance. A likelihood ratio of models that
differ by k variances and m other parameters is a mixture of χ² with m to m + k degrees of freedom
(Self & Liang 1987; Stram & Lee 1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from typing import Literal

import numpy as np
from scipy.special import chdtrc, ndtr

from breedeval.covariance.structure import Matrix, Vector
from breedeval.variance.objective import Derivatives

Side = Literal["lower", "upper", "singular"]


@dataclass(frozen=True)
class BoundaryTest:
    """One-sided test of what is held on the boundary.

    Parameters
    ----------
    names : tuple of str
        The parameters concerned: one, those tied together, or those of a singular matrix.
    side : {'lower', 'upper', 'singular'}
        Held at the lower or upper bound, or in a singular matrix.
    z : float
        Efficient score over its standard deviation; positive when the likelihood would rise on
        leaving the boundary.
    p_value : float
        1 − Φ(z).
    """

    names: tuple[str, ...]
    side: Side
    z: float
    p_value: float

    @property
    def words(self) -> str:
        """For the report."""
        shown = ", ".join(self.names)
        what = {"lower": f"{shown} is at its lower bound",
                "upper": f"{shown} is at its upper bound",
                "singular": f"the matrix of {shown} is singular"}[self.side]
        return f"{what}: one-sided score test z = {self.z:.2f}, p = {self.p_value:.3g}"


def boundary_test(
    names: tuple[str, ...], side: Side, along: Vector, derivatives: Derivatives, free: Matrix
) -> BoundaryTest:
    """Test of a parameter, or of a direction of a matrix, on the boundary.

    Parameters
    ----------
    names : tuple of str
    side : {'lower', 'upper', 'singular'}
    along : ndarray of float64, shape (p,)
        How θ changes away from the boundary.
    derivatives : Derivatives
    free : ndarray of float64, shape (p, f)
        How θ changes with what is not held.
    """
    z = efficient_score(along, derivatives, free)
    return BoundaryTest(names, side, z, float(ndtr(-z)))


def efficient_score(along: Vector, derivatives: Derivatives, free: Matrix) -> float:
    """(w′s − w′IF(F′IF)⁻F′s)/√(w′Iw − w′IF(F′IF)⁻F′Iw) for the direction w; 0 where unknown."""
    information = derivatives.information
    rest = along
    if free.size:
        rest = along - free @ np.asarray(np.linalg.lstsq(
            free.T @ information @ free, free.T @ information @ along, rcond=1e-12)[0])
    variance = float(rest @ information @ along)
    whole = float(along @ information @ along)
    return float(rest @ derivatives.score) / sqrt(variance) if variance > 1e-10 * whole else 0.0


def mixture_p_value(statistic: float, variances: int, others: int = 0) -> float:
    """P of a likelihood ratio when ``variances`` of the parameters are 0 under the null model.

    Σᵢ C(k, i) 2⁻ᵏ P(χ²_{m+i} > x) for k independent variances on the boundary and m other
    parameters; for one variance ½P(χ²₀ > x) + ½P(χ²₁ > x) (Self & Liang 1987, cases 5 to 9).

    Parameters
    ----------
    statistic : float
        Twice the difference of log-likelihoods.
    variances : int
        k.
    others : int
        m.
    """
    x = max(statistic, 0.0)
    total = 0.0
    for more in range(variances + 1):
        freedom = others + more
        beyond = float(chdtrc(freedom, x)) if freedom else float(x <= 0)
        total += comb(variances, more) / 2**variances * beyond
    return total
