"""Tests of normality and of equal spread, from their formulas: scipy's module takes long to load.

Shapiro & Wilk's W with the weights and the normalising transformation of Royston (1995), D'Agostino
& Pearson's K² of skewness and kurtosis, and Brown & Forsythe's F, an analysis of variance of the
distances from the medians.

References
----------
Royston (1995), Appl. Statist. 44:547; D'Agostino, Belanger & D'Agostino (1990), Am. Stat. 44:316;
Brown & Forsythe (1974), J. Am. Stat. Assoc. 69:364.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, exp, log, pi, sqrt

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtr, ndtri

Vector = NDArray[np.float64]

FIRST = (0.0, 0.221157, -0.147981, -2.071190, 4.434685, -2.706056)
SECOND = (0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
"""Polynomials in 1/√n that correct the outermost weights and the next."""
FEW, MANY = 6, 12
"""Observations from which the second weight is corrected, and log(1 − W) is taken as normal."""


@dataclass(frozen=True)
class Tested:
    """A statistic and its p-value."""

    statistic: float
    p_value: float


def skewness(z: Vector) -> float:
    """m₃/m₂^{3/2} of central moments."""
    centred = z - z.mean()
    return float(np.mean(centred**3) / np.mean(centred**2) ** 1.5)


def kurtosis(z: Vector) -> float:
    """m₄/m₂² − 3 of central moments."""
    centred = z - z.mean()
    return float(np.mean(centred**4) / np.mean(centred**2) ** 2 - 3.0)


def shapiro_wilk(z: Vector) -> Tested:
    """W of at least three observations that vary, and its p-value."""
    n, ordered = z.size, np.sort(z)
    ordered = ordered - ordered.mean()
    weights = _weights(n)
    w = min(float(weights @ ordered) ** 2 / float(ordered @ ordered), 1.0)
    if n == 3:
        return Tested(w, max(6 / pi * (asin(sqrt(w)) - asin(sqrt(0.75))), 0.0))
    if w == 1.0:
        return Tested(w, 1.0)
    if n < MANY:
        gamma = -2.273 + 0.459 * n
        if log(1 - w) >= gamma:
            return Tested(w, 0.0)
        value = -log(gamma - log(1 - w))
        mean = _polynomial(n, 0.5440, -0.39978, 0.025054, -0.0006714)
        spread = exp(_polynomial(n, 1.3822, -0.77857, 0.062767, -0.0020322))
    else:
        value = log(1 - w)
        mean = _polynomial(log(n), -1.5861, -0.31082, -0.083751, 0.0038915)
        spread = exp(_polynomial(log(n), -0.4803, -0.082676, 0.0030302))
    return Tested(w, float(ndtr(-(value - mean) / spread)))


def _weights(n: int) -> Vector:
    """Of the ordered observations: near to the best linear estimate of their spread."""
    expected = ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    total, u = float(expected @ expected), 1 / sqrt(n)
    corrected = 1 if n < FEW else 2
    if n == 3:
        return np.array([-sqrt(0.5), 0.0, sqrt(0.5)])
    outer = np.array([
        float(expected[-1 - k]) / sqrt(total) + _polynomial(u, *coefficients)
        for k, coefficients in enumerate((FIRST, SECOND)[:corrected])])
    rest = (total - 2 * float(np.square(expected[-corrected:]).sum())) / (
        1 - 2 * float(np.square(outer).sum()))
    weights = np.asarray(expected / sqrt(rest))
    weights[-corrected:] = outer[::-1]
    weights[:corrected] = -outer
    return weights


def _polynomial(x: float, *coefficients: float) -> float:
    return float(polynomial.polyval(x, coefficients))


def dagostino_pearson(z: Vector) -> Tested:
    """K², the sum of squares of the normal deviates of skewness and kurtosis; chi-square of 2."""
    n = z.size
    value = _skewness_deviate(skewness(z), n) ** 2 + _kurtosis_deviate(kurtosis(z) + 3, n) ** 2
    return Tested(value, exp(-value / 2))


def _skewness_deviate(found: float, n: int) -> float:
    y = found * sqrt((n + 1) * (n + 3) / (6 * (n - 2)))
    fourth = 3 * (n**2 + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    squared = sqrt(2 * (fourth - 1)) - 1
    return float(np.arcsinh(y / sqrt(2 / (squared - 1)))) / sqrt(0.5 * log(squared))


def _kurtosis_deviate(found: float, n: int) -> float:
    x = (found - 3 * (n - 1) / (n + 1)) / sqrt(
        24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5)))
    third = 6 * (n**2 - 5 * n + 2) / ((n + 7) * (n + 9)) * sqrt(
        6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    a = 6 + 8 / third * (2 / third + sqrt(1 + 4 / third**2))
    ratio = (1 - 2 / a) / (1 + x * sqrt(2 / (a - 4)))
    return (1 - 2 / (9 * a) - float(np.cbrt(ratio))) / sqrt(2 / (9 * a))


def brown_forsythe(groups: Sequence[Vector]) -> Tested:
    """F of the distances from the medians between groups, and its p-value."""
    distances = [np.abs(group - np.median(group)) for group in groups]
    every = np.concatenate(distances)
    between = sum(d.size * (d.mean() - every.mean()) ** 2 for d in distances)
    within = sum(float(np.square(d - d.mean()).sum()) for d in distances)
    one, other = len(groups) - 1, every.size - len(groups)
    f = float(between / one / (within / other)) if within > 0 else np.inf
    return Tested(f, float(fdtrc(one, other, f)))
