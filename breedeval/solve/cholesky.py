"""Sparse Cholesky by CHOLMOD, through scikit-sparse; the only file that imports sksparse."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sksparse import cholmod
from threadpoolctl import threadpool_limits

from breedeval.solve.pivots import check_pivots, diagonal_of
from breedeval.solve.protocols import Analysis, Float64, SingularSystemError
from breedeval.solve.selected_inverse import SelectedInverse, invert
from breedeval.solve.symbolic import Counts, build_structure, count_columns, same_array

METIS_PAYS_FROM = 6e5
"""Operations under AMD, per non-zero of the matrix, from which METIS is tried as well.

METIS takes 3 to 9 µs a non-zero and a factorisation runs at 20 to 60 GFLOP/s: below, METIS would
take as long as the factorisation that it might shorten. Of pedigrees it never did (at 1 million
animals its L had 18 times the non-zeros of AMD's).
"""


@dataclass(slots=True)
class _Kept:
    indptr: NDArray[np.integer]
    indices: NDArray[np.integer]
    symbolic: Any
    analysis: Analysis

    def fits(self, lower: sparse.csc_array) -> bool:
        return same_array(self.indptr, lower.indptr) and same_array(self.indices, lower.indices)


@dataclass
class CholeskySolver:
    """CHOLMOD's supernodal LL′ with the ordering of the least predicted fill.

    AMD is always tried. METIS takes many times longer, so it is tried as well only where the
    factorisation under AMD is long enough for a better ordering to pay (``METIS_PAYS_FROM``);
    the one that needs fewer operations is taken.

    Parameters
    ----------
    threads
        Threads of the BLAS; None leaves them as they are.
    """

    threads: int | None = None
    _kept: _Kept | None = field(default=None, init=False, repr=False)

    name = "CHOLMOD"

    def analyse(self, lower: sparse.csc_array) -> Analysis:
        """Order the unknowns, and count the factor exactly.

        Parameters
        ----------
        lower
            Lower triangle of the matrix, (n, n); only the pattern is used.
        """
        if self._kept is not None and self._kept.fits(lower):
            return self._kept.analysis
        pattern = _compact(lower)
        best, counts = _order(pattern, "amd")
        considered = {"amd": counts.factor_nonzeros}
        chosen = "amd"
        if counts.flops >= METIS_PAYS_FROM * pattern.nnz:
            other, other_counts = _order(pattern, "metis")
            considered["metis"] = other_counts.factor_nonzeros
            if other_counts.flops < counts.flops:
                best, counts, chosen = other, other_counts, "metis"
        analysis = Analysis(chosen, build_structure(counts), considered)
        self._kept = _Kept(lower.indptr, lower.indices, best, analysis)
        return analysis

    def factorise(self, lower: sparse.csc_array) -> CholeskyFactor:
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
        analysis = self.analyse(lower)
        assert self._kept is not None
        diagonal = diagonal_of(lower)
        try:
            with threadpool_limits(self.threads, user_api="blas"):
                numeric = self._kept.symbolic.cholesky(_compact(lower))
        except cholmod.CholmodNotPositiveDefiniteError as error:
            column = getattr(error, "column", -1)
            order = analysis.structure.order
            raise SingularSystemError(int(order[column]), float("nan")) from error
        pivots = np.empty(diagonal.size)
        pivots[numeric.P()] = numeric.D()
        check_pivots(pivots, diagonal, analysis.structure.position)
        log_determinant = float(np.log(pivots).sum())
        return CholeskyFactor(numeric, analysis, log_determinant, self.threads)


@dataclass
class CholeskyFactor:
    """CHOLMOD's factor of one matrix: see :class:`breedeval.solve.protocols.Factor`."""

    numeric: Any = field(repr=False)
    analysis: Analysis = field(repr=False)
    log_determinant: float
    threads: int | None

    engine = "CHOLMOD"

    @property
    def nnz(self) -> int:
        """Non-zeros of L."""
        return self.analysis.factor_nonzeros

    def solve(self, rhs: Float64) -> Float64:
        """C⁻¹ b, for b of shape (n,) or (n, k)."""
        with threadpool_limits(self.threads, user_api="blas"):
            solution: Float64 = self.numeric.solve_A(np.asarray(rhs, dtype=np.float64))
        return solution

    def quadratic(self, rhs: Float64) -> Float64:
        """B′C⁻¹B for B of shape (n, k)."""
        found = rhs.T @ self.solve(rhs)
        return np.asarray((found + found.T) / 2)

    @cached_property
    def inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L."""
        return invert(
            self.analysis.structure, self.numeric.L(), self.numeric.P(), threads=self.threads
        )

    def into_inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L."""
        return self.inverse


def _order(pattern: sparse.csc_array, method: str) -> tuple[Any, Counts]:
    """CHOLMOD's analysis under an ordering, and the column counts of L.

    CHOLMOD refuses a supernodal L of more than 2³¹ entries; the order is all we need then, to
    compare and to forecast.
    """
    try:
        symbolic = cholmod.analyze(pattern, mode="supernodal", ordering_method=method)
    except cholmod.CholmodTooLargeError:
        symbolic = cholmod.analyze(pattern, mode="simplicial", ordering_method=method)
    return symbolic, count_columns(pattern, symbolic.P())


def _compact(lower: sparse.csc_array) -> sparse.csc_array:
    """The matrix with 32-bit indices: CHOLMOD's long version only doubles the memory."""
    if lower.indices.dtype == np.int32 and lower.indptr.dtype == np.int32:
        return lower
    indices, indptr = lower.indices.astype(np.int32), lower.indptr.astype(np.int32)
    return sparse.csc_array((lower.data, indices, indptr), shape=lower.shape)
