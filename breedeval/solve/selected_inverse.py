"""Entries of C⁻¹ on the pattern of its Cholesky factor, exactly (the Takahashi equations)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba.extending import get_cython_function_address
from numpy.typing import NDArray
from scipy import sparse

from breedeval.kernels import supernodal
from breedeval.solve.symbolic import Structure

Float64 = NDArray[np.float64]

_ROUTINES = (
    ("scipy.linalg.cython_blas", "dgemm"),
    ("scipy.linalg.cython_blas", "dsymm"),
    ("scipy.linalg.cython_blas", "dtrsm"),
    ("scipy.linalg.cython_lapack", "dpotri"),
)


@dataclass(frozen=True, slots=True)
class SelectedInverse:
    """C⁻¹ on the pattern of L, as the blocks of ``structure``."""

    structure: Structure
    values: Float64

    def diagonal(self) -> Float64:
        """Diagonal of C⁻¹ in the order of the unknowns, shape (n,)."""
        s = self.structure
        pivot = np.arange(s.size)
        inside = pivot - s.first[s.home]
        at = s.value_start[s.home] + inside * (s.height[s.home].astype(np.int64) + 1)
        result = np.empty(s.size)
        result[s.order] = self.values[at]
        return result

    def on(self, lower: sparse.csc_array) -> Float64:
        """Entries of C⁻¹ at the pattern of ``lower``, which must lie in that of C."""
        s = self.structure
        return supernodal.read_entries(
            lower.indptr.astype(np.int64, copy=False),
            lower.indices.astype(np.int32, copy=False),
            s.position, s.first, s.row_start, s.height, s.value_start, s.rows, s.home,
            self.values,
        )

    def lower(self) -> sparse.csc_array:
        """C⁻¹ on the pattern of L: lower triangle in the order of the unknowns."""
        s = self.structure
        row, column, value = supernodal.list_entries(
            s.first, s.row_start, s.height, s.value_start, s.rows, self.values
        )
        one, other = s.order[row], s.order[column]
        shape = (s.size, s.size)
        entries = (value, (np.maximum(one, other), np.minimum(one, other)))
        return sparse.csc_array(sparse.coo_array(entries, shape=shape))


def invert(
    structure: Structure, factor: sparse.csc_array, order: NDArray[np.integer]
) -> SelectedInverse:
    """Selected inverse from a Cholesky factor that another program computed.

    Parameters
    ----------
    structure
        Blocks of L, from the same pattern.
    factor
        L with LL′ = PCP′, columns compressed.
    order
        Unknown of every row of ``factor``, shape (n,).

    Returns
    -------
    SelectedInverse
        Exact on the structural pattern of L.

    Notes
    -----
    About the operations of the factorisation itself; memory for the blocks of L once.

    References
    ----------
    Erisman & Tinney (1975), On computing certain elements of the inverse of a sparse matrix,
    Communications of the ACM 18, 177–179.
    """
    s = structure
    values = np.zeros(s.stored)
    supernodal.scatter_factor(
        s.first, s.row_start, s.height, s.value_start, s.rows,
        factor.indptr.astype(np.int64, copy=False),
        factor.indices.astype(np.int32, copy=False),
        factor.data, s.position[order], values,
    )
    invert_in_place(s, values)
    return SelectedInverse(s, values)


def invert_in_place(structure: Structure, values: Float64) -> None:
    """Turn the blocks of L into those of the inverse."""
    s = structure
    width = np.diff(s.first).astype(np.int64)
    below = s.height - width
    supernodal.invert_blocks(
        np.arange(width.size - 1, -1, -1, dtype=np.int32),
        s.first, s.row_start, s.height, s.value_start, s.rows, s.home, values, routines(),
        np.empty(int(np.max(below * width, initial=0)) + 1),
        np.empty(int(np.max(below, initial=0)) * supernodal.CHUNK + 1),
        np.empty(int(s.height.max(initial=1)), dtype=np.int64),
    )


def routines() -> NDArray[np.int64]:
    """Addresses of the dense routines that the kernels call, in SciPy's BLAS."""
    return np.array([get_cython_function_address(*name) for name in _ROUTINES], dtype=np.int64)
