"""How strong a selection is: the superiority of the selected in standard deviations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Vector = NDArray[np.float64]
_STEP = 0.005
_END = 12.0


def _density(x: Vector) -> Vector:
    """φ(x)."""
    return np.asarray(np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi))


def infinite_intensity(fraction: float) -> float:
    """φ(z)/p, the mean of the best part p of a normal distribution."""
    if fraction >= 1.0:
        return 0.0
    return float(_density(special.ndtri(fraction)) / fraction)


def finite_intensity(candidates: int, selected: int) -> float:
    """Expected mean of the k largest of n independent standard normal values.

        i = n/k ∫ x φ(x) Pr(fewer than k of n − 1 others are above x) dx,

    the probability being the incomplete beta function I_{Φ(x)}(n − k, k).

    References
    ----------
    Burrows (1972) Biometrics 28:1091, of which this is the exact form.
    """
    n, k = candidates, selected
    if k >= n:
        return 0.0
    x = np.arange(-_END, _END + _STEP, _STEP)
    among = special.betainc(n - k, k, special.ndtr(x))
    return float(n / k * np.sum(x * _density(x) * among) * _STEP)
