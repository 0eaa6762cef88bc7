"""Is a sample normal, and do samples spread alike? Tests of classical statistics.

SciPy has the same tests, and they are the oracle here, but in a package that takes as long to
load as a small evaluation takes in all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc, ndtr, ndtri

Vector = NDArray[np.float64]

_LAST = (0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056)
_BUT_ONE = (0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
"""Royston's corrections of the two outermost weights, by 1/√n."""
_FEW_MEAN, _FEW_SD = (0.544, -0.39978, 0.025054, -0.0006714), (
    1.3822, -0.77857, 0.062767, -0.0020322)
"""Mean and log standard deviation of −log(γ − log(1 − W)), by n up to 11."""
_MANY_MEAN, _MANY_SD = (-1.5861, -0.31082, -0.083751, 0.0038915), (
    -0.4803, -0.082676, 0.0030302)
"""The same of log(1 − W), by log n from 12 on."""
_GAMMA = (-2.273, 0.459)


@dataclass(frozen=True, slots=True)
class Tested:
    """A statistic and how often chance alone brings a more extreme one."""

    statistic: float
    p_value: float


def skewness(x: Vector) -> float:
    """g₁ = m₃ / m₂^1.5, with the central moments mₖ = Σ(x − x̄)ᵏ / n."""
    apart = x - x.mean()
    return float((apart**3).mean() / (apart**2).mean() ** 1.5)


def excess_kurtosis(x: Vector) -> float:
    """g₂ = m₄ / m₂² − 3."""
    apart = x - x.mean()
    return float((apart**4).mean() / (apart**2).mean() ** 2 - 3.0)


def shapiro_wilk(x: Vector) -> Tested:
    """W = (Σ aᵢx₍ᵢ₎)² / Σ(xᵢ − x̄)², with weights a and p-value after Royston.

    Parameters
    ----------
    x : float64, shape (n,)
        At least five values that are not all equal; up to 5000 for a p-value that holds.

    References
    ----------
    Shapiro & Wilk (1965); Royston (1995), Appl. Stat. 44, 547–551.
    """
    n = x.size
    expected = ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    square, root = float(expected @ expected), 1.0 / math.sqrt(n)
    corrections = (_LAST, _BUT_ONE) if n > 5 else (_LAST,)
    outer = np.array([expected[-1 - k] / math.sqrt(square) + polyval(root, correction)
                      for k, correction in enumerate(corrections)])
    count = outer.size
    inner = (square - 2.0 * float(expected[-count:] @ expected[-count:])) / (
        1.0 - 2.0 * float(outer @ outer))
    weights = expected / math.sqrt(inner)
    weights[-count:], weights[:count] = outer[::-1], -outer
    apart = np.sort(x) - x.mean()
    w = min(float(weights @ apart) ** 2 / float(apart @ apart), 1.0)
    return Tested(w, _chance_of_w(w, n))


def _chance_of_w(w: float, n: int) -> float:
    if w == 1.0:
        return 1.0
    rest = math.log1p(-w)
    if n > 11:
        size = math.log(n)
        z = (rest - polyval(size, _MANY_MEAN)) / math.exp(polyval(size, _MANY_SD))
    elif (gap := polyval(n, _GAMMA) - rest) > 0.0:
        z = (-math.log(gap) - polyval(n, _FEW_MEAN)) / math.exp(polyval(n, _FEW_SD))
    else:
        return 0.0
    return float(ndtr(-z))


def dagostino_pearson(x: Vector) -> Tested:
    """K² = Z(g₁)² + Z(g₂)², χ² with two degrees of freedom; n of 20 and more.

    References
    ----------
    D'Agostino & Pearson (1973); Z(g₁) of D'Agostino (1970), Z(g₂) of Anscombe & Glynn (1983).
    """
    n = x.size
    statistic = _normal_skewness(skewness(x), n) ** 2 + _normal_kurtosis(
        excess_kurtosis(x), n) ** 2
    return Tested(statistic, float(chdtrc(2.0, statistic)))


def _normal_skewness(g1: float, n: int) -> float:
    y = g1 * math.sqrt((n + 1) * (n + 3) / (6.0 * (n - 2)))
    kurtosis = 3.0 * (n * n + 27 * n - 70) * (n + 1) * (n + 3) / (
        (n - 2.0) * (n + 5) * (n + 7) * (n + 9))
    w2 = math.sqrt(2.0 * (kurtosis - 1.0)) - 1.0
    return math.asinh(y / math.sqrt(2.0 / (w2 - 1.0))) / math.sqrt(0.5 * math.log(w2))


def _normal_kurtosis(g2: float, n: int) -> float:
    variance = 24.0 * n * (n - 2) * (n - 3) / ((n + 1.0) ** 2 * (n + 3) * (n + 5))
    x = (g2 + 6.0 / (n + 1)) / math.sqrt(variance)
    skew = 6.0 * (n * n - 5 * n + 2) / ((n + 7.0) * (n + 9)) * math.sqrt(
        6.0 * (n + 3) * (n + 5) / (n * (n - 2.0) * (n - 3)))
    a = 6.0 + 8.0 / skew * (2.0 / skew + math.sqrt(1.0 + 4.0 / skew**2))
    ratio = (1.0 - 2.0 / a) / (1.0 + x * math.sqrt(2.0 / (a - 4.0)))
    return (1.0 - 2.0 / (9.0 * a) - math.cbrt(ratio)) / math.sqrt(2.0 / (9.0 * a))


def brown_forsythe(groups: Sequence[Vector]) -> Tested:
    """F of an analysis of variance of |x − median of its group|.

    References
    ----------
    Brown & Forsythe (1974), JASA 69, 364–367.
    """
    apart = [np.abs(group - np.median(group)) for group in groups]
    means = np.array([group.mean() for group in apart])
    sizes = np.array([group.size for group in apart])
    between, within = len(groups) - 1, int(sizes.sum()) - len(groups)
    grand = sizes @ means / sizes.sum()
    inside = sum(float(((group - mean) ** 2).sum())
                 for group, mean in zip(apart, means, strict=True))
    among = float(sizes @ (means - grand) ** 2)
    if inside == 0.0:
        return Tested(math.inf, 0.0) if among > 0.0 else Tested(math.nan, math.nan)
    f = among / between / (inside / within)
    return Tested(f, float(fdtrc(between, within, f)))
