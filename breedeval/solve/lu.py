"""Sparse LU by SciPy's SuperLU: the direct solver where SuiteSparse is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from threadpoolctl import threadpool_limits

from breedeval.solve.pivots import SMALLEST_RELATIVE_PIVOT, check_pivots, diagonal_of
from breedeval.solve.protocols import Analysis, Float64, SingularSystemError
from breedeval.solve.selected_inverse import SelectedInverse, invert
from breedeval.solve.symbolic import build_structure, count_columns, same_array

INVISIBLE = 0.1 * SMALLEST_RELATIVE_PIVOT


@dataclass
class LuSolver:
    """SuperLU without pivoting, ordered by minimum degree on the symmetric pattern.

    The system is symmetric and positive definite, so that PCP′ = LDL′ with U = DL′: the
    log-determinant and the selected inverse come from L and the diagonal of U. SuperLU's ordering
    takes many times its factorisation; it is found once for a pattern.

    Parameters
    ----------
    threads
        Threads of the BLAS; None leaves them as they are.
    """

    threads: int | None = None
    _kept: tuple[sparse.csc_array, Analysis] | None = field(default=None, init=False, repr=False)

    name = "SuperLU"

    def analyse(self, lower: sparse.csc_array) -> Analysis:
        """Order the unknowns, and count the factor exactly.

        Parameters
        ----------
        lower
            Lower triangle of the matrix, (n, n); only the pattern is used.
        """
        if self._kept is not None and _same_pattern(self._kept[0], lower):
            return self._kept[1]
        ordered = _decompose(_dominant(lower), "MMD_AT_PLUS_A", self.threads)
        counts = count_columns(lower, np.argsort(ordered.perm_c))
        name = "minimum degree"
        analysis = Analysis(name, build_structure(counts), {name: counts.factor_nonzeros})
        self._kept = (lower, analysis)
        return analysis

    def factorise(self, lower: sparse.csc_array) -> LuFactor:
        """Factor of the matrix; the analysis of the last pattern is used again if it is the same.

        Parameters
        ----------
        lower
            Lower triangle of the matrix, (n, n).

        Raises
        ------
        SingularSystemError
            When a pivot is not positive, or vanishes against the diagonal of the matrix.
        """
        diagonal = diagonal_of(lower)
        empty = np.flatnonzero(~(diagonal > 0.0))
        if empty.size:
            raise SingularSystemError(int(empty[0]), float("nan"))
        analysis = self.analyse(lower)
        order, position = analysis.structure.order, analysis.structure.position
        try:
            numeric = _decompose(lower, "NATURAL", self.threads, order)
        except RuntimeError:  # "Factor is exactly singular", and not where: the pivots will tell
            ridge = sparse.diags_array(INVISIBLE * diagonal, format="csc")
            with_ridge = sparse.csc_array(lower + ridge)
            numeric = _decompose(with_ridge, "NATURAL", self.threads, order)
        order = order[np.argsort(numeric.perm_c)]
        pivots = np.empty(diagonal.size)
        pivots[order] = numeric.U.diagonal()
        check_pivots(pivots, diagonal, position)
        log_determinant = float(np.log(pivots).sum())
        return LuFactor(numeric, analysis, order, log_determinant, self.threads)


@dataclass
class LuFactor:
    """SuperLU's factor of one matrix: see :class:`breedeval.solve.protocols.Factor`."""

    numeric: Any = field(repr=False)
    analysis: Analysis = field(repr=False)
    order: NDArray[np.int32] = field(repr=False)
    log_determinant: float
    threads: int | None

    engine = "SuperLU"

    @property
    def nnz(self) -> int:
        """Non-zeros of L."""
        return self.analysis.factor_nonzeros

    def solve(self, rhs: Float64) -> Float64:
        """C⁻¹ b, for b of shape (n,) or (n, k)."""
        with threadpool_limits(self.threads, user_api="blas"):
            found = self.numeric.solve(np.asarray(rhs, dtype=np.float64)[self._given])
        solution: Float64 = np.empty_like(found)
        solution[self._given] = found
        return solution

    @property
    def _given(self) -> NDArray[np.int32]:
        """Order in which SuperLU was given the unknowns, before an ordering of its own."""
        return self.analysis.structure.order

    def quadratic(self, rhs: Float64) -> Float64:
        """B′C⁻¹B for B of shape (n, k)."""
        found = rhs.T @ self.solve(rhs)
        return np.asarray((found + found.T) / 2)

    @cached_property
    def inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L."""
        root = np.sqrt(self.numeric.U.diagonal())
        factor = sparse.csc_array(self.numeric.L)
        factor.data *= np.repeat(root, np.diff(factor.indptr))
        return invert(
            self.analysis.structure, factor, self.order, threads=self.threads
        )

    def into_inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L."""
        return self.inverse


def _decompose(
    lower: sparse.csc_array, ordering: str, threads: int | None,
    order: NDArray[np.int32] | None = None,
) -> Any:
    full = _both_triangles(lower)
    if order is not None:
        full = full[order][:, order]
    full.sort_indices()
    with threadpool_limits(threads, user_api="blas"):
        return splu(
            full, permc_spec=ordering, diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )


def _both_triangles(lower: sparse.csc_array) -> sparse.csc_array:
    """The whole matrix; zeros that are stored stay, so that equal patterns are ordered alike."""
    entries = lower.tocoo()
    strict = entries.row > entries.col
    row = np.concatenate([entries.row, entries.col[strict]])
    column = np.concatenate([entries.col, entries.row[strict]])
    data = np.concatenate([entries.data, entries.data[strict]])
    full = sparse.csc_array(sparse.coo_array((data, (row, column)), shape=lower.shape))
    full.sort_indices()
    return full


def _dominant(lower: sparse.csc_array) -> sparse.csc_array:
    """A positive-definite matrix of the same pattern."""
    pattern = lower.copy()
    pattern.data = np.full(lower.nnz, -1.0)
    degree = np.asarray(abs(pattern).sum(axis=0)).ravel() + np.asarray(
        abs(pattern).sum(axis=1)
    ).ravel()
    return sparse.csc_array(pattern + sparse.diags_array(degree + 2.0, format="csc"))


def _same_pattern(one: sparse.csc_array, other: sparse.csc_array) -> bool:
    return same_array(one.indptr, other.indptr) and same_array(one.indices, other.indices)
