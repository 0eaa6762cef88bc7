"""Inverse of a genomic relationship by a core of individuals (APY).

    K⁻¹ = [ K_cc⁻¹ + P′M⁻¹P   −P′M⁻¹ ]      P = K_nc K_cc⁻¹,
          [ −M⁻¹P              M⁻¹   ]      M = diag(k_ii − p_i k_ci)

for the core c and the others n, of whom each depends on the core and on nobody else. K_nn is never
computed; with everybody in the core K⁻¹ is exact.

References
----------
Misztal, Legarra & Aguilar (2014), J. Dairy Sci. 97:3943; Misztal (2016), Genetics 202:401.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.agreement import Agreement
from breedeval.relationship.dense import inverted
from breedeval.relationship.kind import LabelledMatrix
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.precision import Vector
from breedeval.relationship.principal import PrincipalComponents
from breedeval.relationship.shares import Shares, shares_of_rest

SMALLEST = 1e-6
"""Variance given the core that is zero but for rounding, which is that of single precision."""


@dataclass(frozen=True, eq=False)
class Apy:
    """K⁻¹ with a core.

    Parameters
    ----------
    levels : Levels, length q
    core, others : ndarray of int64, shapes (c,) and (q − c,)
        Their places, ascending.
    core_inverse : ndarray of float64, shape (c, c)
        K_cc⁻¹.
    regression : ndarray of float64, shape (q − c, c)
        P.
    conditional : ndarray of float64, shape (q − c,)
        M.
    variance : ndarray of float64, shape (q,)
        diag(K).
    log_determinant : float
        log|K_cc| + Σ log mᵢ.
    history : tuple of str
    markers : MarkerPart or None
        What K was made from.
    """

    levels: Levels
    core: NDArray[np.int64]
    others: NDArray[np.int64]
    core_inverse: Vector
    regression: Vector
    conditional: Vector
    variance: Vector
    log_determinant: float
    history: tuple[str, ...] = ()
    agreement: Agreement | None = None
    stored: LabelledMatrix | None = None
    principal: PrincipalComponents | None = None
    groups: Levels = field(default_factory=lambda: Levels.of([]))
    of_individuals: bool = True
    additive: bool = True
    inbreeding: Vector | None = None
    pedigree: Pedigree | None = None
    markers: MarkerPart | None = None

    def genomic_inverse(self) -> Vector:
        """The whole of K⁻¹."""
        return self.dense()

    def core_block(self) -> Vector:
        """K_cc⁻¹ + P′M⁻¹P. Cost c²q flops."""
        weighted = self.regression / self.conditional[:, None]
        return np.asarray(self.core_inverse + self.regression.T @ weighted)

    def lower(self) -> sp.csc_array:
        """Lower triangle of K⁻¹: the core's rows and columns are full, the rest is diagonal."""
        size = len(self.levels)
        i, j = np.tril_indices(self.core.size)
        beside = -(self.regression / self.conditional[:, None])
        rows = np.concatenate([self.core[i], np.repeat(self.others, self.core.size), self.others])
        columns = np.concatenate([self.core[j], np.tile(self.core, self.others.size), self.others])
        values = np.concatenate([self.core_block()[i, j], beside.ravel(), 1 / self.conditional])
        return sp.csc_array(sp.coo_array(
            (values, (np.maximum(rows, columns), np.minimum(rows, columns))), shape=(size, size)))

    def dense(self) -> Vector:
        """The whole of K⁻¹, shape (q, q)."""
        full = np.zeros((len(self.levels),) * 2)
        beside = -(self.regression / self.conditional[:, None])
        full[np.ix_(self.core, self.core)] = self.core_block()
        full[np.ix_(self.others, self.core)] = beside
        full[np.ix_(self.core, self.others)] = beside.T
        full[self.others, self.others] = 1 / self.conditional
        return full

    def diagonal(self) -> Vector:
        """diag(K⁻¹)."""
        own = np.empty(len(self.levels))
        own[self.core] = np.diagonal(self.core_inverse) + np.einsum(
            "ij,ij,i->j", self.regression, self.regression, 1 / self.conditional)
        own[self.others] = 1 / self.conditional
        return own

    def product(self, x: Vector) -> Vector:
        """K⁻¹x. O(cq) a column."""
        shape = x.shape
        x = x.reshape(shape[0], -1)
        result = np.empty_like(x, dtype=np.float64)
        rest = (x[self.others] - self.regression @ x[self.core]) / self.conditional[:, None]
        result[self.others] = rest
        result[self.core] = self.core_inverse @ x[self.core] - self.regression.T @ rest
        return result.reshape(shape)

    def shares(self, x: Vector) -> Shares:
        """All of it is genomic."""
        return shares_of_rest(self.diagonal(), self.product(x), x, "genomic")

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): there are no groups."""
        return np.zeros((rows.size, 0))


def from_core(
    levels: Levels, core: NDArray[np.int64], core_rows: Vector, variance: Vector, *,
    source: str, history: tuple[str, ...] = (), agreement: Agreement | None = None,
) -> Apy:
    """K⁻¹ from the rows of the core.

    Parameters
    ----------
    levels : Levels, length q
    core : ndarray of int64, shape (c,)
        Ascending.
    core_rows : ndarray of float64, shape (c, q)
        K_c·.
    variance : ndarray of float64, shape (q,)
        diag(K).
    source : str
        For messages.

    Raises
    ------
    InputError
        When K_cc is singular, or the core determines somebody wholly.

    Notes
    -----
    Cost c³ + 2c²q flops; memory 8cq bytes twice.
    """
    others = np.setdiff1d(np.arange(len(levels)), core)
    remedy = "Add 'blend: 0.05' or 'ridge: 0.01' to the relationship, or choose a smaller core"
    inverse, log_determinant = inverted(
        np.ascontiguousarray(core_rows[:, core]), f"{source} (core)", remedy)
    beside = core_rows[:, others]
    regression = beside.T @ inverse
    conditional = variance[others] - np.einsum("ij,ji->i", regression, beside)
    wholly = np.flatnonzero(conditional <= SMALLEST * max(1.0, float(variance.max(initial=0.0))))
    if wholly.size:
        named = ", ".join(levels[int(others[k])] for k in wholly[:5])
        raise InputError(Problem(
            source, f"the core determines {wholly.size:,} of the others wholly: {named}",
            "Expected individuals that differ from the core", remedy))
    return Apy(levels, core, others, inverse, regression, conditional, variance,
               log_determinant + float(np.log(conditional).sum()), history, agreement)
