"""Sums of pairs (x, y) under many sets of weights: what every statistic of predictions is made of.

For a fold with pairs (xᵢ, yᵢ) and weights wᵢ the sums are Σw, Σwx, Σwy, Σwx², Σwxy and Σwy². The
weights of the data themselves are 1; those of a bootstrap sample are how often an individual was
drawn. Folds are put together within: squares and products are of deviations from the means of
their own fold, so that differences between folds are no predictive ability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Means and central sums for B sets of weights.

    Parameters
    ----------
    count : ndarray of float64, shape (B,)
        n.
    freedom : ndarray of float64, shape (B,)
        n less the number of folds.
    x, y : ndarray of float64, shape (B,)
        Means over all.
    xx, xy, yy : ndarray of float64, shape (B,)
        Within folds: Σ(x − x̄)², Σ(x − x̄)(y − ȳ), Σ(y − ȳ)².
    apart : ndarray of float64, shape (B,)
        Σ(y − x)², not centred.
    """

    count: Float64
    freedom: Float64
    x: Float64
    y: Float64
    xx: Float64
    xy: Float64
    yy: Float64
    apart: Float64

    @property
    def covariance(self) -> Float64:
        """Within folds."""
        return ratio(self.xy, self.freedom)

    @property
    def correlation(self) -> Float64:
        """Within folds; NaN where x or y does not vary."""
        return ratio(self.xy, np.sqrt(self.xx * self.yy))


def moments(x: Float64, y: Float64, weights: Float64) -> Moments:
    """Those of one fold.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
    weights : ndarray of float64, shape (B, n)
    """
    middle = float(np.mean(y)) if y.size else 0.0  # the same for both: y − x is not changed
    x, y = x - middle, y - middle
    sums = weights @ np.column_stack([np.ones(x.size), x, y, x * x, x * y, y * y, (y - x) ** 2])
    n, sx, sy, sxx, sxy, syy, apart = sums.T
    mean_x, mean_y = ratio(sx, n), ratio(sy, n)
    some = n > 0
    clean = [np.where(some, value, 0.0) for value in (
        sxx - sx * mean_x, sxy - sx * mean_y, syy - sy * mean_y)]
    floor = 1e-13 * np.where(some, np.maximum(sxx, syy), 0.0)  # below it is rounding
    xx, yy = (np.where(value > floor, value, 0.0) for value in (clean[0], clean[2]))
    return Moments(n, np.where(some, n - 1, 0.0), mean_x + middle, mean_y + middle, xx, clean[1],
                   yy, apart)


def together(parts: Sequence[Moments]) -> Moments:
    """Several folds as one, squares and products within them."""
    counts = np.stack([part.count for part in parts])
    total = counts.sum(axis=0)

    def added(name: str) -> Float64:
        return np.asarray(np.sum([getattr(part, name) for part in parts], axis=0))

    def averaged(name: str) -> Float64:
        means = np.stack([getattr(part, name) for part in parts])
        return ratio(np.where(counts > 0, counts * means, 0.0).sum(axis=0), total)

    return Moments(total, added("freedom"), averaged("x"), averaged("y"), added("xx"),
                   added("xy"), added("yy"), added("apart"))


def ratio(numerator: Float64, denominator: Float64) -> Float64:
    """The quotient; NaN where the denominator is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator != 0, numerator / denominator, np.nan)
