"""Single-step with a core (APY): H⁻¹ by products, with no matrix among all the genotyped.

    C x = τG⁻¹x − ωA₂₂⁻¹x

is added to A⁻¹x: G⁻¹ from a core (:mod:`breedeval.relationship.apy`), A₂₂⁻¹ by absorbing the others
(:mod:`breedeval.relationship.polygenic`). Conjugate gradients need no more. A direct solver, or
diag(H), takes the matrix C, which is formed when it is first asked for.

References
----------
Misztal, Legarra & Aguilar (2014), J. Dairy Sci. 97:3943; Masuda et al. (2017), J. Anim. Sci. 95:49.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.agreement import Agreement
from breedeval.relationship.apy import Apy
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.polygenic import Polygenic
from breedeval.relationship.precision import Vector
from breedeval.relationship.principal import PrincipalComponents
from breedeval.relationship.shares import Shares
from breedeval.relationship.single_step import (
    GroupForm,
    SingleStep,
    from_parts,
    told_of_groups,
    with_genotypes,
    without_rounding,
)

DRAWS = 24
"""Random vectors from which diag(A₂₂⁻¹) is estimated, for a preconditioner."""
SEED = 1


@dataclass(frozen=True, eq=False)
class SingleStepCore:
    """H⁻¹ of a pedigree with a core of the genotyped.

    Parameters
    ----------
    polygenic : Polygenic
        A⁻¹, the places of the n genotyped, ascending, and A₂₂⁻¹.
    apy : Apy
        G⁻¹, of the genotyped in this order.
    tau, omega : float
    group_form : str
        How unknown-parent groups enter, as in :mod:`breedeval.relationship.single_step`.
    source : str
        For messages.
    agreement : Agreement or None
        G against A₂₂ in the core.
    principal : PrincipalComponents or None
        Of G in the core.
    markers : MarkerPart or None
        What G was made from.
    """

    polygenic: Polygenic
    apy: Apy
    tau: float = 1.0
    omega: float = 1.0
    group_form: GroupForm = "full"
    source: str = "genotypes"
    history: tuple[str, ...] = ()
    agreement: Agreement | None = None
    principal: PrincipalComponents | None = None
    markers: MarkerPart | None = None
    of_individuals: bool = True
    additive: bool = True

    @property
    def numerator(self) -> Numerator:
        """A⁻¹."""
        return self.polygenic.numerator

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
    def formed(self) -> SingleStep:
        """The same with C as a matrix. Cost n³ flops; memory 16n² bytes."""
        rows = self.polygenic.rows
        return from_parts(
            self.numerator, rows, self.apy.dense(), self.apy.log_determinant,
            self.numerator.block(rows), tau=self.tau, omega=self.omega, groups=self.group_form,
            source=self.source)

    @property
    def forming_bytes(self) -> float:
        """Memory to form C, and the lower triangle of H⁻¹ from it."""
        return 22.0 * self.polygenic.rows.size**2

    @property
    def variance(self) -> Vector:
        """diag(H) of the individuals, from C as a matrix."""
        return self.formed.variance

    @property
    def log_determinant(self) -> float:
        """log|H| = log|A| − log|A₂₂| + log|G|; for τ or ω other than 1 from C as a matrix."""
        if self.tau != 1.0 or self.omega != 1.0:
            return self.formed.log_determinant
        return (self.numerator.log_determinant - self.polygenic.log_determinant
                + self.apy.log_determinant)

    def genomic_inverse(self) -> Vector:
        """G⁻¹ as a matrix."""
        return self.apy.dense()

    def lower(self) -> sp.csc_array:
        """Lower triangle of H⁻¹, C being formed."""
        return self.formed.lower()

    def diagonal(self) -> Vector:
        """An estimate of diag(H⁻¹): that of A₂₂⁻¹ is between 1/diag(A₂₂) and diag(A²²)."""
        own, rows = self.numerator.diagonal().copy(), self.polygenic.rows
        rng = np.random.Generator(np.random.PCG64(SEED))
        signs = rng.choice([-1.0, 1.0], (rows.size, DRAWS))
        found = np.mean(signs * self.polygenic.inverse(signs), axis=1)
        found = np.clip(found, 1 / self.numerator.variance[rows], own[rows])
        own[rows] += self.tau * self.apy.diagonal() - self.omega * found
        if self._group_corner is not None:
            own[len(self.levels):] += np.diagonal(self._group_corner)
        return own

    def product(self, x: Vector) -> Vector:
        """H⁻¹x: two solutions with a sparse triangle, and O(cn) for the core, a column."""
        rows, size = self.polygenic.rows, len(self.levels)
        own = np.ascontiguousarray(x[rows])
        result = self.numerator.product(x)
        result[rows] += self._difference(own)
        if self._group_block is not None and self._group_corner is not None:
            groups = x[size:]
            result[rows] += self._group_block @ groups
            result[size:] += self._group_block.T @ own + self._group_corner @ groups
        return result

    def shares(self, x: Vector) -> Shares:
        """Those of A⁻¹, of the genotyped, and of groups; the diagonal of C is that of
        :attr:`breedeval.relationship.polygenic.Polygenic.inverse_diagonal`.
        """
        own = np.ascontiguousarray(x[self.polygenic.rows])
        diagonal = self.tau * self.apy.diagonal() - self.omega * self.polygenic.inverse_diagonal
        of_groups = None if self._group_block is None else self._group_block @ x[len(self.levels):]
        return with_genotypes(self.numerator.shares(x), self.polygenic.rows, diagonal,
                              diagonal[:, None] * own - self._difference(own), of_groups)

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """As of :class:`SingleStep`."""
        own = self.numerator.group_contributions(rows)
        if self.group_form != "altered" or not own.size or not self.omega:
            return own
        return without_rounding(own - self._told[rows])

    @cached_property
    def _told(self) -> Vector:
        """A·₂A₂₂⁻¹Q₂."""
        return told_of_groups(self.numerator, self.polygenic.rows,
                              self.polygenic.inverse(self._shares))

    def _difference(self, x: Vector) -> Vector:
        """Cx."""
        return self.tau * self.apy.product(x) - self.omega * self.polygenic.inverse(x)

    @cached_property
    def _group_block(self) -> Vector | None:
        """−BQ₂, shape (n, g)."""
        shares = self._shares
        if not shares.shape[1] or self.group_form == "pedigree":
            return None
        if self.group_form == "full":
            return -self._difference(shares)
        return self.omega * self.polygenic.inverse(shares)

    @cached_property
    def _group_corner(self) -> Vector | None:
        """Q₂′BQ₂."""
        return None if self._group_block is None else -self._shares.T @ self._group_block

    @cached_property
    def _shares(self) -> Vector:
        """Q₂."""
        return self.numerator.group_contributions(self.polygenic.rows.astype(np.int64))
