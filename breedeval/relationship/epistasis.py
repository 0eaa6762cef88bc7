"""Epistatic relationship from the pedigree: element-wise products of A and D.

Interaction deviations of two genes have the covariance A∘A (additive × additive), A∘D or D∘D, and
of more genes longer products (Cockerham 1954; Henderson 1985): exact without inbreeding and
linkage, an approximation otherwise. A∘A has an inverse whenever A has (Schur).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from breedeval.errors import Findings, InputError
from breedeval.levels import Levels
from breedeval.pedigree.dominance import dominance_matrix, sparse_relationships
from breedeval.pedigree.inbreeding import Inbreeding
from breedeval.pedigree.inbreeding import inbreeding as coefficients
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.blocks import (
    NotPositiveDefinite,
    PedigreeBlocks,
    invert_by_blocks,
    no_inverse,
    remark_on_inbreeding,
)
from breedeval.relationship.dominance import refuse_selfed_lines
from breedeval.relationship.kind import Members, RelationshipKind, Sources
from breedeval.relationship.precision import Precision

Term = Literal["additive", "dominance"]


def from_pedigree(
    pedigree: Pedigree, terms: tuple[Term, ...] = ("additive", "additive"), *,
    ridge: float = 0.0, threads: int = 1,
) -> PedigreeBlocks:
    """Inverse of the element-wise product of the relationships of ``terms``.

    Parameters
    ----------
    pedigree : Pedigree
    terms : tuple of str
        The genes that interact, each by its ``additive`` or ``dominance`` effect.
    ridge : float
        Added to the diagonal.
    threads : int
        For the inbreeding coefficients.

    Raises
    ------
    InputError
        When a product with D has no inverse, or D is asked of selfed lines.
    LimitError
        When too many individuals are related to each other.

    Notes
    -----
    Cost m³ for the largest set of m related individuals, at most 20 thousand.

    References
    ----------
    Cockerham (1954), Genetics 39:859; Henderson (1985), J. Anim. Sci. 60:111.
    """
    if "dominance" in terms:
        refuse_selfed_lines(pedigree)
    found = coefficients(pedigree.sire, pedigree.dam, selfings=pedigree.selfings, threads=threads)
    parts = {term: _relationship(pedigree, term, found) for term in set(terms)}
    product = parts[terms[0]]
    for term in terms[1:]:
        product = sp.csc_array(product.multiply(parts[term]))
    if ridge:
        product = sp.csc_array(product + ridge * sp.eye_array(len(pedigree)))
    what = "epistatic relationships"
    try:
        inverse = invert_by_blocks(product, what)
    except NotPositiveDefinite as error:
        raise InputError(no_inverse(
            pedigree, found.coefficients, error.rows, error.smallest, ridge, what)) from error
    return PedigreeBlocks(pedigree, found.coefficients, np.asarray(product.diagonal()),
                          Levels.of([]), inverse)


def _relationship(pedigree: Pedigree, term: Term, found: Inbreeding) -> sp.csc_array:
    sire, dam = pedigree.sire, pedigree.dam
    if term == "additive":
        return sparse_relationships(sire, dam, found.mendelian, np.arange(len(pedigree)))
    return dominance_matrix(sire, dam, found.mendelian, found.coefficients)


class EpistasisSettings(RelationshipKind):
    """Epistatic relationship from the pedigree, for small pedigrees: A∘A, A∘D, D∘D, …"""

    kind: Literal["epistasis"] = Field("epistasis", description="Which relationship.")
    terms: tuple[Term, ...] = Field(
        ("additive", "additive"), min_length=2, max_length=4, description=(
            "The effects that interact, 'additive' or 'dominance', one for each gene."),
        examples=[["additive", "dominance"]])
    ridge: float = Field(0.0, ge=0, description=(
        "Added to the diagonal, for inbred pedigrees whose matrix has no inverse; 0 = as is."),
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
        """The inverse of the product."""
        return from_pedigree(sources.require_pedigree(), self.terms, ridge=self.ridge,
                             threads=threads)

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """Inbreeding makes it an approximation."""
        remark_on_inbreeding(name, built, findings)
