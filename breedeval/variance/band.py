"""A symmetric matrix turned to a band by orthogonal transformations, and what is asked of dB + I.

M = QBQ′ with B block tridiagonal, by Householder's reflections of b columns at a time:

    A ← Q′AQ = A − VW′ − WV′,   Q = I − VTV′,   Y = AVT,   W = Y − ½VT′V′Y,

which is all products of large matrices, 4n³/3 flops at their rate, where eigenvectors take 9n³, a
part of them at the rate of memory. For every d the determinant, solutions and traces of dB + I then
cost O(nb²): it is never needed to go on to eigenvalues (Golub & Van Loan 2013, 8.3; Bischof, Lang &
Sun 2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from breedeval.genotypes.workers import Run, workers
from breedeval.threads import one_blas_thread

Matrix = NDArray[np.float64]

WIDTH = 96
"""b: columns reflected at a time."""
PANEL = 5
"""Blocks of rows that are updated at a time."""


@dataclass(frozen=True, eq=False)
class BlockBand:
    """B, block tridiagonal.

    Parameters
    ----------
    diagonal : tuple of ndarray, each of shape (b, b); the last may be smaller
    below : tuple of ndarray, one fewer
        Blocks below the diagonal.
    """

    diagonal: tuple[Matrix, ...]
    below: tuple[Matrix, ...]

    def slices(self) -> Iterator[slice]:
        """Rows of every block."""
        begin = 0
        for block in self.diagonal:
            yield slice(begin, begin + len(block))
            begin += len(block)

    def product(self, f: Matrix) -> Matrix:
        """Bf for f of shape (n, k)."""
        found, own = np.empty_like(f), list(self.slices())
        for k, (rows, block) in enumerate(zip(own, self.diagonal, strict=True)):
            found[rows] = block @ f[rows]
            if k:
                found[rows] += self.below[k - 1] @ f[own[k - 1]]
            if k < len(self.below):
                found[rows] += self.below[k].T @ f[own[k + 1]]
        return found

    def factorise(self, d: float) -> BandFactor:
        """Cholesky factor of dB + I.

        Raises
        ------
        numpy.linalg.LinAlgError
            When it is not positive definite.
        """
        inverses: list[Matrix] = []
        ratios: list[Matrix] = []
        logs = 0.0
        for k, block in enumerate(self.diagonal):
            middle = d * block + np.eye(len(block))
            if k:
                left = d * self.below[k - 1] @ inverses[-1].T
                ratios.append(left @ inverses[-1])
                middle -= left @ left.T
            lower = np.linalg.cholesky(middle)
            logs += 2.0 * float(np.log(np.diagonal(lower)).sum())
            inverses.append(np.asarray(scipy.linalg.solve_triangular(
                lower, np.eye(len(block)), lower=True, check_finite=False)))
        return BandFactor(self, tuple(inverses), tuple(ratios), logs)


@dataclass(frozen=True, eq=False)
class BandFactor:
    """The factor of dB + I = LDL′ with unit blocks on the diagonal of L.

    Parameters
    ----------
    band : BlockBand
    inverses : tuple of ndarray
        Inverses of the Cholesky factors of the blocks of D.
    ratios : tuple of ndarray
        Blocks of L below the diagonal.
    log_determinant : float
    """

    band: BlockBand
    inverses: tuple[Matrix, ...]
    ratios: tuple[Matrix, ...]
    log_determinant: float

    def solve(self, f: Matrix) -> Matrix:
        """(dB + I)⁻¹f for f of shape (n, k)."""
        found, own = f.copy(), list(self.band.slices())
        for k, ratio in enumerate(self.ratios):
            found[own[k + 1]] -= ratio @ found[own[k]]
        for k in range(len(own) - 1, -1, -1):
            inverse = self.inverses[k]
            found[own[k]] = inverse.T @ (inverse @ found[own[k]])
            if k < len(self.ratios):
                found[own[k]] -= self.ratios[k].T @ found[own[k + 1]]
        return found

    def traces(self) -> tuple[float, float]:
        """tr((dB + I)⁻¹) and tr(B(dB + I)⁻¹), from the inverse within the band.

        Z_kk = D_k⁻¹ + R_k′Z_{k+1,k+1}R_k and Z_{k+1,k} = −Z_{k+1,k+1}R_k with the ratios R
        (Takahashi, Fagan & Chin 1973).
        """
        first = second = 0.0
        after: Matrix = np.zeros((0, 0))
        for k in range(len(self.inverses) - 1, -1, -1):
            own = self.inverses[k].T @ self.inverses[k]
            if k < len(self.ratios):
                beside = after @ self.ratios[k]
                own += self.ratios[k].T @ beside
                second -= 2.0 * float(np.vdot(self.band.below[k], beside))
            first += float(np.trace(own))
            second += float(np.vdot(self.band.diagonal[k], own))
            after = own
        return first, second


@dataclass(frozen=True, eq=False)
class Reduced:
    """B, and other columns turned with it.

    Parameters
    ----------
    band : BlockBand
    turned : ndarray of float64, shape (n, k)
        Q′f.
    """

    band: BlockBand
    turned: Matrix


def reduce_to_band(
    matrix: Matrix, f: Matrix, width: int | None = None, *, threads: int = 1
) -> Reduced:
    """Turn a symmetric matrix to a band; it is left as it is.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n)
    f : ndarray of float64, shape (n, k)
    width : int, optional
        Size of the blocks; :data:`WIDTH`.
    threads : int
        On which panels of rows are worked at once, each with one thread of the BLAS.

    Notes
    -----
    Cost: 4n³/3 flops and 8n² bytes.
    """
    rest, turned, size = matrix.copy(), f.copy(), len(matrix)
    diagonal, below, width = [], [], width or WIDTH
    with one_blas_thread(), workers(float(size)**3, threads) as run:
        for begin in range(0, size, width):
            end = min(begin + width, size)
            diagonal.append(rest[begin:end, begin:end].copy())
            if end == size:
                break
            panel = rest[begin:end, end:].T  # of the upper triangle: only that is kept up to date
            if size - end <= width:
                below.append(panel.copy())
                continue
            found, tau, _, _ = scipy.linalg.lapack.dgeqrf(panel)
            below.append(np.triu(found[:width]))
            v = np.tril(found, -1)
            v[np.arange(width), np.arange(width)] = 1.0
            t = _triangle(v, tau)
            turned[end:] -= v @ (t.T @ (v.T @ turned[end:]))
            _turn(rest, end, v, t, run)
    return Reduced(BlockBand(tuple(diagonal), tuple(below)), turned)


def _triangle(v: Matrix, tau: Matrix) -> Matrix:
    """T of the product of reflections I − VTV′ (Schreiber & Van Loan 1989)."""
    shared, t = v.T @ v, np.diag(tau)
    for k in range(1, tau.size):
        t[:k, k] = -tau[k] * (t[:k, :k] @ shared[:k, k])
    return t


def _turn(matrix: Matrix, first: int, v: Matrix, t: Matrix, run: Run) -> None:
    """A ← A − VW′ − WV′ for the rows and columns from ``first`` on, in place.

    Panels of rows begin at fixed places, so that their squares on the diagonal stay whole, and of
    the rest the upper triangle is enough: what is right of a square serves for what is below it.
    """
    rest, vt, step = matrix[first:, first:], v @ t, PANEL * v.shape[1]
    ends = [end - first for end in (*range(first - first % step + step, len(matrix), step),
                                    len(matrix))]
    panels = list(zip([0, *ends[:-1]], ends, strict=True))

    def products(panel: tuple[int, int]) -> tuple[Matrix, Matrix]:
        begin, end = panel
        return rest[begin:end, begin:] @ vt[begin:], rest[begin:end, end:].T @ vt[begin:end]

    y = np.zeros(v.shape)
    for (begin, end), (own, beyond) in zip(panels, run(products, panels), strict=True):
        y[begin:end] += own
        y[end:] += beyond
    w = y - 0.5 * v @ (t.T @ (v.T @ y))
    left, right = np.concatenate([v, w], axis=1), np.concatenate([w, v], axis=1)

    def update(panel: tuple[int, int]) -> None:
        begin, end = panel
        rest[begin:end, begin:] -= left[begin:end] @ right[begin:].T

    run(update, panels)
