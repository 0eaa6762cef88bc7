"""Additive relationship from the pedigree: K = A, by Henderson's rules with inbreeding.

A⁻¹ = (T⁻¹)′D⁻¹T⁻¹ (Henderson 1976; Quaas 1976). With unknown-parent groups it is the matrix of
Quaas & Pollak (1981) and Westell et al. (1988), A* = [A⁻¹, −A⁻¹Q; −Q′A⁻¹, Q′A⁻¹Q], whose
solutions contain the groups' contributions. With metafounders (Legarra et al. 2015) the groups
have relationships Γ of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree import inbreeding as coefficients
from breedeval.pedigree import precision as inverse
from breedeval.pedigree.pedigree import Pedigree, Rows
from breedeval.pedigree.relationship import (
    group_contributions,
    relationship_block,
    relationship_product,
)
from breedeval.relationship.kind import LabelledMatrix, Members, RelationshipKind, Sources
from breedeval.relationship.precision import Vector
from breedeval.relationship.shares import Shares, shares_of_pedigree
from breedeval.relationship.supplied import SYMMETRY

SMALLEST = 1e-12
"""Mendelian variances at or below it are zero but for rounding."""


@dataclass(frozen=True, eq=False)
class Numerator:
    """A⁻¹ of a pedigree, q individuals and then g groups or metafounders.

    Parameters
    ----------
    pedigree : Pedigree
    inbreeding : ndarray of float64, shape (q,)
        F of the individuals.
    mendelian : ndarray of float64, shape (q,)
        D, the variance of Mendelian sampling in units of σ²ₐ; 1, ¾ or ½ when the rules ignore
        inbreeding on request.
    gamma : ndarray of float64, shape (g, g), or None
        Γ of metafounders; None for unknown-parent groups.
    ploidy : int
        2, or 4 for autotetraploids.
    """

    pedigree: Pedigree
    inbreeding: Vector
    mendelian: Vector
    gamma: Vector | None = None
    ploidy: int = 2
    of_individuals: bool = True
    additive: bool = True

    @property
    def levels(self) -> Levels:
        """The individuals, parents first."""
        return self.pedigree.individuals

    @property
    def groups(self) -> Levels:
        """Unknown-parent groups or metafounders."""
        return self.pedigree.groups

    @property
    def variance(self) -> Vector:
        """1 + F; 1 + 3F of autotetraploids."""
        return 1.0 + (self.ploidy - 1) * self.inbreeding

    @cached_property
    def log_determinant(self) -> float:
        """log|A| = Σ log dᵢ (+ log|Γ|)."""
        own = inverse.log_determinant(self.mendelian)
        return own if self.gamma is None else own + float(np.linalg.slogdet(self.gamma)[1])

    @cached_property
    def _lower(self) -> sp.csc_array:
        if self.gamma is None:
            return inverse.precision_lower(
                self.pedigree.sire, self.pedigree.dam, self.mendelian,
                sire_group=self.pedigree.sire_group, dam_group=self.pedigree.dam_group,
                n_groups=len(self.groups))
        first = inverse.precision_lower(
            *_with_metafounders(self.pedigree), self._extended_mendelian, gamma=self.gamma)
        whole = sp.csc_array(first + sp.tril(first, -1).T)
        last = np.roll(np.arange(whole.shape[0]), -len(self.groups))
        return sp.csc_array(sp.tril(whole[last][:, last]))

    @property
    def _extended_mendelian(self) -> Vector:
        return np.concatenate([np.ones(len(self.groups)), self.mendelian])

    def lower(self) -> sp.csc_array:
        """Lower triangle of A⁻¹ (or A*); at most 3 off-diagonals an individual."""
        return self._lower

    def diagonal(self) -> Vector:
        """diag(A⁻¹)."""
        return np.asarray(self._lower.diagonal())

    def product(self, x: Vector) -> Vector:
        """A⁻¹x from the pedigree, without A⁻¹. O(qk)."""
        groups = len(self.groups)
        if self.gamma is None:
            return self._operator.product(x)
        return np.roll(self._operator.product(np.roll(x, groups, axis=0)), -groups, axis=0)

    @cached_property
    def _operator(self) -> inverse.PrecisionOperator:
        if self.gamma is None:
            return inverse.precision_operator(
                self.pedigree.sire, self.pedigree.dam, self.mendelian,
                sire_group=self.pedigree.sire_group, dam_group=self.pedigree.dam_group)
        return inverse.precision_operator(
            *_with_metafounders(self.pedigree), self._extended_mendelian, gamma=self.gamma)

    def block(self, rows: Rows) -> Vector:
        """A among some individuals, shape (r, r), by indirect products. O(q + ra)."""
        if self.gamma is None:
            return relationship_block(
                self.pedigree.sire, self.pedigree.dam, self.mendelian, rows)
        groups = np.int32(len(self.groups))
        return relationship_block(
            *_with_metafounders(self.pedigree), self._extended_mendelian, rows + groups,
            gamma=self.gamma)

    def covariance_product(self, x: Vector) -> Vector:
        """Ax among the individuals, without A, for x of shape (q, k). O(qk)."""
        if self.gamma is None:
            return relationship_product(
                self.pedigree.sire, self.pedigree.dam, self.mendelian, x)
        groups = len(self.groups)
        longer = np.concatenate([np.zeros((groups, *x.shape[1:])), x])
        return relationship_product(
            *_with_metafounders(self.pedigree), self._extended_mendelian, longer,
            gamma=self.gamma)[groups:]

    def shares(self, x: Vector) -> Shares:
        """Of parents, progeny, and groups or metafounders."""
        return shares_of_pedigree(
            self.pedigree.sire, self.pedigree.dam, self.mendelian, x,
            sire_group=self.pedigree.sire_group, dam_group=self.pedigree.dam_group)

    def founders_first(self) -> tuple[Rows, Rows, Vector]:
        """Sires, dams and D; where there are metafounders, they come first as individuals."""
        if self.gamma is None:
            return self.pedigree.sire, self.pedigree.dam, self.mendelian
        return (*_with_metafounders(self.pedigree), self._extended_mendelian)

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Q of the individuals: each group's expected share of their genes. O(qg)."""
        # metafounders are random: they take no part in the fixed rank
        if self.gamma is not None or not len(self.groups):
            return np.zeros((rows.size, 0))
        return group_contributions(
            self.pedigree.sire, self.pedigree.dam, sire_group=self.pedigree.sire_group,
            dam_group=self.pedigree.dam_group, n_groups=len(self.groups), rows=rows)


