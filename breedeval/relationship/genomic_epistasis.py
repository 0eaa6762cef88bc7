"""Epistatic relationship from markers: element-wise products of genomic relationships.

G∘G for additive × additive, G∘D, D∘D, and longer products for more genes (Henderson 1985), as they
are, or divided by the mean of their diagonals, so that variances refer to the genotyped (Vitezica
et al. 2017).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from breedeval.errors import InputError, Problem
from breedeval.genotypes.coding import GenomicMethod
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.relationship import dominance_matrix, genomic_matrix
from breedeval.relationship.epistasis import Term
from breedeval.relationship.genomic_deviations import GenomicDeviations
from breedeval.relationship.precision import Vector

Scaling = Literal["henderson", "trace"]


def epistatic_matrix(
    genotypes: Genotypes, terms: tuple[Term, ...], method: GenomicMethod = "vanraden1",
    scaling: Scaling = "trace", threads: int = 1,
) -> Vector:
    """Element-wise product of the relationships of ``terms``, shape (n, n).

    Parameters
    ----------
    genotypes : Genotypes
    terms : tuple of str
        ``additive`` or ``dominance``, one for each gene.
    method : str
        Of the additive relationship.
    scaling : str
        ``henderson``: the product; ``trace``: divided by the mean of its diagonal.
    threads : int

    References
    ----------
    Henderson (1985), J. Anim. Sci. 60:111; Vitezica et al. (2017), Genetics 206:1297.
    """
    parts = {term: genomic_matrix(genotypes, method, threads=threads) if term == "additive"
             else dominance_matrix(genotypes) for term in set(terms)}
    product = parts[terms[0]].copy()
    for term in terms[1:]:
        product *= parts[term]
    if scaling == "trace":
        mean = float(np.trace(product)) / len(product)
        if mean <= 0:
            raise InputError(Problem(
                genotypes.source, "the diagonal of the product is zero on average",
                "Trace scaling divides by it", "Use 'scaling: henderson'"))
        product /= mean
    return product


class GenomicEpistasisSettings(GenomicDeviations):
    """Epistatic relationship from markers: G∘G, G∘D, D∘D, …"""

    kind: Literal["genomic_epistasis"] = Field(
        "genomic_epistasis", description="Which relationship.")
    terms: tuple[Term, ...] = Field(
        ("additive", "additive"), min_length=2, max_length=4, description=(
            "The effects that interact, 'additive' or 'dominance', one for each gene."),
        examples=[["additive", "dominance"]])
    method: GenomicMethod = Field("vanraden1", description=(
        "How the additive relationship is computed, as of kind genomic."), examples=["vanraden2"])
    scaling: Scaling = Field("trace", description=(
        "trace: the product over the mean of its diagonal; henderson: the product itself."),
        examples=["henderson"])

    @property
    def history(self) -> tuple[str, ...]:
        """How it was made."""
        return (f"terms: {' × '.join(self.terms)}", f"method: {self.method}",
                f"scaling: {self.scaling}")

    def matrix(self, genotypes: Genotypes, *, threads: int) -> Vector:
        """The product."""
        return epistatic_matrix(genotypes, self.terms, self.method, self.scaling, threads)
