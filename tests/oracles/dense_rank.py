"""Dependencies among columns by Gram–Schmidt, one column after the other: slow and obvious."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def dropped_columns(x: Float64, preference: list[int], tolerance: float = 1e-9) -> set[int]:
    """Columns to set to zero when those late in ``preference`` are kept where they can be.

    A column stays unless it is a combination of the columns kept before it.
    """
    kept: list[int] = []
    dropped = set()
    for column in reversed(preference):
        if independent(x, kept, column, tolerance):
            kept.append(column)
        else:
            dropped.add(column)
    return dropped


def independent(x: Float64, kept: list[int], column: int, tolerance: float = 1e-9) -> bool:
    """Whether a column is not a combination of others: its residual on them is not zero."""
    own = x[:, column]
    size = float(np.linalg.norm(own))
    if size == 0.0:
        return False
    if not kept:
        return True
    others = x[:, kept] / np.linalg.norm(x[:, kept], axis=0)
    coefficients = np.linalg.lstsq(others, own, rcond=None)[0]
    return float(np.linalg.norm(own - others @ coefficients)) > tolerance * size
