"""Single-step relationship: K = H, of everybody in the pedigree, some of them genotyped.

    H⁻¹ = A⁻¹ + [ 0  0 ]      C = τG⁻¹ − ωA₂₂⁻¹
                [ 0  C ],

sparse but for one dense block among the genotyped. With M = A₂₂⁻¹ + C, which is G⁻¹ for τ = ω = 1,

    log|H| = log|A| − log|A₂₂| − log|M|,
    diag(H) = diag(A) + diag(A·₂ S A₂·),   S = A₂₂⁻¹M⁻¹A₂₂⁻¹ − A₂₂⁻¹.

Unknown-parent groups enter as in A* (Quaas & Pollak 1981), and of the genotyped by

    [ C      −B Q₂   ]
    [ −Q₂′B  Q₂′B Q₂ ]

with B = C (``full``: u − Qg has the relationships H), B = −ωA₂₂⁻¹ (``altered``: G knows of the
groups by itself) or B = 0 (``pedigree``: in A⁻¹ only).

References
----------
Aguilar et al. (2010), J. Dairy Sci. 93:743; Christensen & Lund (2010), Genet. Sel. Evol. 42:2;
Martini et al. (2018), Genet. Sel. Evol. 50:16 (τ, ω); Misztal et al. (2013), J. Dairy Sci. 96:647
(groups); Masuda et al. (2022), J. Dairy Sci. 105:1 (altered); Colleau (2002), Genet. Sel. Evol.
34:409 (A₂₂); Legarra et al. (2015), Genetics 200:455 (metafounders).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree, Rows
from breedeval.relationship.agreement import Agreement
from breedeval.relationship.dense import inverted
from breedeval.relationship.kind import LabelledMatrix
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import Vector
from breedeval.relationship.principal import PrincipalComponents
from breedeval.relationship.shares import Share, Shares

GroupForm = Literal["full", "altered", "pedigree"]

PANEL = 1e9
"""Bytes of a panel of A·₂ while diag(H) is computed."""
ROUNDING = 1e-10
"""Share of a group below which it is 0."""
LANES = 64
"""Columns of A computed at a time."""
REMEDY = ("Add 'blend: 0.05' to the relationship, look for duplicated genotypes, or for τ and ω "
          "far from 1")


@dataclass(frozen=True, eq=False)
class SingleStep:
    """H⁻¹ of a pedigree, q individuals and then g groups or metafounders.

    Parameters
    ----------
    numerator : Numerator
        A⁻¹.
    rows : ndarray of int32, shape (n,)
        Places of the genotyped among the individuals, ascending.
    difference : ndarray of float64, shape (n, n)
        C.
    log_determinant : float
        log|H|.
    group_block : ndarray of float64, shape (n, g), or None
        −B Q₂; None without unknown-parent groups, or where they are in A⁻¹ only.
    group_corner : ndarray of float64, shape (g, g), or None
        Q₂′B Q₂.
    history : tuple of str
        How G was made.
    agreement : Agreement or None
        G against A₂₂.
    stored : LabelledMatrix or None
        G, where it is to be saved.
    principal : PrincipalComponents or None
        Of G.
    tau, omega : float
    group_form : str
        How unknown-parent groups enter.
    markers : MarkerPart or None
        What G was made from.
    """

    numerator: Numerator
    rows: Rows
    difference: Vector
    log_determinant: float
    group_block: Vector | None = None
    group_corner: Vector | None = None
    history: tuple[str, ...] = ()
    agreement: Agreement | None = None
    stored: LabelledMatrix | None = None
    principal: PrincipalComponents | None = None
    tau: float = 1.0
    omega: float = 1.0
    group_form: GroupForm = "full"
    markers: MarkerPart | None = None
    of_individuals: bool = True
    additive: bool = True

    @property
    def pedigree(self) -> Pedigree:
        """The pedigree."""
        return self.numerator.pedigree

    @property
    def levels(self) -> Levels:
        """The individuals, parents first."""
        return self.numerator.levels

    @property
    def groups(self) -> Levels:
        """Unknown-parent groups or metafounders."""
        return self.numerator.groups

    @property
    def inbreeding(self) -> Vector:
        """F by the pedigree."""
        return self.numerator.inbreeding

    @cached_property
    def variance(self) -> Vector:
        """diag(H) of the individuals.

        Computed when it is first asked for. Cost 6n³ + 2n²q flops, and nq/64 passes over the
        pedigree for every GB of A·₂; memory 4n² and one GB.
        """
        return variance_of(self.numerator, self.rows, self.difference)

    def genomic_inverse(self) -> Vector:
        """G⁻¹ = (C + ωA₂₂⁻¹)/τ. Cost n³ flops, memory 8n² bytes."""
        inverse, _ = inverted(self.numerator.block(self.rows), "A22", REMEDY)
        inverse *= self.omega
        inverse += self.difference
        inverse /= self.tau
        return inverse

    def lower(self) -> sp.csc_array:
        """Lower triangle of H⁻¹: n(n + 1)/2 elements more than A⁻¹ has, at most."""
        return sp.csc_array(self.numerator.lower() + self._block_lower())

    def diagonal(self) -> Vector:
        """diag(H⁻¹)."""
        own = self.numerator.diagonal().copy()
        own[self.rows] += np.diagonal(self.difference)
        if self.group_corner is not None:
            own[len(self.levels):] += np.diagonal(self.group_corner)
        return own

    def product(self, x: Vector) -> Vector:
        """H⁻¹x: A⁻¹x from the pedigree, and the dense block. O(q + n²) a column."""
        result = self.numerator.product(x)
        own = x[self.rows]
        result[self.rows] += self.difference @ own
        if self.group_block is not None and self.group_corner is not None:
            groups = x[len(self.levels):]
            result[self.rows] += self.group_block @ groups
            result[len(self.levels):] += self.group_block.T @ own + self.group_corner @ groups
        return result

    def shares(self, x: Vector) -> Shares:
        """Those of A⁻¹; the genotyped tell of each other by C, and of groups by −B Q₂."""
        own, diagonal = x[self.rows], np.diagonal(self.difference)
        of_groups = None if self.group_block is None else self.group_block @ x[len(self.levels):]
        return with_genotypes(self.numerator.shares(x), self.rows, diagonal,
                              diagonal[:, None] * own - self.difference @ own, of_groups)

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Q of the individuals; Q − A·₂A₂₂⁻¹Q₂ where G knows nothing of groups.

        The latter is what groups add to the expectation of those who are not genotyped.
        """
        own = self.numerator.group_contributions(rows)
        if self.group_form != "altered" or not own.size or not self.omega or not self.rows.size:
            return own
        return without_rounding(own - self._told[rows])

    @cached_property
    def _told(self) -> Vector:
        """A·₂A₂₂⁻¹Q₂."""
        assert self.group_block is not None
        return told_of_groups(self.numerator, self.rows, self.group_block / self.omega)

    def _block_lower(self) -> sp.csc_array:
        """What is added to A⁻¹, column after column."""
        size, count = len(self.levels), self.rows.size
        groups = 0 if self.group_corner is None else len(self.groups)
        total = size + len(self.groups)
        lengths = np.zeros(total + 1, np.int64)
        lengths[self.rows + 1] = count - np.arange(count) + groups
        lengths[size + 1:size + 1 + groups] = groups - np.arange(groups)
        indptr = np.cumsum(lengths)
        indices, data = np.empty(indptr[-1], np.int32), np.empty(indptr[-1])
        beyond = np.arange(size, size + groups, dtype=np.int32)
        for k, row in enumerate(self.rows):
            start, end = indptr[row], indptr[row + 1]
            indices[start:end - groups], data[start:end - groups] = (
                self.rows[k:], self.difference[k, k:])
            if self.group_block is not None:
                indices[end - groups:end], data[end - groups:end] = beyond, self.group_block[k]
        for k in range(groups):
            assert self.group_corner is not None
            at = slice(indptr[size + k], indptr[size + k + 1])
            indices[at], data[at] = beyond[k:], self.group_corner[k, k:]
        if indptr[-1] < 2**31:
            indptr = indptr.astype(np.int32)
        found = sp.csc_array((data, indices, indptr), shape=(total, total))
        found.has_canonical_format = True
        return found


