"""Steps that stay inside: what ``θ + step`` becomes where it would leave the parameter space.

All use one function φ(r) of the relative step r: 1 + r where that is at least κ = 0.2, and
κ exp((r + 1)/κ − 1) below, which joins it with the same slope and never reaches 0. So short steps
are taken as they are, and long ones go most of the way to the boundary, as on a log scale.
"""

from __future__ import annotations

import numpy as np

from breedeval.covariance.structure import Matrix, Vector

LINEAR = 0.2
"""κ: a variance (or what is left to a bound) shrinks linearly down to this share of itself."""

LEAST = 1e-4
"""The smallest share that one step leaves."""

WIDEST = 1e10
"""Largest ratio between the shares of two directions of one matrix, so that Σ⁻¹ has digits left."""


def share(ratio: Vector) -> Vector:
    """φ(r), at least ``LEAST``."""
    small = LINEAR * np.exp(np.minimum((ratio + 1) / LINEAR - 1, 0.0))
    return np.asarray(np.where(ratio >= LINEAR - 1, 1 + ratio, np.maximum(small, LEAST)))


def positive(values: Vector, step: Vector) -> Vector:
    """v φ(d/v) > 0 for variances v > 0."""
    return values * share(step / values)


def between(value: float, step: float, low: float, high: float) -> float:
    """A correlation after a step, strictly between its bounds; the gap left shrinks by φ."""
    bound = high if step > 0 else low
    gap = bound - value
    moved = float(bound - gap * share(np.asarray(-step / gap)))
    return value if moved == bound else moved


def definite(factor: Matrix, step: Matrix) -> Matrix:
    """L φ(L⁻¹ΔL⁻ᵀ) L′ for Σ = LL′, φ taken of the eigenvalues; the same for every root L.

    Where no eigenvalue is below κ − 1 this is Σ + Δ.
    """
    inner = np.linalg.solve(factor, np.linalg.solve(factor, step).T)
    ratios, vectors = np.linalg.eigh((inner + inner.T) / 2)
    shares = share(ratios)
    if ratios.min() >= LINEAR - 1 and shares.max() <= WIDEST * shares.min():
        matrix = factor @ factor.T + step
    else:
        root = factor @ vectors * np.sqrt(np.maximum(shares, shares.max() / WIDEST))
        matrix = root @ root.T
    return (matrix + matrix.T) / 2
