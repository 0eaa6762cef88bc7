"""Equations K_FF x = b among the candidates between their bounds, by what K is made of.

* pedigree: K⁻¹ of F is twice the Schur complement of A⁻¹ = [V_FF V_FR; V_RF V_RR] of F and the
  rest of its ancestors, V_FF − V_FR V_RR⁻¹ V_RF, by a sparse factor of V_RR;
* low rank: (EE′ + δ)⁻¹ = δ⁻¹ − δ⁻¹E(I + E′δ⁻¹E)⁻¹E′δ⁻¹ (Woodbury 1950), E the rows of F;
* otherwise, and for few, a Cholesky factor of K_FF.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.pedigree.precision import precision_lower
from breedeval.selection.coancestry import FromPedigree, LowRank
from breedeval.selection.program import Program
from breedeval.solve.backends import direct_solver

Vector = NDArray[np.float64]
Solve = Callable[[Vector], Vector]

DENSE_UP_TO = 500
"""Candidates up to which a dense factor takes no time."""
MOST = 5000
"""Candidates beyond which there is no dense factor."""
SMALLEST = 1e-8
"""Mendelian variances and δ, below which their inverse is not used."""
RIDGE = 1e-9
"""Of the mean of the diagonal of a singular K: it changes the gradient by this times c."""


def solver_of(program: Program, rows: NDArray[np.int64]) -> Solve | None:
    """What solves K_FF x = b, for b of shape (f, k); None where K_FF is too large or indefinite.

    Parameters
    ----------
    program : Program
    rows : ndarray of int64
        F.
    """
    coancestry, count = program.coancestry, rows.size
    if count > DENSE_UP_TO:
        if isinstance(coancestry, FromPedigree) and (coancestry.mendelian > SMALLEST).all():
            return _by_pedigree(coancestry.among(rows))
        if isinstance(coancestry, LowRank) and 2 * coancestry.factor.shape[1] < count and (
                coancestry.own[rows] > SMALLEST).all():
            return _by_low_rank(coancestry.among(rows))
    return _dense(program.block(rows)) if count <= MOST else None


def _by_pedigree(given: FromPedigree) -> Solve | None:
    if np.unique(given.rows).size < given.rows.size:
        return None
    lower = precision_lower(given.sire, given.dam, given.mendelian, gamma=given.gamma)
    whole = sp.csr_array(lower + sp.tril(lower, -1).T)
    own = given.rows.astype(np.int64)
    rest = np.setdiff1d(np.arange(given.sire.size), own)
    within, across = whole[own][:, own], whole[own][:, rest]
    if not rest.size:
        return lambda b: np.asarray(given.ploidy * (within @ b))
    factor = direct_solver(threads=1).factorise(sp.csc_array(sp.tril(whole[rest][:, rest])))
    return lambda b: np.asarray(
        given.ploidy * (within @ b - across @ factor.solve(np.asarray(across.T @ b))))


def _by_low_rank(given: LowRank) -> Solve:
    scaled = given.factor / given.own[:, None]
    inner = scipy.linalg.cho_factor(
        np.eye(given.factor.shape[1]) + given.factor.T @ scaled, lower=True)
    return lambda b: np.asarray(
        b / given.own[:, None] - scaled @ scipy.linalg.cho_solve(inner, scaled.T @ b))


def _dense(matrix: Vector) -> Solve | None:
    """By a Cholesky factor; of alike or too many genotypes, with a ridge that is not felt."""
    ridge = RIDGE * float(np.diagonal(matrix).mean()) * np.eye(len(matrix))
    for tried in (matrix, matrix + ridge):
        try:
            factor = scipy.linalg.cho_factor(tried, lower=True)
        except scipy.linalg.LinAlgError:
            continue
        return partial(scipy.linalg.cho_solve, factor)
    return None
