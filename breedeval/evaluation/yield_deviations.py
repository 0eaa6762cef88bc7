"""Yield deviations of individuals, and those of their progeny as a deviation of the parent.

The yield deviation of individual i is the mean of its records less all other effects,

    yᵢ* = Mᵢ⁻¹ Zᵢ′R⁻¹(y − Xb − everything else),    Mᵢ = (Z′R⁻¹Z)ᵢᵢ,

and counts as nᵢ = (σ²ₚ + σ²ₑ)/(Mᵢ⁻¹ + Σₚ)ₖₖ first records in cell k, with Σₚ of a permanent
environment, which is taken off and not known. A progeny j says of its parent

    2yⱼ* − û_mate,   with the variance 4(dⱼ + λ/nⱼ)σ²ᵤ,   λ = (σ²ₚ + σ²ₑ)/σ²ᵤ,

when the other parent is taken as known; one that is unknown is its group, or 0. The progeny (or
daughter) yield deviation is their mean by the inverse of this variance, and counts as so many
effective progeny, each the like of one with one record and an unknown other parent: the sum of the
inverses times 3 + 4λ.

References
----------
VanRaden & Wiggans (1991), J. Dairy Sci. 74:2737.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.deregression import numerator_of
from breedeval.evaluation.partition import RecordsOfLevels, records_of_levels
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.tables import with_clones
from breedeval.relationship.numerator import Numerator

Vector = NDArray[np.float64]

SINGULAR = 1e-10
"""Smallest eigenvalue, of information scaled to a diagonal of ones, that can be inverted."""
COLUMNS = ["effect", "component", "trait", "individual", "breeding_value", "yield_deviation",
           "records", "progeny_deviation", "progeny", "effective_progeny"]


@dataclass(frozen=True, eq=False)
class Deviations:
    """Deviations of individuals × cells, and what each counts as; NaN and 0 where there is none.

    Parameters
    ----------
    values, counts : ndarray of float64, shape (q, c)
        ``counts`` are 1/(M⁻¹ + Σₚ)ₖₖ.
    """

    values: Vector
    counts: Vector


def own_deviations(told: RecordsOfLevels, shared: Vector) -> Deviations:
    """M⁻¹ times the right-hand side, cell by cell those that an individual has records of.

    None where they cannot be told from each other, as the coefficients of a curve from one record.

    Parameters
    ----------
    told : RecordsOfLevels
    shared : ndarray of float64, shape (c, c)
        Σₚ.
    """
    q, width = told.right.shape
    values, counts = np.full((q, width), np.nan), np.zeros((q, width))
    there = np.diagonal(told.information, axis1=1, axis2=2) > 0
    for pattern in np.unique(there, axis=0):
        cells = np.flatnonzero(pattern)
        rows = np.flatnonzero((there == pattern).all(axis=1))
        if not cells.size:
            continue
        part = told.information[np.ix_(rows, cells, cells)]
        scale = 1.0 / np.sqrt(np.diagonal(part, axis1=1, axis2=2))
        scaled = part * scale[:, :, None] * scale[:, None, :]
        good = np.linalg.eigvalsh(scaled)[:, 0] > SINGULAR
        rows, part = rows[good], part[good]
        inverse = np.linalg.inv(part)
        at = np.ix_(rows, cells)
        values[at] = np.einsum("qij,qj->qi", inverse, told.right[at])
        apart = inverse + shared[np.ix_(cells, cells)]
        counts[at] = 1.0 / np.diagonal(apart, axis1=1, axis2=2)
    return Deviations(values, counts)


def permanent_of(equations: Equations, effect: int) -> Vector:
    """Σₚ among the cells of an effect: of effects of the same individuals without relationship.

    Their levels are those of one of its components, one for one, as a permanent environment has.
    """
    design, term = equations.design, equations.design.random[effect]
    cells = term.cells()
    found = np.zeros((len(cells), len(cells)))
    for other, precision in enumerate(equations.precisions):
        beside = design.random[other]
        if precision.of_individuals or len(beside.coefficients()) != 1:
            continue
        matrix = equations.covariances[other].matrix
        for component in term.components:
            if not _same_levels(component.codes, beside.components[0].codes):
                continue
            place = {trait: k for k, (name, trait) in enumerate(cells)
                     if name == component.name}
            both = [trait for trait in beside.traits if trait in place]
            at = [place[trait] for trait in both]
            own = [beside.traits.index(trait) for trait in both]
            found[np.ix_(at, at)] += matrix[np.ix_(own, own)]
    return found


def _same_levels(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    """Whether two columns of levels tell the same individuals apart."""
    if one.shape[1] != 1 or other.shape[1] != 1:
        return False
    pairs = np.unique(np.concatenate([one, other], axis=1), axis=0)
    return bool(len(pairs) == np.unique(one).size == np.unique(other).size)


@dataclass(frozen=True, eq=False)
class OfProgeny:
    """Deviations of parents from their progeny: NaN and 0 where there are none.

    Parameters
    ----------
    deviation, effective : ndarray of float64, shape (q,)
    progeny : ndarray of int64, shape (q,)
        Those with a yield deviation.
    """

    deviation: Vector
    effective: Vector
    progeny: NDArray[np.int64]


def progeny_deviations(
    numerator: Numerator, values: Vector, own: Vector, records: Vector, ratio: float
) -> OfProgeny:
    """Progeny yield deviations of one cell.

    Parameters
    ----------
    numerator : Numerator
    values : ndarray of float64, shape (q + g,)
        Solutions of individuals and groups.
    own, records : ndarray of float64, shape (q,)
        Yield deviations, and what they count as.
    ratio : float
        λ.

    Notes
    -----
    A progeny of a selfed parent says y* of it, with the variance (d + λ/n)σ²ᵤ. O(q).
    """
    q, pedigree = own.size, numerator.pedigree
    parents = {"sire": (pedigree.sire, pedigree.sire_group),
               "dam": (pedigree.dam, pedigree.dam_group)}
    worth = [np.where(known >= 0, values[known], np.where(
        group >= 0, values[q + np.maximum(group, 0)] if values.size > q else 0.0, 0.0))
        for known, group in parents.values()]
    seen = np.isfinite(own) & (records > 0)
    selfed = (pedigree.sire == pedigree.dam) & (pedigree.sire >= 0)
    information = np.zeros(q)
    information[seen] = 1.0 / (numerator.mendelian[seen] + ratio / records[seen])
    total, weight, count = np.zeros(q), np.zeros(q), np.zeros(q, np.int64)
    for (parent, _), mate in zip(parents.values(), worth[::-1], strict=True):
        rows = np.flatnonzero((parent >= 0) & seen & ~selfed)
        part = 0.25 * information[rows]
        total += np.bincount(parent[rows], part * (2.0 * own[rows] - mate[rows]), q)
        weight += np.bincount(parent[rows], part, q)
        count += np.bincount(parent[rows], minlength=q)
    rows = np.flatnonzero(selfed & seen)
    total += np.bincount(pedigree.sire[rows], information[rows] * own[rows], q)
    weight += np.bincount(pedigree.sire[rows], information[rows], q)
    count += np.bincount(pedigree.sire[rows], minlength=q)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.where(weight > 0, total / weight, np.nan)
    return OfProgeny(deviation, weight * (3.0 + 4.0 * ratio), count)


def yield_deviations_table(solutions: Solutions) -> pd.DataFrame:
    """Yield deviations and progeny yield deviations of every additive effect.

    Returns
    -------
    DataFrame
        The :data:`COLUMNS`, of the individuals that have either; ``records`` is what the yield
        deviation counts as. Where residual variances differ by class, a record is one of the first.
    """
    equations = solutions.equations
    tables = [table for effect, precision in enumerate(equations.precisions)
              if precision.of_individuals and precision.additive
              for table in _of_effect(solutions, effect)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _of_effect(solutions: Solutions, effect: int) -> Iterator[pd.DataFrame]:
    equations = solutions.equations
    precision, term = equations.precisions[effect], equations.design.random[effect]
    q, numerator = len(term.levels), numerator_of(precision)
    shared = permanent_of(equations, effect)
    own = own_deviations(records_of_levels(equations, effect, solutions.unknowns), shared)
    values = equations.random(effect, solutions.unknowns)
    residual = np.diagonal(equations.variances.residual[0].matrix)
    of_record = [residual[trait] + shared[k, k] for k, (_, trait) in enumerate(term.cells())]
    genetic = np.diagonal(equations.covariances[effect].matrix)
    for k, (component, trait) in enumerate(term.cells()):
        records = own.counts[:, k] * of_record[k]
        of_progeny = OfProgeny(np.full(q, np.nan), np.zeros(q), np.zeros(q, np.int64)) if (
            numerator is None) else progeny_deviations(
                numerator, values[:, k], own.values[:, k], records, of_record[k] / genetic[k])
        table = with_clones(pd.DataFrame({
            "effect": term.name, "component": component,
            "trait": equations.design.traits[trait], "individual": term.levels.to_series(),
            "breeding_value": values[:q, k], "yield_deviation": own.values[:, k],
            "records": records, "progeny_deviation": of_progeny.deviation,
            "progeny": of_progeny.progeny, "effective_progeny": of_progeny.effective}),
            term.levels, precision)
        yield table[table["yield_deviation"].notna() | table["progeny_deviation"].notna()]
