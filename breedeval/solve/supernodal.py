"""Our own supernodal Cholesky: one store for the factor and, later, for the selected inverse."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from breedeval.kernels import blocks
from breedeval.solve.block_work import factorise_blocks, invert_blocks
from breedeval.solve.pivots import check_pivots, diagonal_of
from breedeval.solve.protocols import Analysis, Float64, SingularSystemError
from breedeval.solve.selected_inverse import SelectedInverse
from breedeval.threads import cores

MANY = 8
"""Right-hand sides from which they are worked on side by side."""

PIECE = 64
"""Most of them at a time."""

SHARE = 32
"""Right-hand sides that a thread takes at least: each reads the whole factor."""


@dataclass
class SupernodalSolver:
    """Supernodal left-looking LL′ on dense blocks, with an ordering from elsewhere.

    Parameters
    ----------
    order
        Orders and counts a pattern: ``analyse`` of another direct solver.
    threads
        Threads to work with, all cores by default; they do not change the result.

    References
    ----------
    Ng & Peyton (1993), Block sparse Cholesky algorithms on advanced uniprocessor computers,
    SIAM J. Sci. Comput. 14, section 3.
    """

    order: Callable[[sparse.csc_array], Analysis] = field(repr=False)
    threads: int | None = None

    name = "supernodal"

    def analyse(self, lower: sparse.csc_array) -> Analysis:
        """Order the unknowns, and count the factor exactly.

        Parameters
        ----------
        lower
            Lower triangle of the matrix, (n, n); only the pattern is used.
        """
        return self.order(lower)

    def factorise(self, lower: sparse.csc_array) -> SupernodalFactor:
        """Factor of the matrix; the analysis of the last pattern is used again if it is the same.

        Parameters
        ----------
        lower
            Lower triangle of the matrix, (n, n).

        Raises
        ------
        SingularSystemError
            When a pivot is not positive, or vanishes against the diagonal of the matrix.

        Notes
        -----
        Σ c² operations over the column counts of L; memory for the blocks of L once.
        """
        analysis = self.analyse(lower)
        s = analysis.structure
        values = np.zeros(s.stored)
        blocks.put_entries(s.places(lower.indptr, lower.indices),
                           np.ascontiguousarray(lower.data, dtype=np.float64), values)
        failed = factorise_blocks(s, values, threads=self.threads)
        if failed >= 0:
            raise SingularSystemError(int(s.order[failed]), float("nan"))
        pivots = np.empty(s.size)
        root = blocks.read_diagonal(s.layout, values)
        pivots[s.order] = np.square(root)
        check_pivots(pivots, diagonal_of(lower), s.position)
        return SupernodalFactor(
            values, analysis, 2.0 * float(np.log(root).sum()), self.threads
        )


@dataclass
class SupernodalFactor:
    """The blocks of L of one matrix: see :class:`breedeval.solve.protocols.Factor`."""

    values: Float64 | None = field(repr=False)
    analysis: Analysis = field(repr=False)
    log_determinant: float
    threads: int | None

    engine = "supernodal"

    @property
    def nnz(self) -> int:
        """Non-zeros of L."""
        return self.analysis.factor_nonzeros

    def solve(self, rhs: Float64) -> Float64:
        """C⁻¹ b, for b of shape (n,) or (n, k)."""
        s, values = self.analysis.structure, self._left()
        b = np.asarray(rhs, dtype=np.float64).reshape(s.size, -1)
        solution = np.empty_like(b)
        if b.shape[1] < MANY:
            x = blocks.ordered_columns(np.ascontiguousarray(b), s.order)
            work = np.empty(s.tallest)
            blocks.forward_columns(s.layout, values, x, work)
            blocks.backward_columns(s.layout, values, x, work)
            solution[s.order] = x.T
            return solution.reshape(np.shape(rhs))
        for begin in range(0, b.shape[1], PIECE):
            part = slice(begin, min(begin + PIECE, b.shape[1]))
            x = np.ascontiguousarray(b[s.order, part])
            work = np.empty((s.tallest, x.shape[1]))
            blocks.forward_blocks(s.layout, values, x, work)
            blocks.backward_blocks(s.layout, values, x, work)
            solution[s.order, part] = x
        return solution

    def quadratic(self, rhs: Float64) -> Float64:
        """B′C⁻¹B for B of shape (n, k): half of the work of a solution."""
        s, values = self.analysis.structure, self._left()
        if rhs.shape[1] < MANY:
            few = blocks.ordered_columns(np.ascontiguousarray(rhs, dtype=np.float64), s.order)
            blocks.forward_columns(s.layout, values, few, np.empty(s.tallest))
            return np.asarray(few @ few.T)
        x = np.asarray(rhs, dtype=np.float64)[s.order]
        count = min(self.threads or cores(), x.shape[1] // SHARE)

        def forward(columns: Float64) -> Float64:
            part = np.ascontiguousarray(columns)
            blocks.forward_blocks(s.layout, values, part,
                                  np.empty((s.tallest, part.shape[1])))
            return part

        if count <= 1:
            half = forward(x)
        else:
            with ThreadPoolExecutor(count) as pool:
                half = np.concatenate(list(pool.map(
                    forward, np.array_split(x, count, axis=1))), axis=1)
        return np.asarray(half.T @ half)

    @cached_property
    def inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L."""
        inverse = self._left().copy()
        invert_blocks(self.analysis.structure, inverse, threads=self.threads)
        return SelectedInverse(self.analysis.structure, inverse)

    def into_inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L, in the memory of L: nothing else may be asked afterwards."""
        if "inverse" not in self.__dict__:
            values, self.values = self._left(), None
            invert_blocks(self.analysis.structure, values, threads=self.threads)
            self.__dict__["inverse"] = SelectedInverse(self.analysis.structure, values)
        return self.inverse

    def _left(self) -> Float64:
        """The blocks, while they are those of L."""
        if self.values is None:
            raise RuntimeError("the factor has been turned into the selected inverse")
        return self.values
