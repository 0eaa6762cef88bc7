"""Pivots that tell of a singular or an indefinite system."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from breedeval.solve.protocols import Float64, SingularSystemError

SMALLEST_RELATIVE_PIVOT = 1e-13
"""Pivots are what is left of the diagonal; less than this is rounding error."""


def diagonal_of(lower: sparse.csc_array) -> Float64:
    """Diagonal of the matrix, zero where the lower triangle has no entry."""
    return np.asarray(lower.diagonal(), dtype=np.float64)


def check_pivots(pivots: Float64, diagonal: Float64, position: NDArray[np.int32]) -> None:
    """Refuse a factor with a pivot that is not positive or vanishes against the diagonal.

    Parameters
    ----------
    pivots, diagonal
        Pivot (square of the diagonal of L) and diagonal of the matrix per unknown, shape (n,).
    position
        Place of every unknown in the elimination order, shape (n,): the first bad one is named.

    Raises
    ------
    SingularSystemError
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = pivots / diagonal
    bad = np.flatnonzero(~((relative > SMALLEST_RELATIVE_PIVOT) & (diagonal > 0.0)))
    if bad.size:
        unknown = int(bad[np.argmin(position[bad])])
        raise SingularSystemError(unknown, float(relative[unknown]))
