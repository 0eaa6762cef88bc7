"""The inverse of a symmetric matrix by Gauss–Jordan, with nothing left out: n³ and obvious."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def dense(lower: sparse.csc_array) -> np.ndarray:
    """The whole matrix from its lower triangle."""
    half = lower.toarray()
    return half + np.tril(half, -1).T


def dense_inverse(lower: sparse.csc_array) -> np.ndarray:
    """The whole inverse."""
    return np.linalg.inv(dense(lower))


def dense_factor_pattern(lower: sparse.csc_array, order: np.ndarray) -> np.ndarray:
    """Structural pattern of L by eliminating one pivot after the other, shape (n, n), bool."""
    joined = dense(lower)[np.ix_(order, order)] != 0
    n = joined.shape[0]
    for k in range(n):
        below = np.flatnonzero(joined[k + 1 :, k]) + k + 1
        joined[np.ix_(below, below)] = True
    return np.tril(joined) | np.eye(n, dtype=bool)
