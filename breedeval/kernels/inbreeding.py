"""Interim."""
from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]

_rows = numba.types.Array(numba.int32, 1, "C", readonly=True)
_vector = numba.types.Array(numba.float64, 1, "C", readonly=True)
_matrix = numba.types.Array(numba.float64, 2, "C", readonly=True)


@numba.njit((_rows, _rows, _vector, _matrix), cache=True, nogil=True)
def tabular_inbreeding(
    sire: Int32, dam: Int32, remaining: Float64, corner: Float64
) -> tuple[Float64, Float64]:
    """F and D from a dense table (interim)."""
    n = sire.size
    m = corner.shape[0]
    a = np.zeros((n, n))
    a[:m, :m] = corner
    mendelian = np.empty(n)
    for i in range(n):
        if i < m:
            mendelian[i] = corner[i, i]
            continue
        s, d = sire[i], dam[i]
        row = np.zeros(i)
        fs = -1.0
        fd = -1.0
        f0 = 0.0
        if s >= 0:
            row += 0.5 * a[s, :i]
            fs = a[s, s] - 1.0
        if d >= 0:
            row += 0.5 * a[d, :i]
            fd = a[d, d] - 1.0
        if s >= 0 and d >= 0:
            f0 = 0.5 * a[s, d]
        a[i, :i] = row
        a[:i, i] = row
        f = f0 if remaining.size == 0 else 1.0 - (1.0 - f0) * remaining[i]
        a[i, i] = 1.0 + f
        mendelian[i] = 0.5 - 0.25 * (fs + fd) + f - f0
    return np.diag(a) - 1.0, mendelian
