"""Solutions, their error variances and diagonals of P from V alone: no K⁻¹, so K may be singular.

With D = K ⊗ Σ, the (co)variance of u, and P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻¹X′V⁻¹ of V = ZDZ′ + R, the
inverse C⁻¹ of Henderson's coefficient matrix gives for any right-hand side [r_b; r_u]

    b = (X′V⁻¹X)⁻¹(r_b − X′V⁻¹ZDr_u),   u = D(r_u − Z′V⁻¹(ZDr_u + Xb)),

so that û = DZ′q with q = Py, and the error variances are the diagonals of (X′V⁻¹X)⁻¹ and of
D − DZ′PZD. Leverages are those of I − RP (Henderson 1984; Robinson 1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Protocol

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.variance.incidence import Kernel, RecordPairs, same_record

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

MOST_SOLVED = 20_000
"""Equations for which blocks of C⁻¹ are solved one by one."""
AT_ONCE = 64
"""Individuals whose blocks are solved together."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Diagonals that tell of single observations.

    Parameters
    ----------
    projection : ndarray of float64, shape (N,)
        diag(P).
    leverage : ndarray of float64, shape (N,)
        diag(I − RP), which is diag(WC⁻¹W′R⁻¹).
    unadjusted : ndarray of float64, shape (N,), or None
        diag(V⁻¹); None where it would cost too much.
    """

    projection: Vector
    leverage: Vector
    unadjusted: Vector | None


class InverseOfV(Protocol):
    """V⁻¹ at given variances, in whatever form."""

    def product(self, f: Matrix) -> Matrix:
        """V⁻¹f for f of shape (N, k)."""
        ...

    def within(self, pairs: RecordPairs) -> Vector:
        """Elements of V⁻¹ for observations of one record, shape (k,)."""
        ...

    def explained(self) -> tuple[Matrix, ...]:
        """diag(DZ′V⁻¹ZD) of every effect, levels × cells."""
        ...


@dataclass(frozen=True, eq=False)
class ObservedSystem:
    """What C⁻¹ is asked for, by V⁻¹.

    Parameters
    ----------
    equations : Equations
        At the variances of V.
    kernels : tuple of ndarray or csr_array
        K of every effect.
    inverse : InverseOfV
    solved : ndarray of float64, shape (N, p)
        V⁻¹X.
    inner : tuple or None
        Cholesky factor of X′V⁻¹X; None without fixed effects.
    projected : ndarray of float64, shape (N,)
        q = Py.
    log_likelihood : float
        REML.
    engine : str
    """

    equations: Equations
    kernels: tuple[Kernel, ...]
    inverse: InverseOfV
    solved: Matrix
    inner: tuple[Matrix, bool] | None
    projected: Vector
    log_likelihood: float
    engine: str

    @property
    def nnz(self) -> int:
        """Elements of a triangle of V: what a solution goes through."""
        return self.projected.size * (self.projected.size + 1) // 2

    @cached_property
    def _fixed(self) -> NDArray[np.int64]:
        """Equations of the fixed effects, in the order of X."""
        fixed = np.ones(self.equations.size, bool)
        fixed[self.equations.random_equations] = False
        return np.flatnonzero(fixed)

    def solve(self, rhs: Vector) -> Vector:
        """C⁻¹ rhs for rhs of shape (size,) or (size, k)."""
        equations, wide = self.equations, rhs.reshape(self.equations.size, prod(rhs.shape[1:]))
        prior = self._prior(wide)
        solved = self.inverse.product(equations.fitted(prior))
        b = self._known(wide[self._fixed] - equations.transposed(solved)[self._fixed])
        found = prior - self._prior(equations.transposed(solved + self.solved @ b))
        found[self._fixed] = b
        return np.asarray(found.reshape(rhs.shape))

    @cached_property
    def unknowns(self) -> Vector:
        """b̂ and û = DZ′q in the order of the equations, shape (size,)."""
        equations = self.equations
        found = self._prior(equations.transposed(self.projected)[:, None])[:, 0]
        if self._fixed.size:
            found[self._fixed] = self._known((self.solved.T @ equations.design.y)[:, None])[:, 0]
        return found

    def relative_residual(self) -> float:
        """‖(y − Wx) − Rq‖/‖y‖, which is 0 of exact solutions."""
        y = self.equations.design.y
        apart = y - self.equations.fitted(self.unknowns) - residual_product(
            self.equations, self.projected)
        norm = float(np.linalg.norm(y))
        return float(np.linalg.norm(apart)) / norm if norm else 0.0

    def error_variances(self) -> Vector:
        """diag(C⁻¹), shape (size,)."""
        equations = self.equations
        adjustment = self._prior(equations.transposed(self.solved @ self._root))
        found = np.square(adjustment).sum(axis=1)
        for effect, explained in enumerate(self.inverse.explained()):
            own = np.outer(equations.precisions[effect].variance,
                           np.diagonal(equations.covariances[effect].matrix))
            found += equations.placed(effect, own - explained)
        found[self._fixed] = np.square(self._root).sum(axis=1)
        return np.asarray(found)

    def error_blocks(self, numbers: NDArray[np.int64]) -> Vector | None:
        """Blocks of C⁻¹, a solution each for up to :data:`MOST_SOLVED` equations."""
        n, k = numbers.shape
        if numbers.size > MOST_SOLVED:
            return None
        blocks = np.empty((n, k, k))
        for start in range(0, n, AT_ONCE):
            own = numbers[start:start + AT_ONCE]
            right = np.zeros((self.equations.size, own.size))
            right[own.ravel(), np.arange(own.size)] = 1.0
            solved = self.solve(right).reshape(self.equations.size, len(own), k)
            blocks[start:start + AT_ONCE] = solved[own, np.arange(len(own))[:, None]]
        return blocks

    def projection(self) -> Projection:
        """diag(P), leverages and diag(V⁻¹)."""
        equations, scale = self.equations, self.equations.residual.scale
        half = self.solved @ self._root
        unadjusted, diagonal = np.zeros(half.shape[0]), np.zeros(half.shape[0])
        leverage = np.ones(half.shape[0])
        for pair in same_record(equations):
            inverse = self.inverse.within(pair)
            both = inverse - np.einsum("ip,ip->i", half[pair.one], half[pair.other])
            if pair.a == pair.b:
                unadjusted[pair.one], diagonal[pair.one] = inverse, both
            leverage[pair.one] -= both * pair.elements(equations) / (
                scale[pair.one] * scale[pair.other])
        return Projection(diagonal, leverage, unadjusted)

    @cached_property
    def _root(self) -> Matrix:
        """J of (X′V⁻¹X)⁻¹ = JJ′, shape (p, p)."""
        if self.inner is None:
            return np.zeros((0, 0))
        lower = np.tril(self.inner[0])
        return np.asarray(scipy.linalg.solve_triangular(
            lower, np.eye(len(lower)), lower=True)).T

    def _known(self, right: Matrix) -> Matrix:
        """(X′V⁻¹X)⁻¹ times a matrix."""
        return right if self.inner is None else np.asarray(
            scipy.linalg.cho_solve(self.inner, right))

    def _prior(self, right: Matrix) -> Matrix:
        """Dr_u among all unknowns, 0 for the fixed effects, shape (size, k)."""
        equations, columns = self.equations, right.shape[1]
        found = np.zeros(right.shape)
        for effect, covariance in enumerate(equations.covariances):
            number = equations.number[equations.layout.random_slice(effect)]
            width = covariance.size
            own = right[number].reshape(number.size // width, width * columns)
            spread = (self.kernels[effect] @ own).reshape(number.size // width, width, columns)
            found[number] = (covariance.matrix @ spread).reshape(number.size, columns)
        return found


def residual_product(equations: Equations, x: Vector) -> Vector:
    """Rx for x of shape (N,)."""
    scale, found = equations.residual.scale, np.zeros(x.size)
    for pair in same_record(equations):
        found[pair.one] += pair.elements(equations) * x[pair.other] / (
            scale[pair.one] * scale[pair.other])
    return found
