"""F and its denominator degrees of freedom for one hypothesis L′b = 0.

Let HH′ = L′ΦL with Φ = (X′V⁻¹X)⁻¹, and let the (co)variances have covariance W = Σ w_g w_g′. With
M_g = H⁻¹L′(∂Φ/∂w_g)LH⁻ᵀ, of the derivative of Φ in direction w_g, the moments of Kenward & Roger
(1997) need only

    A₁ = Σ tr(M_g)²,   A₂ = Σ tr(M_g²),

as ∂Φ = −ΦPΦ for their P = −X′V⁻¹V̇V⁻¹X. Neither depends on how the space of L is written down, on
the order of the levels, or on which columns of X are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.special
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

NO_MEAN = 1e-3
"""How near A₂/ℓ may come to 1, where E[F] is infinite, for the scale of F to be matched too."""


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """L′b̂ with all that is known of its variance.

    Parameters
    ----------
    estimate : ndarray of float64, shape (l,)
        L′b̂.
    covariance : ndarray of float64, shape (l, l)
        L′ΦL.
    changes : ndarray of float64, shape (g, l, l)
        L′(∂Φ/∂w_g)L; g = 0 where no (co)variance is estimated.
    inflation : ndarray of float64, shape (l, l)
        L′ΛL, half of what Kenward & Roger add to L′ΦL.
    """

    estimate: Vector
    covariance: Matrix
    changes: Matrix
    inflation: Matrix


@dataclass(frozen=True)
class Quotient:
    """An F statistic, its denominator degrees of freedom, and whether both moments were matched."""

    f: float
    denominator_df: float
    matched: bool = True


def wald(hypothesis: Hypothesis) -> float:
    """b̂′L(L′ΦL)⁻¹L′b̂/ℓ."""
    z = _whitened(hypothesis, hypothesis.estimate)
    return float(z @ z) / z.size


def satterthwaite(hypothesis: Hypothesis) -> Quotient:
    """F as it is, and the degrees of freedom that give it its mean, m = 2ℓ/A₂.

    E[F] ≈ 1/(1 − A₂/ℓ) (Kenward & Roger 1997) is m/(m − 2), the principle of Fai & Cornelius
    (1996). For one function of b this is Satterthwaite's (1946) 2(L′ΦL)²/var(L′ΦL); for several
    Fai & Cornelius sum over eigenvectors of L′ΦL, which depend on how L is written down.
    """
    moments = _moments(hypothesis)
    return Quotient(wald(hypothesis), _by_mean(moments))


def kenward_roger(hypothesis: Hypothesis) -> Quotient:
    """λF with m degrees of freedom, from the adjusted covariance L′(Φ + 2Λ)L.

    Both are matched to the approximate mean and variance of F, made exact for Hotelling's T² and
    the classical F tests (Kenward & Roger 1997). For one function of b that gives λ = 1 and
    m = 2/A₂. Where the approximate moments are those of no F (its mean is infinite when A₂ ≥ ℓ)
    λ = 1 and m = 2ℓ/A₂, still exact for the classical F tests, and ``matched`` is False.
    """
    z = _whitened(hypothesis, hypothesis.estimate)
    inflation = _whitened(hypothesis, _whitened(hypothesis, hypothesis.inflation).T)
    f = float(z @ np.linalg.solve(np.eye(z.size) + 2 * inflation, z)) / z.size
    moments = _moments(hypothesis)
    if z.size == 1 or not moments.second:
        return Quotient(f, _by_mean(moments))
    matched = _matched(moments)
    if matched is None:
        return Quotient(f, _by_mean(moments), matched=False)
    df, scale = matched
    return Quotient(scale * f, df)


def p_value(f: float, numerator_df: int, denominator_df: float) -> float:
    """Probability of a larger F; of a larger chi-square where the denominator is known."""
    if not np.isfinite(denominator_df):
        return float(scipy.special.chdtrc(numerator_df, numerator_df * f))
    return float(scipy.special.fdtrc(numerator_df, denominator_df, f))


@dataclass(frozen=True)
class _Moments:
    """ℓ, A₁ and A₂."""

    size: int
    first: float
    second: float


def _moments(hypothesis: Hypothesis) -> _Moments:
    standard = [_whitened(hypothesis, _whitened(hypothesis, change).T)
                for change in hypothesis.changes]
    return _Moments(
        hypothesis.estimate.size,
        float(sum(np.trace(change)**2 for change in standard)),
        float(sum(np.sum(change**2) for change in standard)))


def _by_mean(moments: _Moments) -> float:
    return 2 * moments.size / moments.second if moments.second else np.inf


def _matched(moments: _Moments) -> tuple[float, float] | None:
    """m and λ from the approximate mean and variance of F; None where no F has such ones."""
    if moments.second >= (1 - NO_MEAN) * moments.size:
        return None
    size, first, second = moments.size, moments.first, moments.second
    b = (first + 6 * second) / (2 * size)
    g = ((size + 1) * first - (size + 4) * second) / ((size + 2) * second)
    divisor = 3 * size + 2 * (1 - g)
    c1, c2, c3 = g / divisor, (size - g) / divisor, (size + 2 - g) / divisor
    mean = 1 / (1 - second / size)
    variance = 2 / size * (1 + c1 * b) / ((1 - c2 * b)**2 * (1 - c3 * b))
    excess = size * variance / (2 * mean**2) - 1
    df = 4 + (size + 2) / excess if excess else np.inf
    if not 2 < df < np.inf:
        return None
    return df, df / (mean * (df - 2))


def _whitened(hypothesis: Hypothesis, values: Matrix) -> Matrix:
    """H⁻¹ times values, by a factor of the correlations of L′b̂."""
    spread = np.sqrt(np.diagonal(hypothesis.covariance))
    factor = np.linalg.cholesky(hypothesis.covariance / np.outer(spread, spread))
    scaled = (values.T / spread).T
    return np.asarray(scipy.linalg.solve_triangular(factor, scaled, lower=True))