def from_pedigree(
    pedigree: Pedigree, *, use_inbreeding: bool = True, gamma: Vector | None = None,
    reduction: float | None = None, threads: int = 1,
) -> Numerator:
    """A⁻¹ of a pedigree, with the inbreeding coefficients it needs.

    ``reduction`` is given for autotetraploids: the probability of double reduction.

    Raises
    ------
    InputError
        When ``gamma`` does not fit the pedigree's groups, parents determine an individual, or
        autotetraploids have metafounders or selfed lines.
    """
    if reduction is not None and (gamma is not None or pedigree.selfings is not None):
        raise InputError(Problem(
            "pedigree", "'ploidy: 4' with "
            + ("metafounders" if gamma is not None else "a column of selfings"),
            "Expected neither with autotetraploids", "Give every generation of selfing a line"))
    if gamma is not None and gamma.shape != (len(pedigree.groups),) * 2:
        raise InputError(Problem(
            "pedigree", f"Γ is {gamma.shape[0]} × {gamma.shape[1]} but the pedigree has "
            f"{len(pedigree.groups)} groups", "Expected one row and column a group",
            "Name the groups of the pedigree in the Γ file"))
    sire, dam, selfings = pedigree.sire, pedigree.dam, pedigree.selfings
    groups = 0 if gamma is None else len(pedigree.groups)
    if gamma is not None:
        sire, dam = _with_metafounders(pedigree)
        if selfings is not None:
            selfings = np.concatenate([np.zeros(groups, selfings.dtype), selfings])
    found = coefficients.inbreeding(
        sire, dam, selfings=selfings, gamma=gamma, reduction=reduction, threads=threads)
    inbred, mendelian = found.coefficients[groups:], found.mendelian[groups:]
    if use_inbreeding:
        _require_positive(pedigree, mendelian, gamma)
    else:
        mendelian = 1.0 - 0.25 * ((pedigree.sire >= 0).astype(np.float64) + (pedigree.dam >= 0))
    if reduction is not None:
        return Numerator(pedigree, inbred / 3.0, mendelian, ploidy=4)
    return Numerator(pedigree, inbred, mendelian, gamma)


def _with_metafounders(pedigree: Pedigree) -> tuple[Rows, Rows]:
    """Parents when the g metafounders come first, as individuals 0 … g−1 without parents."""
    groups = len(pedigree.groups)

    def shifted(parent: Rows, group: Rows) -> Rows:
        own = np.where(parent >= 0, parent + groups, group).astype(np.int32)
        return np.concatenate([np.full(groups, -1, np.int32), own])

    return (shifted(pedigree.sire, pedigree.sire_group),
            shifted(pedigree.dam, pedigree.dam_group))