def with_genotypes(
    shares: Shares, rows: Rows, diagonal: Vector, value: Vector, of_groups: Vector | None
) -> Shares:
    """Shares of A⁻¹, and beside them those of C; what it takes of groups goes to the base.

    Parameters
    ----------
    shares : mapping
    rows : ndarray of int32, shape (n,)
        Places of the genotyped.
    diagonal, value : ndarray of float64, shapes (n,) and (n, c)
        Of C, and of what the other genotyped say.
    of_groups : ndarray of float64, shape (n, c), or None
        −BQ₂g.
    """
    of_all = shares["base"]
    weight, said = np.zeros(of_all.weight.size), np.zeros(of_all.value.shape)
    weight[rows], said[rows] = diagonal, value
    base = of_all.value.copy()
    if of_groups is not None:
        base[rows] -= of_groups
    return {**shares, "base": Share(of_all.weight, base), "genomic": Share(weight, said)}


def from_parts(
    numerator: Numerator, rows: Rows, genomic_inverse: Vector, genomic_log_determinant: float,
    block: Vector, *, tau: float = 1.0, omega: float = 1.0, groups: GroupForm = "full",
    source: str = "genotypes",
) -> SingleStep:
    """H⁻¹ from A, G⁻¹ and A₂₂.

    Parameters
    ----------
    numerator : Numerator
    rows : ndarray of int32, shape (n,)
        Places of the genotyped, ascending.
    genomic_inverse : ndarray of float64, shape (n, n)
        G⁻¹; becomes C.
    genomic_log_determinant : float
        log|G|.
    block : ndarray of float64, shape (n, n)
        A₂₂; overwritten.
    tau, omega : float
    groups : str
        How unknown-parent groups enter; metafounders need nothing.
    source : str
        For messages.

    Raises
    ------
    InputError
        When A₂₂ or M is not positive definite.

    Notes
    -----
    Cost n³ flops (2n³ for τ or ω other than 1); memory 2n² and no more.
    """
    inverse, log_block = inverted(block, f"{source} (A22)", REMEDY)
    if tau == 1.0 and omega == 1.0:
        log_middle = -genomic_log_determinant
    else:
        middle = tau * genomic_inverse + (1.0 - omega) * inverse
        _, log_middle = inverted(middle, f"{source} (A22⁻¹ + τG⁻¹ − ωA22⁻¹)", REMEDY)
        genomic_inverse *= tau
        inverse *= omega
    difference = genomic_inverse
    difference -= inverse
    total = numerator.log_determinant - log_block - log_middle if rows.size else (
        numerator.log_determinant)
    fixed = len(numerator.groups) if numerator.gamma is None else 0
    if not fixed or groups == "pedigree" or not rows.size:
        return SingleStep(numerator, rows, difference, total, tau=tau, omega=omega,
                          group_form="pedigree" if fixed else "full")
    shares = numerator.group_contributions(rows.astype(np.int64))
    beside = difference @ shares if groups == "full" else -inverse @ shares
    return SingleStep(numerator, rows, difference, total, -beside, shares.T @ beside, tau=tau,
                      omega=omega, group_form=groups)


