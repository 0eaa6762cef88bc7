"""Genotypes in 2 bits, one call after the other, and products with the whole matrix in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Float64 = NDArray[np.float64]

COPIES = (2.0, np.nan, 1.0, 0.0)
"""Copies of the first allele by code, as PLINK defines the .bed file."""


def codes(data: Bytes, individuals: int) -> NDArray[np.int64]:
    """Codes of every marker and individual, shape (m, n)."""
    found = np.zeros((data.shape[0], individuals), np.int64)
    for m in range(data.shape[0]):
        for i in range(individuals):
            found[m, i] = (int(data[m, i // 4]) >> (2 * (i % 4))) & 3
    return found


def copies(data: Bytes, individuals: int) -> Float64:
    """Copies, NaN where missing, shape (m, n)."""
    return np.array(COPIES)[codes(data, individuals)]


def coded(x: Float64, centre: Float64, scale: Float64) -> Float64:
    """Z′ of shape (m, n): (x − c)s, and 0 where missing."""
    return np.where(np.isnan(x), 0.0, (x - centre[:, None]) * scale[:, None])
