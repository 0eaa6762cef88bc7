"""Partial relationships of crossbreds: the share of A that each breed brings, and segregation.

Unknown parents are of breeds, the groups of the pedigree. With f the share of a breed in an
individual, what its genes of breed b have in common with others', and what the segregation between
breeds b and c adds to its Mendelian sampling, are

    a_ij = ½(a_sj + a_dj)         for j before i, in both,
    a_ii = f_i + ½ a_sd           of a breed,
    a_ii = 2(f_s f_s* + f_d f_d*) + ½ a_sd     of two, f and f* their shares in a parent,

each a matrix T D T′ of its own, with variances of their own (García-Cortés & Toro 2006). Whoever
has no genes of the breed, or no crossbred parent, has no level.

References
----------
García-Cortés & Toro (2006), Genet. Sel. Evol. 38:601; Lo, Fernando & Grossman (1993), Theor. Appl.
Genet. 87:423.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pydantic import Field

from breedeval.errors import SHOWN_PER_KIND, InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree import precision as inverse
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.pedigree.pedigree import Pedigree, Rows
from breedeval.pedigree.relationship import group_contributions
from breedeval.relationship.kind import Members, RelationshipKind, Sources
from breedeval.relationship.precision import Vector
from breedeval.relationship.shares import Shares, shares_of_pedigree

NOTHING = 1e-12
"""Variance that is zero but for rounding."""


@dataclass(frozen=True, eq=False)
class Partial:
    """Inverse of a partial relationship, among those who have a variance in it.

    Parameters
    ----------
    levels : Levels, length q
    rows : ndarray of int64, shape (q,)
        Their places in the pedigree.
    sire, dam : ndarray of int32, shape (q,)
        Parents among them; −1 where the parent is unknown or not among them.
    mendelian : ndarray of float64, shape (q,)
        D.
    variance : ndarray of float64, shape (q,)
        The diagonal.
    """

    levels: Levels
    rows: NDArray[np.int64]
    sire: Rows
    dam: Rows
    mendelian: Vector
    variance: Vector
    groups: Levels = field(default_factory=lambda: Levels.of([]))
    of_individuals: bool = True
    additive: bool = True
    inbreeding: Vector | None = None
    pedigree: Pedigree | None = None

    @cached_property
    def log_determinant(self) -> float:
        """Σ log D."""
        return float(np.log(self.mendelian).sum())

    @cached_property
    def _lower(self) -> sp.csc_array:
        return inverse.precision_lower(self.sire, self.dam, self.mendelian)

    def lower(self) -> sp.csc_array:
        """Lower triangle of (T⁻¹)′D⁻¹T⁻¹."""
        return self._lower

    def diagonal(self) -> Vector:
        """Its diagonal."""
        return np.asarray(self._lower.diagonal())

    def product(self, x: Vector) -> Vector:
        """(T⁻¹)′D⁻¹T⁻¹x. O(qk)."""
        return inverse.precision_product(self.sire, self.dam, self.mendelian, x)

    def shares(self, x: Vector) -> Shares:
        """Of parents and progeny."""
        return shares_of_pedigree(self.sire, self.dam, self.mendelian, x)

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): shares of breeds are covariates of the user's, if any."""
        return np.zeros((rows.size, 0))


