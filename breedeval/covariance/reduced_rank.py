"""A covariance of less than full rank: where an unstructured one lies on the boundary.

Not a kind of the run file: the maximiser holds an unstructured matrix here while the likelihood
rises towards a singular one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from breedeval.covariance.steps import definite
from breedeval.covariance.structure import Matrix, Structure, Vector
from breedeval.covariance.unstructured import from_lower


@dataclass(frozen=True, eq=False)
class ReducedRank(Structure):
    """Σ = D(BSB′ + εI)D with B = U + NX; θ is the lower triangle of S, then X row by row.

    [U, N] is orthogonal and D diagonal, both fixed; N spans the directions without variance when
    X = 0. This chart of the matrices of rank r has exactly their r(2c − r + 1)/2 dimensions and is
    regular wherever S is, also where a whole coefficient has no variance.

    Parameters
    ----------
    scale : ndarray of float64, shape (c,)
        diag(D), standard deviations that make the coefficients comparable.
    basis : ndarray of float64, shape (c, c)
        [U, N].
    core : ndarray of float64, shape (r, r)
        S, positive definite.
    tilt : ndarray of float64, shape (c − r, r)
        X.
    ridge : float
        ε > 0, so that Σ⁻¹ exists.
    """

    scale: Vector
    basis: Matrix
    core: Matrix
    tilt: Matrix
    ridge: float

    def __post_init__(self) -> None:
        _ = self.core_factor
        super().__post_init__()

    @cached_property
    def core_factor(self) -> Matrix:
        """L of S = LL′."""
        return np.asarray(np.linalg.cholesky(self.core))

    @property
    def rank(self) -> int:
        """r."""
        return int(self.core.shape[0])

    @property
    def _span(self) -> Matrix:
        """DB."""
        u, n = self.basis[:, :self.rank], self.basis[:, self.rank:]
        return self.scale[:, None] * (u + n @ self.tilt)

    @cached_property
    def matrix(self) -> Matrix:  # type: ignore[override]
        """Σ."""
        span = self._span
        singular = span @ self.core @ span.T
        return (singular + singular.T) / 2 + np.diag(self.ridge * self.scale**2)

    @cached_property
    def null_space(self) -> Matrix:
        """DW for an orthonormal W of the directions without variance, shape (c, c − r)."""
        u, n = self.basis[:, :self.rank], self.basis[:, self.rank:]
        across = np.linalg.qr(n - u @ self.tilt.T)[0]
        return np.asarray(self.scale[:, None] * across)

    @property
    def values(self) -> Vector:
        """S, then X."""
        return np.append(self.core[np.tril_indices(self.rank)], self.tilt)

    @property
    def lower_bounds(self) -> Vector:
        """0 on the diagonal of S."""
        rows, columns = np.tril_indices(self.rank)
        own = np.where(rows == columns, 0.0, -np.inf)
        return np.append(own, np.full(self.tilt.size, -np.inf))

    @property
    def upper_bounds(self) -> Vector:
        """None."""
        return np.full(self.rank * (self.rank + 1) // 2 + self.tilt.size, np.inf)

    def names(self, labels: Sequence[str]) -> list[str]:
        """``.core(1,1)``, …, ``.tilt(1,1)``, …"""
        core = zip(*np.tril_indices(self.rank), strict=True)
        return [*(f".core({i + 1},{j + 1})" for i, j in core),
                *(f".tilt({i + 1},{j + 1})" for i, j in np.ndindex(self.tilt.shape))]

    def derivatives(self) -> Matrix:
        """DB Ṡ B′D, and D(NẊSB′ + BSẊ′N′)D."""
        rank, span = self.rank, self._span
        null = self.scale[:, None] * self.basis[:, rank:]
        rows, columns = np.tril_indices(rank)
        half = np.einsum("ia,ja->aij", span[:, rows], span[:, columns])
        on_diagonal = np.where(rows == columns, 0.5, 1.0)[:, None, None]
        tilts = np.einsum("im,jn->mnij", null, span @ self.core).reshape(-1, self.size, self.size)
        parts = np.concatenate([on_diagonal * half, tilts])
        return np.asarray(parts + parts.transpose(0, 2, 1))

    def at(self, values: Vector) -> ReducedRank:
        """With other S and X."""
        count = self.rank * (self.rank + 1) // 2
        return replace(self, core=from_lower(values[:count], self.rank),
                       tilt=np.reshape(values[count:], self.tilt.shape).copy())

    def moved(self, step: Vector) -> ReducedRank:
        """S stays positive definite; X turns no element by more than 45°."""
        count = self.rank * (self.rank + 1) // 2
        core = definite(self.core_factor, from_lower(step[:count], self.rank))
        turn = np.reshape(step[count:], self.tilt.shape)
        tilt = self.tilt + turn / max(1.0, float(np.abs(turn).max(initial=0.0)))
        return replace(self, core=core, tilt=tilt)

    def stretched(self, factors: Vector) -> ReducedRank:
        """DΣD, of the same rank."""
        return replace(self, scale=self.scale * factors)

    @property
    def filled(self) -> Matrix:
        """Σ with the smallest variance of S also in the directions that have none, shape (c, c)."""
        least = float(np.linalg.eigvalsh(self.core).min(initial=1.0))
        return self.matrix + least * self.null_space @ self.null_space.T


def on_face(matrix: Matrix, scale: Vector, rank: int, ridge: float) -> ReducedRank:
    """The nearest matrix of a rank: the smallest eigenvalues of D⁻¹ΣD⁻¹ are taken to be 0."""
    roots, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    order = np.argsort(roots)[::-1]
    core = np.diag(np.maximum(roots[order[:rank]] - ridge, ridge))
    return ReducedRank(scale, vectors[:, order], core, np.zeros((len(matrix) - rank, rank)), ridge)
