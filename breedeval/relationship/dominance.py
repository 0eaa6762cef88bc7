"""Dominance relationship from the pedigree: K = D, with full-sib families as levels of their own.

D_ij = ¼(a_ss′ a_dd′ + a_sd′ a_ds′) and D_ii = 1 − F_i (Cockerham 1954): exact where nobody is
inbred, an approximation otherwise. Full sibs share the mean f of their family,

    d = Wf + m,   var(f) = F,   var(m_i) = δ_i = 1 − F_i − ¼(a_ss a_dd + a_sd²),

and the deviations m within families are independent (Hoeschele & VanRaden 1991). The precision of
d and f together,

    [ Δ⁻¹       −Δ⁻¹W        ]
    [ −W′Δ⁻¹    F⁻¹ + W′Δ⁻¹W ],

is sparse but for F⁻¹ of related families, and its inverse has D among the individuals.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pydantic import Field

from breedeval.errors import Findings, InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree import dominance as verbs
from breedeval.pedigree.inbreeding import inbreeding as coefficients
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.blocks import (
    SINGULAR,
    BlockInverse,
    NotPositiveDefinite,
    PedigreeBlocks,
    invert_by_blocks,
    no_inverse,
    remark_on_inbreeding,
)
from breedeval.relationship.kind import Members, RelationshipKind, Sources
from breedeval.relationship.precision import Precision, Vector

WHAT = "dominance relationships"
"""Its name in messages."""


def from_pedigree(pedigree: Pedigree, *, ridge: float = 0.0, threads: int = 1) -> PedigreeBlocks:
    """D⁻¹ of a pedigree.

    A family is a level of its own where it has two sibs or more; a single progeny stands for its
    family itself. Unknown parents are unrelated founders, whatever their group.

    Parameters
    ----------
    pedigree : Pedigree
    ridge : float
        Added to the diagonal of D.
    threads : int
        For the inbreeding coefficients.

    Raises
    ------
    InputError
        When D has no inverse (strong inbreeding, selfing), or the pedigree has selfed lines.
    LimitError
        When too many families are related to each other.

    Notes
    -----
    Cost m³ for the largest set of m related families (and single progeny), at most 20 thousand.
    """
    refuse_selfed_lines(pedigree)
    found = coefficients(pedigree.sire, pedigree.dam, threads=threads)
    families = verbs.full_sib_families(pedigree.sire, pedigree.dam)
    lower = verbs.family_relationships(pedigree.sire, pedigree.dam, found.mendelian, families)
    variance = 1.0 - found.coefficients + ridge
    node = _nodes(families)
    nodes, members = np.unique(node), np.flatnonzero(node >= variance.size)
    within = variance[members] - lower.diagonal()[families.of[members]]
    if members.size and within.min() <= SINGULAR:
        raise InputError(no_inverse(pedigree, found.coefficients, members[within <= SINGULAR],
                                    float(within.min()), ridge, WHAT))
    try:
        inverse = invert_by_blocks(_covariance(families, lower, variance, nodes), WHAT)
    except NotPositiveDefinite as error:
        rows = np.flatnonzero(np.isin(node, nodes[error.rows]))
        raise InputError(no_inverse(
            pedigree, found.coefficients, rows, error.smallest, ridge, WHAT)) from error
    whole = _with_members(inverse.lower, nodes, members, node[members], 1.0 / within)
    total = inverse.log_determinant + float(np.log(within).sum())
    return PedigreeBlocks(pedigree, found.coefficients, variance, _names(pedigree, families),
                          BlockInverse(whole, total))


def refuse_selfed_lines(pedigree: Pedigree) -> None:
    """Raise where the pedigree has generations of selfing that are not individuals of their own."""
    if pedigree.selfings is None or not (pedigree.selfings > 0).any():
        return
    row = int(np.flatnonzero(pedigree.selfings > 0)[0])
    raise InputError(Problem(
        "pedigree", f"'{pedigree.individuals[row]}' is a selfed line "
        f"({pedigree.selfings[row]} generations), one of {int((pedigree.selfings > 0).sum())}",
        "Expected individuals whose parents are in the pedigree: dominance relationships of "
        "selfed lines cannot be told from it",
        "Leave the dominance effect out, or supply a matrix ('kind: supplied')"))


def _nodes(families: verbs.Families) -> NDArray[np.int64]:
    """What stands for each individual: itself, or n + k, the k-th family of two sibs or more."""
    n, shared = families.of.size, families.size > 1
    return np.where(np.append(shared, False)[families.of],
                    n - 1 + np.append(np.cumsum(shared), 0)[families.of], np.arange(n))


def _covariance(
    families: verbs.Families, lower: sp.csc_array, variance: Vector, nodes: NDArray[np.int64]
) -> sp.csc_array:
    """K among individuals that stand for themselves and then families of two sibs or more."""
    own, shared = nodes[nodes < variance.size], families.size > 1
    select = sp.vstack([verbs.membership(families)[own],
                        sp.eye_array(shared.size, format="csr")[shared]], format="csr")
    covariance = sp.csc_array(select @ verbs.symmetric(lower) @ select.T)
    diagonal = np.concatenate([variance[own], lower.diagonal()[shared]])
    return sp.csc_array(covariance + sp.diags_array(diagonal - covariance.diagonal()))


def _with_members(
    lower: sp.csc_array, nodes: NDArray[np.int64], members: NDArray[np.int64],
    family: NDArray[np.int64], weight: Vector,
) -> sp.csc_array:
    """The precision of nodes, and of members given their family: each adds (1, −1)′(1, −1)/δ.

    Nodes ascend, so the lower triangle stays one.
    """
    size = int(max(nodes.max(initial=-1), members.max(initial=-1))) + 1
    columns = np.repeat(np.arange(nodes.size), np.diff(lower.indptr))
    rows = np.concatenate([nodes[lower.indices], members, family, family])
    into = np.concatenate([nodes[columns], members, members, family])
    values = np.concatenate([lower.data, weight, -weight, weight])
    return sp.csc_array(sp.coo_array((values, (rows, into)), shape=(size, size)))


def _names(pedigree: Pedigree, families: verbs.Families) -> Levels:
    """``sire × dam`` of the families of two sibs or more, as the first of the sibs has them."""
    eldest = np.zeros(families.size.size, np.int64)
    rows = np.flatnonzero(families.of >= 0)[::-1]
    eldest[families.of[rows]] = rows
    eldest = eldest[families.size > 1]
    labels = pedigree.individuals
    sires = labels.take(pedigree.sire[eldest]).to_pylist()
    dams = labels.take(pedigree.dam[eldest]).to_pylist()
    return Levels.of([f"{sire} × {dam}" for sire, dam in zip(sires, dams, strict=True)])


class DominanceSettings(RelationshipKind):
    """Dominance relationship from the pedigree: K = D; approximate where there is inbreeding."""

    kind: Literal["dominance"] = Field("dominance", description="Which relationship.")
    ridge: float = Field(0.0, ge=0, description=(
        "Added to the diagonal of D, for inbred pedigrees whose D has no inverse; 0 = as is."),
        examples=[0.05])

    @property
    def needs_pedigree(self) -> bool:
        """True."""
        return True

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody in the pedigree."""
        pedigree = sources.require_pedigree()
        return Members(pedigree.individuals, pedigree.clone_of, "the pedigree")

    def build(
        self, name: str, sources: Sources, levels: Levels, *, threads: int
    ) -> PedigreeBlocks:
        """D⁻¹ of the pedigree."""
        return from_pedigree(sources.require_pedigree(), ridge=self.ridge, threads=threads)

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """Inbreeding makes it an approximation."""
        remark_on_inbreeding(name, built, findings)
