"""Arguments of the functions on pedigrees as the arrays that their kernels take."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]


def int32(values: ArrayLike) -> Int32:
    """Parents, groups or rows."""
    return np.ascontiguousarray(values, np.int32)


def float64(values: ArrayLike) -> Float64:
    """Mendelian variances, or Γ."""
    return np.ascontiguousarray(values, np.float64)


def columns_of(x: ArrayLike) -> tuple[Float64, tuple[int, ...]]:
    """A vector or matrix as columns, and the shape that it had."""
    values = float64(x)
    return values.reshape(values.shape[0], -1), values.shape


def corner_of(gamma: ArrayLike | None) -> Float64:
    """Γ of the metafounders; of shape (0, 0) without any."""
    return np.zeros((0, 0)) if gamma is None else float64(gamma)