def from_pedigree(pedigree: Pedigree, breeds: tuple[str, ...], *, threads: int = 1) -> Partial:
    """The partial relationship of one breed, or of the segregation between two.

    Raises
    ------
    InputError
        When a breed is no group of the pedigree, an unknown parent is of no breed, nobody has a
        variance, or parents determine somebody wholly (as some of three breeds do).

    Notes
    -----
    Cost as of inbreeding coefficients, and O(ng) for the shares of g breeds.
    """
    shares = _shares(pedigree, breeds)
    constants = shares[:, 0]
    if len(breeds) == 2:
        constants = 2.0 * (_of_parent(shares, pedigree.sire) + _of_parent(shares, pedigree.dam))
    found = inbreeding(pedigree.sire, pedigree.dam, constants=constants, threads=threads)
    variance = 1.0 + found.coefficients
    rows = np.flatnonzero(variance > NOTHING)
    if not rows.size:
        what = "has a crossbred parent" if len(breeds) == 2 else "has genes"
        raise InputError(Problem(
            "pedigree", f"nobody {what} of {' and '.join(breeds)}",
            "Expected somebody with a variance of the effect", "Leave the effect out"))
    wholly = rows[found.mendelian[rows] <= NOTHING]
    if wholly.size:
        named = ", ".join(pedigree.individuals[int(row)] for row in wholly[:SHOWN_PER_KIND])
        raise InputError(Problem(
            "pedigree", f"{wholly.size:,} individuals have no Mendelian variance of "
            f"{' × '.join(breeds)}: {named}", "Expected parents that leave some, as crosses of two "
            "breeds without strong inbreeding do",
            "Leave the segregation out, or join breeds that few descend from"))
    place = np.full(len(pedigree) + 1, -1, np.int32)
    place[rows] = np.arange(rows.size, dtype=np.int32)
    return Partial(
        Levels(pedigree.individuals.take(rows.astype(np.int32))), rows,
        place[pedigree.sire[rows]], place[pedigree.dam[rows]], found.mendelian[rows],
        variance[rows])


def _of_parent(shares: Vector, parent: Rows) -> Vector:
    """f f* of a parent; 0 for an unknown one, which is pure."""
    return np.where(parent >= 0, shares[parent, 0] * shares[parent, 1], 0.0)


def _shares(pedigree: Pedigree, breeds: tuple[str, ...]) -> Vector:
    """f of the breeds in everybody, shape (n, len(breeds))."""
    codes = pedigree.groups.codes(list(breeds))
    absent = [breed for breed, code in zip(breeds, codes, strict=True) if code < 0]
    if absent:
        raise InputError(Problem(
            "relationships: breeds", f"{', '.join(absent)} is no group of the pedigree",
            f"The groups are: {', '.join(pedigree.groups.to_list()) or 'none'}",
            "Give the breeds of unknown parents in a group column, or in 'pedigree: groups'"))
    none = np.flatnonzero(((pedigree.sire < 0) & (pedigree.sire_group < 0))
                          | ((pedigree.dam < 0) & (pedigree.dam_group < 0)))
    if none.size:
        named = ", ".join(pedigree.individuals[int(row)] for row in none[:SHOWN_PER_KIND])
        raise InputError(Problem(
            "pedigree", f"{none.size:,} individuals have an unknown parent of no breed: {named}",
            "Expected a group for every unknown parent", "Complete the groups"))
    found = group_contributions(
        pedigree.sire, pedigree.dam, sire_group=pedigree.sire_group,
        dam_group=pedigree.dam_group, n_groups=len(pedigree.groups))
    return np.asarray(found[:, codes])


class PartialSettings(RelationshipKind):
    """Relationship that one breed brings to crossbreds, or the segregation between two."""

    kind: Literal["partial"] = Field("partial", description="Which relationship.")
    breeds: tuple[str, ...] = Field(min_length=1, max_length=2, description=(
        "A breed, or the two between which there is segregation: groups of the pedigree."),
        examples=[["Angus"]])

    @property
    def needs_pedigree(self) -> bool:
        """True."""
        return True

    def members(self, name: str, sources: Sources) -> Members:
        """Those with genes of the breed, or with a crossbred parent."""
        pedigree = sources.require_pedigree()
        found = from_pedigree(pedigree, self.breeds)
        others = np.setdiff1d(np.arange(len(pedigree)), found.rows).astype(np.int32)
        names = pedigree.individuals.take(others).to_pylist()
        absent = set(names)
        copies = [clone for clone, original in pedigree.clone_of.items() if original in absent]
        aliases = {clone: original for clone, original in pedigree.clone_of.items()
                   if original not in absent}
        return Members(found.levels, aliases, "the pedigree", without=Levels.of([*names, *copies]))

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Partial:
        """Its inverse."""
        return from_pedigree(sources.require_pedigree(), self.breeds, threads=threads)
