"""Entries of C⁻¹ on the pattern of its Cholesky factor, exactly (the Takahashi equations)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from breedeval.kernels import blocks
from breedeval.solve.block_work import invert_blocks
from breedeval.solve.symbolic import Structure

Float64 = NDArray[np.float64]


class Pattern(Protocol):
    """A lower triangle, columns compressed."""

    @property
    def indptr(self) -> NDArray[np.integer]:
        """Where each column begins."""
        ...

    @property
    def indices(self) -> NDArray[np.integer]:
        """Row of each entry."""
        ...


@dataclass(frozen=True, slots=True)
class SelectedInverse:
    """C⁻¹ on the pattern of L, as the blocks of ``structure``."""

    structure: Structure
    values: Float64

    def diagonal(self) -> Float64:
        """Diagonal of C⁻¹ in the order of the unknowns, shape (n,)."""
        s = self.structure
        result = np.empty(s.size)
        result[s.order] = blocks.read_diagonal(s.layout, self.values)
        return result

    def on(self, lower: Pattern) -> Float64:
        """Entries of C⁻¹ at the pattern of a lower triangle, which must lie in that of C."""
        return np.asarray(self.values[self.structure.places(lower.indptr, lower.indices)])

    def lower(self) -> sparse.csc_array:
        """C⁻¹ on the pattern of L: lower triangle in the order of the unknowns."""
        s = self.structure
        row, column, value = blocks.list_entries(
            s.layout, self.values
        )
        one, other = s.order[row], s.order[column]
        shape = (s.size, s.size)
        entries = (value, (np.maximum(one, other), np.minimum(one, other)))
        return sparse.csc_array(sparse.coo_array(entries, shape=shape))


def invert(
    structure: Structure, factor: sparse.csc_array, order: NDArray[np.integer], *,
    threads: int | None = None,
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
    threads
        Threads to work with; they do not change the result.

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
    blocks.scatter_factor(
        s.layout,
        factor.indptr.astype(np.int64, copy=False),
        factor.indices.astype(np.int32, copy=False),
        factor.data, s.position[order], values,
    )
    invert_blocks(s, values, threads=threads)
    return SelectedInverse(s, values)
