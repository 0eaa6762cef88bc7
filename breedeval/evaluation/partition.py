"""Every breeding value as a sum of what its sources tell of it.

The row of the mixed-model equations for the cells (components × traits) of individual i is

    (Mᵢ + wᵢ Σ⁻¹) uᵢ = Mᵢ yᵢ* + Σ⁻¹ Σₖ sᵢₖ,      Mᵢ = (Z′R⁻¹Z)ᵢᵢ,   wᵢ = (K⁻¹)ᵢᵢ = Σₖ wᵢₖ,

with Mᵢyᵢ* = Zᵢ′R⁻¹(y − Xb − everything else), its records less all other effects, and sᵢₖ what
relatives of kind k (:mod:`breedeval.relationship.shares`) say. Solved for uᵢ it is a sum,

    uᵢ = Dᵢ⁻¹Mᵢyᵢ* + Σₖ Dᵢ⁻¹Σ⁻¹sᵢₖ,              Dᵢ = Mᵢ + wᵢ Σ⁻¹,

of the records, the parents, the progeny, the genotype, other relatives, and the base. The weights
Dᵢ⁻¹Mᵢ and wᵢₖDᵢ⁻¹Σ⁻¹ add up to the identity matrix. With one cell they are numbers, as in VanRaden
& Wiggans (1991), J. Dairy Sci. 74:2737; of more their diagonals are tabulated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.tables import with_clones
from breedeval.kernels.level_blocks import level_information
from breedeval.relationship.dense import Dense
from breedeval.relationship.shares import KINDS, Kind, Shares

Vector = NDArray[np.float64]

PARTS = ("parent_average", "records", "progeny", "genomic", "relatives", "base", "unsolved")
"""Columns that add up to the breeding value."""
WEIGHTS = ("parent_average", "records", "progeny", "genomic", "relatives")
"""Sources that have a weight; that of the base is in that of the parents."""
CHEAP = 1_500
"""Levels of a dense relationship that is inverted only for the parts of breeding values."""
ROUNDING = 1e-12
"""What is left over, relative to the largest value, that is rounding and no fault of the solver."""


def has_parts(equations: Equations) -> bool:
    """Whether K⁻¹ of every relationship is known, or cheap to have for the K of the solutions.

    Where V was enough for these, a large K has not been inverted, and a singular one has no K⁻¹.
    """
    return all(len(precision.levels) <= CHEAP and precision.settles_as_it_is()
               for precision in equations.precisions if isinstance(precision, Dense))


@dataclass(frozen=True, eq=False)
class RecordsOfLevels:
    """What the records say of the individuals of one effect.

    Parameters
    ----------
    information : ndarray of float64, shape (q, c, c)
        M.
    right : ndarray of float64, shape (q, c)
        My*.
    """

    information: Vector
    right: Vector


def records_of_levels(equations: Equations, effect: int, x: Vector) -> RecordsOfLevels:
    """Their records, less everything but their own values.

    Parameters
    ----------
    equations : Equations
    effect : int
    x : ndarray of float64, shape (size,)
        The solution.

    Notes
    -----
    O(N t²) for the t non-zeros of the effect in a row of W.
    """
    levels = len(equations.design.random[effect].levels)
    width = equations.layout.random_widths[effect]
    first, last = equations.parts[effect]
    number = equations.number[equations.layout.random_slice(effect)]
    places = equations.columns[:, first:last] - number[0]  # individuals are never left out
    places[equations.columns[:, first:last] < 0] = -1
    information = level_information(
        np.ascontiguousarray(places), np.ascontiguousarray(
            equations.scaled_values[:, first:last]), equations.groups.start,
        equations.design.trait, equations.groups.group, equations.residual.blocks, levels, width)
    away = equations.transposed(equations.residual.weighted(
        equations.design.y - equations.fitted(x)))
    own = equations.random(effect, x)[:levels]
    right = equations.random(effect, away)[:levels] + _times(information, own)
    return RecordsOfLevels(information, right)


@dataclass(frozen=True, eq=False)
class Partition:
    """The parts of the values of one effect.

    Parameters
    ----------
    values : ndarray of float64, shape (q, c)
    parts : mapping of str to ndarray of float64, shape (q, c)
        By the names of :data:`PARTS`.
    weights : mapping of str to ndarray of float64, shape (q, c)
        By the names of :data:`WEIGHTS`: diagonals of the matrices that add up to the identity.
    """

    values: Vector
    parts: dict[str, Vector]
    weights: dict[str, Vector]


def partition(solutions: Solutions, effect: int) -> Partition:
    """Part the values of one random effect.

    ``unsolved`` is what an iterative solver left over.

    Parameters
    ----------
    solutions : Solutions
    effect : int

    Notes
    -----
    O(q c³), a product with K⁻¹, and one pass over the records.
    """
    equations, x = solutions.equations, solutions.unknowns
    told = records_of_levels(equations, effect, x)
    shares = equations.precisions[effect].shares(equations.random(effect, x))
    inverse = equations.covariances[effect].precision
    values = equations.random(effect, x)[:len(told.right)]
    weight = np.sum([share.weight for share in shares.values()], axis=0)
    diagonal = told.information + weight[:, None, None] * inverse
    parts = _solved(diagonal, told.right, shares, inverse)
    rest = values - sum(parts.values())
    if solutions.engine != "conjugate gradients":
        rest[np.abs(rest) <= ROUNDING * np.abs(values).max(initial=0.0)] = 0.0
    parts["unsolved"] = rest
    by_prior = _diagonals(diagonal, np.broadcast_to(inverse, diagonal.shape))
    weights: dict[str, Vector] = {
        kind: share.weight[:, None] * by_prior for kind, share in shares.items()}
    weights["records"] = _diagonals(diagonal, told.information)
    return Partition(values, parts, {name: weights.get(name, np.zeros(values.shape))
                                     for name in WEIGHTS})


def _solved(
    diagonal: Vector, right: Vector, shares: Shares, inverse: Vector
) -> dict[str, Vector]:
    """D⁻¹ of the records and of what each kind of relatives says; 0 for kinds there are not."""
    known: list[Kind] = [kind for kind in KINDS if kind in shares]
    sides = [right, *(shares[kind].value @ inverse for kind in known)]
    found = np.linalg.solve(diagonal, np.stack(sides, axis=2))
    by_name = dict(zip(("records", *known), np.moveaxis(found, 2, 0), strict=True))
    return {name: by_name.get(name, np.zeros(right.shape)) for name in PARTS[:-1]}


def _diagonals(diagonal: Vector, right: Vector) -> Vector:
    """diag(D⁻¹R) of each individual, shape (q, c)."""
    return np.diagonal(np.linalg.solve(diagonal, right), axis1=1, axis2=2)


def _times(blocks: Vector, x: Vector) -> Vector:
    return np.asarray(np.einsum("qij,qj->qi", blocks, x))


def partition_table(solutions: Solutions) -> pd.DataFrame:
    """One row per individual × component × trait of every effect with a relationship of its own.

    Returns
    -------
    DataFrame
        effect, component, trait, individual, breeding_value, the :data:`PARTS` and
        ``weight_…`` of the :data:`WEIGHTS`; in the order of the breeding values.
    """
    equations, tables = solutions.equations, []
    for effect, term in enumerate(equations.design.random):
        precision = equations.precisions[effect]
        if not precision.of_individuals:
            continue
        found = partition(solutions, effect)
        for k, (component, trait) in enumerate(term.cells()):
            tables.append(with_clones(pd.DataFrame({
                "effect": term.name, "component": component,
                "trait": equations.design.traits[trait],
                "individual": term.levels.to_series(), "breeding_value": found.values[:, k],
                **{name: found.parts[name][:, k] for name in PARTS},
                **{f"weight_{name}": found.weights[name][:, k] for name in WEIGHTS}}),
                term.levels, precision))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
