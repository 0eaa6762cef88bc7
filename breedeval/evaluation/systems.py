"""A model at its variances, ready for everything that results are made of.

Solutions, error variances, diagonals of P and solutions for the tests of fixed effects come from a
*system*: Henderson's equations with a factor of their coefficient matrix
(:class:`FactoredSystem`), or V (:class:`~breedeval.variance.observed.ObservedSystem`). Both give
the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.kernels.projection import projection_diagonal
from breedeval.solve import Factor, direct_solver
from breedeval.variance.likelihood import restricted_log_likelihood
from breedeval.variance.observed import Projection

Vector = NDArray[np.float64]

INFLUENCE_LIMIT = 20_000_000
"""Non-zeros of the factor up to which diag(V⁻¹) is computed: it needs a second one."""


class System(Protocol):
    """What results ask of a model at its variances."""

    @property
    def equations(self) -> Equations:
        """At the variances."""
        ...

    @property
    def engine(self) -> str:
        """Its name."""
        ...

    @property
    def nnz(self) -> int:
        """Numbers that one solution goes through."""
        ...

    @property
    def log_likelihood(self) -> float:
        """REML, with its full constant."""
        ...

    @property
    def unknowns(self) -> Vector:
        """b̂ and û in the numbering of the equations, shape (size,)."""
        ...

    def solve(self, rhs: Vector) -> Vector:
        """C⁻¹ rhs for rhs of shape (size,) or (size, k)."""
        ...

    def relative_residual(self) -> float:
        """How far the solutions are from solving it."""
        ...

    def error_variances(self) -> Vector:
        """diag(C⁻¹), shape (size,)."""
        ...

    def error_blocks(self, numbers: NDArray[np.int64]) -> Vector | None:
        """Blocks of C⁻¹ among the equations of each row of ``numbers``, shape (n, k, k).

        None where they would cost too much. Equations of a row are together in C.
        """
        ...

    def projection(self) -> Projection:
        """diag(P), leverages and diag(V⁻¹)."""
        ...


@dataclass(frozen=True, eq=False)
class FactoredSystem:
    """Henderson's equations with a factor of C.

    Parameters
    ----------
    equations : Equations
    factor : Factor
    lower : csc_array, optional
        Lower triangle of C.
    threads : int
        Of the second factorisation, for diag(V⁻¹).
    """

    equations: Equations
    factor: Factor
    lower: sp.csc_array = field(default_factory=lambda: sp.csc_array((0, 0)))
    threads: int = 1

    @property
    def engine(self) -> str:
        """Name of the solver."""
        return self.factor.engine

    @property
    def nnz(self) -> int:
        """Non-zeros of the factor."""
        return self.factor.nnz

    @cached_property
    def unknowns(self) -> Vector:
        """C⁻¹W′R⁻¹y."""
        return self.factor.solve(self.equations.right_hand_side)

    @property
    def log_likelihood(self) -> float:
        """REML, from log|C|."""
        return restricted_log_likelihood(
            self.equations, self.factor, self.equations.fit(self.unknowns))

    def solve(self, rhs: Vector) -> Vector:
        """C⁻¹ rhs."""
        return self.factor.solve(rhs)

    def relative_residual(self) -> float:
        """‖W′R⁻¹y − Cx‖/‖W′R⁻¹y‖."""
        rhs = self.equations.right_hand_side
        norm = float(np.linalg.norm(rhs))
        return float(np.linalg.norm(
            rhs - self.equations.product(self.unknowns))) / norm if norm else 0.0

    def error_variances(self) -> Vector:
        """diag(C⁻¹), of the selected inverse."""
        return self.factor.inverse.diagonal()

    def error_blocks(self, numbers: NDArray[np.int64]) -> Vector:
        """Look-ups in the selected inverse."""
        n, k = numbers.shape
        one, other = np.tril_indices(k)
        low = np.minimum(numbers[:, one], numbers[:, other]).ravel()
        high = np.maximum(numbers[:, one], numbers[:, other]).ravel()
        pattern = sp.csc_array(
            (np.ones(low.size), (high, low)), shape=(self.equations.size,) * 2)
        pattern.sort_indices()
        entries = np.empty(low.size)
        entries[np.lexsort((high, low))] = self.factor.inverse.on(pattern)
        blocks = np.empty((n, k, k))
        blocks[:, one, other] = blocks[:, other, one] = entries.reshape(n, -1)
        return blocks

    def projection(self) -> Projection:
        """Look-ups in the selected inverse; O(N t²) for rows of W with t non-zeros."""
        found = _projection(self.equations, self.equations.columns, self.lower,
                            self.factor.inverse.on(self.lower))
        known = self.nnz <= INFLUENCE_LIMIT and self.equations.fixed_size
        return Projection(*found, self._unadjusted() if known else None)

    def _unadjusted(self) -> Vector:
        """diag(V⁻¹): as diag(P), of the equations of random effects alone."""
        equations, kept = self.equations, self.equations.random_equations
        if not kept.size:
            return equations.residual.diagonal
        part = sp.csc_array(self.lower[kept][:, kept])
        part.sort_indices()
        place = np.full(equations.size + 1, -1, np.int32)
        place[kept] = np.arange(kept.size)
        inverse = direct_solver(threads=self.threads).factorise(part).inverse.on(part)
        return _projection(equations, place[equations.columns], part, inverse)[0]


def _projection(
    equations: Equations, columns: NDArray[np.int32], lower: sp.csc_array, inverse: Vector
) -> tuple[Vector, Vector]:
    """diag(R⁻¹ − R⁻¹WC⁻¹W′R⁻¹) and diag(WC⁻¹W′R⁻¹), of C or of a part of it."""
    residual, groups = equations.residual, equations.groups
    projection, leverage = projection_diagonal(
        columns, equations.scaled_values, groups.start, equations.design.trait, groups.group,
        residual.blocks, lower.indptr.astype(np.int64, copy=False),
        lower.indices.astype(np.int32, copy=False), inverse)
    return projection * residual.scale**2, leverage