def _require_positive(pedigree: Pedigree, mendelian: Vector, gamma: Vector | None) -> None:
    """A is singular where parents determine an individual wholly (or Γ leaves nothing over)."""
    rows = np.flatnonzero(mendelian <= SMALLEST)
    if not rows.size:
        return
    findings = Findings()
    remedy = ("Lower the diagonal of Γ" if gamma is not None and (mendelian[rows] < 0).any() else
              "Give its parents fewer selfings (8 mean F = 0.996), or name it under 'clone_of' as "
              "a copy of its parent")
    findings.fault("mendelian", *(Problem(
        "pedigree", f"'{pedigree.individuals[int(row)]}' has a Mendelian variance of "
        f"{mendelian[row]:.3g}: its parents are wholly inbred and determine it",
        "A⁻¹ needs a variance above zero", remedy)
        for row in rows[:SHOWN_PER_KIND]), total=int(rows.size))
    findings.raise_faults()


def gamma_of_groups(matrix: LabelledMatrix, groups: Levels) -> Vector:
    """Γ in the order of the pedigree's groups.

    Raises
    ------
    InputError
        When a group has no row, there are no groups, or Γ is not symmetric or not positive
        definite.
    """
    code = matrix.levels.codes(groups.labels)
    missing = [groups[int(k)] for k in np.flatnonzero(code < 0)]
    if missing or not len(groups):
        found = f"it has no row for {', '.join(missing[:5])}" if missing else (
            "the pedigree has no groups to be metafounders")
        raise InputError(Problem(
            matrix.source, found, "Expected one row and column for every group of the pedigree",
            "Name the groups in 'pedigree: groups' or in a group column, as in this file"))
    given = matrix.values[np.ix_(code, code)]
    apart = np.abs(given - given.T)
    if apart.max() > SYMMETRY * np.abs(given).max():
        i, j = (int(k) for k in np.unravel_index(int(apart.argmax()), apart.shape))
        raise InputError(Problem(
            matrix.source, f"the matrix is not symmetric: ({groups[i]}, {groups[j]}) is "
            f"{given[i, j]:g} and ({groups[j]}, {groups[i]}) is {given[j, i]:g}",
            "Expected equal values", "Correct the file"))
    gamma = np.ascontiguousarray((given + given.T) / 2)
    if np.linalg.eigvalsh(gamma)[0] <= 0:
        raise InputError(Problem(matrix.source, "Γ is not positive definite",
                                 "Expected relationships within and among metafounders"))
    return gamma


def _two_or_four(value: int) -> int:
    if value not in (2, 4):
        raise ValueError("expected 2 or 4")
    return value


Ploidy = Annotated[int, AfterValidator(_two_or_four)]
"""Of a pedigree: diploids, or autotetraploids."""


class NumeratorSettings(RelationshipKind):
    """Additive relationship from the pedigree: K = A."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"ploidy", "double_reduction"})

    kind: Literal["numerator"] = Field("numerator", description="Which relationship.")
    inbreeding: bool = Field(True, description=(
        "Whether Henderson's rules use the inbreeding coefficients. False builds A⁻¹ as some "
        "programs do by default; breeding values of inbred families then differ."),
        examples=[False])
    metafounders: Path | None = Field(None, description=(
        "Table of Γ, the relationships within and among metafounders (a labelled square table). "
        "The pedigree's groups are then metafounders instead of unknown-parent groups."),
        examples=["gamma.csv"])
    ploidy: Ploidy = Field(2, description="2, or 4 for autotetraploids.", examples=[4])
    double_reduction: float = Field(0.0, ge=0, lt=1, description=(
        "Autotetraploids: probability that two genes of a gamete are copies of one gene of the "
        "parent."), examples=[0.1])

    @property
    def needs_pedigree(self) -> bool:
        """True."""
        return True

    @property
    def matrix_file(self) -> Path | None:
        """Γ, when there are metafounders."""
        return self.metafounders

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody in the pedigree."""
        pedigree = sources.require_pedigree()
        return Members(pedigree.individuals, pedigree.clone_of, "the pedigree")

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Numerator:
        """A⁻¹ of the pedigree."""
        pedigree = sources.require_pedigree()
        gamma = None
        if self.metafounders is not None:
            gamma = gamma_of_groups(sources.matrices[name], pedigree.groups)
        return from_pedigree(pedigree, use_inbreeding=self.inbreeding, gamma=gamma,
                             reduction=self.double_reduction if self.ploidy == 4 else None,
                             threads=threads)
