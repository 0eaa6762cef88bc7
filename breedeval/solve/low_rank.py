"""An approximate inverse of K + μI from some products with K, positive semi-definite and large.

With products Y = KΩ of a few random orthonormal columns Ω, K is near to Y(Ω′Y)⁻¹Y′ = UΛU′, which
has its largest eigenvalues, and

    (K + μI)⁻¹ ≈ U(Λ + μI)⁻¹U′ + (I − UU′)/(λ + μ)

with λ the least of Λ. As a preconditioner it leaves what K has below λ.

References
----------
Frangella, Tropp & Udell (2023), SIAM J. Matrix Anal. Appl. 44:718.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from breedeval.solve.protocols import Float64

SHIFT = 1e-10
"""Added to K for the sake of rounding, relative to its mean in the sketch; taken off again."""


@dataclass(frozen=True, eq=False)
class LowRankInverse:
    """(K + μI)⁻¹, nearly.

    Parameters
    ----------
    vectors : ndarray of float64, shape (n, r)
        U, orthonormal.
    values : ndarray of float64, shape (r,)
        Λ, falling.
    shift : float
        μ.
    """

    vectors: Float64
    values: Float64
    shift: float

    def product(self, x: Float64) -> Float64:
        """With x of shape (n,)."""
        rest = 1.0 / ((self.values[-1] if self.values.size else 0.0) + self.shift)
        weights = 1.0 / (self.values + self.shift) - rest
        return np.asarray(rest * x + self.vectors @ (weights * (x @ self.vectors)))


def low_rank_inverse(
    product: Callable[[Float64], Float64], size: int, shift: float, *, rank: int, seed: int
) -> LowRankInverse:
    """Sketch K by its products with random columns.

    Parameters
    ----------
    product : callable
        KX, for X of shape (n, k).
    size : int
        n.
    shift : float
        μ, above 0.
    rank, seed : int

    Notes
    -----
    Cost: ``rank`` products and O(n rank²); memory 24 n rank bytes.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    columns, _ = np.linalg.qr(rng.standard_normal((size, min(rank, size))))
    found = product(columns)
    middle = columns.T @ found
    mean = float(np.trace(middle)) / max(len(middle), 1)
    if not mean > 0.0:
        return LowRankInverse(np.zeros((size, 0)), np.zeros(0), shift)
    little = SHIFT * mean
    found += little * columns
    lower = np.linalg.cholesky((middle + middle.T) / 2 + little * np.eye(len(middle)))
    half = scipy.linalg.solve_triangular(lower, found.T, lower=True).T
    vectors, roots, _ = np.linalg.svd(half, full_matrices=False)
    return LowRankInverse(vectors, np.maximum(roots**2 - little, 0.0), shift)