def told_of_groups(numerator: Numerator, rows: Rows, weighted: Vector) -> Vector:
    """A·₂A₂₂⁻¹Q₂ from A₂₂⁻¹Q₂: what the genotyped tell the others of their groups. O(qg)."""
    units = np.zeros((len(numerator.levels), weighted.shape[1]))
    units[rows] = weighted
    return numerator.covariance_product(units)


def without_rounding(shares: Vector) -> Vector:
    """Shares of groups, those that are 0 but for rounding as 0."""
    return np.where(np.abs(shares) < ROUNDING, 0.0, shares)


def variance_of(numerator: Numerator, rows: Rows, difference: Vector) -> Vector:
    """diag(H); see :attr:`SingleStep.variance`."""
    variance = numerator.variance.copy()
    if not rows.size:
        return variance
    inverse, _ = inverted(numerator.block(rows), "A22", REMEDY)
    middle, _ = inverted(inverse + difference, "H22", REMEDY)
    own = np.diagonal(middle).copy()
    inner = inverse @ middle @ inverse
    inner -= inverse
    del middle, inverse
    others = np.setdiff1d(np.arange(variance.size), rows)
    width = max(LANES, int(PANEL / (8 * rows.size)))
    for start in range(0, others.size, width):
        some = others[start:start + width]
        panel = _relationships(numerator, some, rows)
        variance[some] += np.einsum("ij,ij->i", panel @ inner, panel)
    variance[rows] = own
    return variance


def _relationships(numerator: Numerator, some: NDArray[np.int64], rows: Rows) -> Vector:
    """A among some individuals and the genotyped, shape (r, n)."""
    found = np.empty((some.size, rows.size))
    for start in range(0, rows.size, LANES):
        columns = rows[start:start + LANES]
        units = np.zeros((len(numerator.levels), columns.size))
        units[columns, np.arange(columns.size)] = 1.0
        found[:, start:start + LANES] = numerator.covariance_product(units)[some]
    return found
