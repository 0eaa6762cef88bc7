"""Relationships that fall into blocks of related levels, inverted one block after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.errors import Findings, LimitError, Problem
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.precision import Precision, Vector
from breedeval.relationship.shares import Shares, shares_of_rest

LARGEST_BLOCK = 20_000
"""Levels of a block, dense while it is inverted; 20 thousand take 6 GB and some minutes."""
SINGULAR = 1e-12
"""Smallest pivot, relative to the largest element, that is not rounding of zero."""
ROUNDING = 1e-12
"""Inbreeding coefficients and eigenvalues nearer to zero than this are zero."""
EIGENVALUES_UP_TO = 2_000
"""Size of a block whose smallest eigenvalue is computed for a message."""


class NotPositiveDefinite(ValueError):
    """A block has no inverse.

    Parameters
    ----------
    rows : ndarray of int64
        The levels of the block.
    smallest : float or None
        Its smallest eigenvalue; None for a block too large to compute it.
    """

    def __init__(self, rows: NDArray[np.int64], smallest: float | None) -> None:
        self.rows, self.smallest = rows, smallest
        super().__init__(f"a block of {rows.size} levels is not positive definite")


@dataclass(frozen=True, eq=False)
class BlockInverse:
    """K⁻¹ and log|K|.

    Parameters
    ----------
    lower : csc_array, shape (q, q)
        Lower triangle of K⁻¹, rows ascending, diagonal first in every column.
    log_determinant : float
    """

    lower: sp.csc_array
    log_determinant: float


@dataclass(frozen=True, eq=False)
class PedigreeBlocks:
    """K⁻¹ among the individuals of a pedigree, from a relationship inverted block by block.

    Parameters
    ----------
    pedigree : Pedigree
    inbreeding : ndarray of float64, shape (q,)
        F of the individuals.
    variance : ndarray of float64, shape (q,)
        diag(K).
    groups : Levels, length g
        Full-sib families that are levels of their own, after the individuals; they are random.
    inverse : BlockInverse
        Of shape (q + g, q + g).
    """

    pedigree: Pedigree
    inbreeding: Vector
    variance: Vector
    groups: Levels
    inverse: BlockInverse
    of_individuals: bool = True
    additive: bool = False

    @property
    def levels(self) -> Levels:
        """The individuals, parents first."""
        return self.pedigree.individuals

    @property
    def log_determinant(self) -> float:
        """log|K|, of individuals and families together."""
        return self.inverse.log_determinant

    def lower(self) -> sp.csc_array:
        """Lower triangle of K⁻¹."""
        return self.inverse.lower

    def diagonal(self) -> Vector:
        """diag(K⁻¹)."""
        return np.asarray(self.inverse.lower.diagonal())

    def product(self, x: Vector) -> Vector:
        """K⁻¹x."""
        lower = self.inverse.lower
        own = self.diagonal() if x.ndim == 1 else self.diagonal()[:, None]
        return np.asarray(lower @ x + lower.T @ x - own * x)

    def shares(self, x: Vector) -> Shares:
        """Of relatives, families among them."""
        q = len(self.levels)
        return shares_of_rest(self.diagonal()[:q], self.product(x)[:q], x[:q], "relatives")

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): families are random and take no part in the fixed rank."""
        return np.zeros((rows.size, 0))


def invert_by_blocks(matrix: sp.csc_array, what: str) -> BlockInverse:
    """Invert each connected set of levels on its own, densely.

    Parameters
    ----------
    matrix : csc_array, shape (q, q)
        K, both triangles.
    what : str
        What it is, for a message: ``dominance relationships``.

    Raises
    ------
    NotPositiveDefinite
        With the block that has no inverse.
    LimitError
        When a block has more than :data:`LARGEST_BLOCK` levels.

    Notes
    -----
    Cost Σ m³ flops, 14 m² bytes for the largest block of m levels, and 6 Σ m² bytes kept.
    """
    size = matrix.shape[0]
    _, label = sp.csgraph.connected_components(matrix, directed=False)
    order = np.argsort(label, kind="stable")
    lengths = np.bincount(label)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    if lengths.max(initial=0) > LARGEST_BLOCK:
        raise LimitError(
            f"pedigree: {what} tie {lengths.max():,} levels together in one block, which is "
            f"inverted densely; the most is {LARGEST_BLOCK:,}. Keep fewer individuals "
            "('pedigree: prune: true' keeps those with records and their ancestors), or leave the "
            "effect out of the model.")
    sorted_matrix = sp.csc_array(matrix[order][:, order])
    place = np.arange(size) - np.repeat(starts, lengths)
    indptr = np.zeros(size + 1, np.int64)
    indptr[order + 1] = np.repeat(lengths, lengths) - place
    indptr = np.cumsum(indptr)
    indices, data = np.empty(indptr[-1], np.int32), np.empty(indptr[-1])
    alone = order[starts[lengths == 1]]
    own = matrix.diagonal()[alone]
    if alone.size and own.min() <= SINGULAR:
        raise NotPositiveDefinite(alone[[int(own.argmin())]], float(own.min()))
    indices[indptr[alone]], data[indptr[alone]] = alone, 1.0 / own
    total = float(np.log(own).sum())
    for start, end in zip(starts[lengths > 1], ends[lengths > 1], strict=True):
        rows = order[start:end]
        inverse, log_determinant = _inverted(
            sorted_matrix[start:end, start:end].toarray(order="F"), rows)
        total += log_determinant
        for column, row in enumerate(rows):
            at = slice(indptr[row], indptr[row + 1])
            indices[at], data[at] = rows[column:], inverse[column:, column]
    lower = sp.csc_array((data, indices, indptr), shape=matrix.shape)
    lower.has_canonical_format = True
    return BlockInverse(lower, total)


def _inverted(block: Vector, rows: NDArray[np.int64]) -> tuple[Vector, float]:
    """Lower triangle of the inverse of a dense block, and its log-determinant."""
    scale = float(np.diagonal(block).max())
    kept = block.copy(order="F") if rows.size <= EIGENVALUES_UP_TO else None
    factor, info = scipy.linalg.lapack.dpotrf(block, lower=1, overwrite_a=1)
    pivots = np.diagonal(factor)
    if info != 0 or pivots.min() ** 2 <= SINGULAR * scale:
        smallest = None if kept is None else float(
            scipy.linalg.eigvalsh(kept, subset_by_index=[0, 0])[0])
        raise NotPositiveDefinite(rows, smallest)
    log_determinant = float(2 * np.log(pivots).sum())
    inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    return inverse, log_determinant


def remark_on_inbreeding(name: str, built: Precision, findings: Findings) -> None:
    """Warn where a relationship that is exact without inbreeding is used with it."""
    if built.inbreeding is None or not (built.inbreeding > ROUNDING).any():
        return
    inbred = int((built.inbreeding > ROUNDING).sum())
    findings.warn("approximate relationship", Problem(
        "pedigree", f"{inbred:,} of {len(built.levels):,} individuals are inbred (F up to "
        f"{built.inbreeding.max():.3g}), and the relationship '{name}' is exact only without "
        "inbreeding", "It is taken as an approximation, good for small F",
        "To remove the effect of inbreeding on the mean, add the inbreeding coefficient to the "
        "records and to 'fixed' as a covariate"))


def no_inverse(
    pedigree: Pedigree, inbreeding: Vector, rows: NDArray[np.int64], smallest: float | None,
    ridge: float, what: str,
) -> Problem:
    """What to say of related individuals whose block has no inverse, and what helps.

    Parameters
    ----------
    pedigree : Pedigree
    inbreeding : ndarray of float64, shape (n,)
    rows : ndarray of int64
        The individuals of the block.
    smallest : float or None
        Its smallest eigenvalue.
    ridge : float
        What was added to its diagonal.
    what : str
        ``dominance relationships``.
    """
    worst = rows[np.argsort(-inbreeding[rows], kind="stable")][:3]
    named = ", ".join(f"'{pedigree.individuals[int(row)]}' (F = {inbreeding[row]:.3g})"
                      for row in worst)
    if smallest is not None and abs(smallest) <= ROUNDING:
        smallest = 0.0
    value = "" if smallest is None else f" (smallest eigenvalue {smallest:.3g})"
    enough = ridge + (0.1 if smallest is None else max(0.01, np.ceil(-110 * smallest) / 100))
    return Problem(
        "pedigree", f"the {what} of {rows.size:,} related individuals are not "
        f"positive definite{value}; the most inbred are {named}",
        "Expected little inbreeding: with it the matrix is an approximation, which fails under "
        "selfing and in inbred lines",
        f"Add 'ridge: {enough:g}' to the relationship, or leave the effect out")
