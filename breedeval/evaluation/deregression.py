"""Deregressed proofs: what is known of an individual beyond its parents, as a record with a weight.

A value û with its error variance, and the parent average with its own, are those of two equations
in units of σ²ₑ, with λ = (1 − h²)/h², Mendelian variance d and the variance v of the parents'
average,

    [ x + λ(1/v + 1/d)   −λ/d    ] [ PA ]   [ x y_PA ]
    [ −λ/d               z + λ/d ] [ û  ] = [ z y    ].

With e and e_PA the error variances of û and PA in units of σ²ᵤ, the diagonal of the inverse gives

    z = λ (1 + √(1 + 4 e e_PA/d²))/(2e) − λ/d,       y = ((z + λ/d) û − (λ/d) PA)/z.

z is what is known beyond the parents in records of its own (effective record contributions), y the
deregressed proof, and its reliability is z/(z + λ). For v = d = ½ these are the equations of
Garrick et al.; here d and v are those of the individual, inbreeding and unknown parents included.
In an analysis of proofs whose markers leave a share c of σ²ᵤ unexplained a proof has the weight
w = λ/(c + λ/z), which is z for c = 0.

References
----------
Garrick, Taylor & Fernando (2009), Genet. Sel. Evol. 41:55.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.tables import with_clones
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import Precision
from breedeval.relationship.single_step import SingleStep
from breedeval.relationship.single_step_core import SingleStepCore

Vector = NDArray[np.float64]

NOTHING = 1e-6
"""Record contributions at and below which there is nothing beyond the parents."""
COLUMNS = ["effect", "component", "trait", "individual", "breeding_value", "reliability",
           "parent_average", "deregressed_proof", "proof_reliability", "record_contributions",
           "weight"]


@dataclass(frozen=True, eq=False)
class Proofs:
    """Deregressed proofs, NaN where nothing is known beyond the parents.

    Parameters
    ----------
    proof, reliability, contributions, weight : ndarray of float64, shape (q,)
    """

    proof: Vector
    reliability: Vector
    contributions: Vector
    weight: Vector


@dataclass(frozen=True, eq=False)
class Family:
    """Parents of individuals, as far as they are known.

    Parameters
    ----------
    average : ndarray of float64, shape (q,)
        PA; unknown parents add the solution of their group, or 0.
    error : ndarray of float64, shape (q,)
        e_PA, from those of the known parents, as if independent.
    mendelian : ndarray of float64, shape (q,)
        d.
    """

    average: Vector
    error: Vector
    mendelian: Vector


def deregress(
    value: Vector, error: Vector, family: Family, ratio: float, unexplained: float = 0.0
) -> Proofs:
    """Take the parents out of breeding values.

    Parameters
    ----------
    value : ndarray of float64, shape (q,)
        û.
    error : ndarray of float64, shape (q,)
        e.
    family : Family
    ratio : float
        λ.
    unexplained : float
        c.
    """
    within = family.mendelian
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(1.0 + 4.0 * error * family.error / within**2)
        z = ratio * (1.0 + root) / (2.0 * error) - ratio / within
        z = np.where(np.isfinite(z) & (z > NOTHING), z, np.nan)
        proof = ((z + ratio / within) * value - ratio / within * family.average) / z
        return Proofs(proof, z / (z + ratio), z, ratio / (unexplained + ratio / z))


def family_of(precision: Precision, values: Vector, error: Vector) -> Family:
    """PA, its error variance, and Mendelian variances; nobody has parents without a pedigree.

    Parameters
    ----------
    precision : Precision
    values : ndarray of float64, shape (q + g,)
        Solutions of the individuals, and then of groups.
    error : ndarray of float64, shape (q,)
        Error variances in units of σ²ᵤ.
    """
    numerator = numerator_of(precision)
    if numerator is None:
        nothing = np.zeros(error.size)
        return Family(nothing, nothing, precision.variance)
    pedigree = numerator.pedigree
    average, apart = np.zeros(error.size), np.zeros(error.size)
    for parent, group in ((pedigree.sire, pedigree.sire_group),
                          (pedigree.dam, pedigree.dam_group)):
        known = parent >= 0
        average[known] += 0.5 * values[parent[known]]
        apart[known] += 0.25 * error[parent[known]]
        grouped = ~known & (group >= 0)
        average[grouped] += 0.5 * values[error.size + group[grouped]]
    return Family(average, apart, numerator.mendelian)


def numerator_of(precision: Precision) -> Numerator | None:
    """A⁻¹ behind a relationship, if any."""
    if isinstance(precision, SingleStep | SingleStepCore):
        return precision.numerator
    return precision if isinstance(precision, Numerator) else None


def deregressed_proofs_table(
    solutions: Solutions, parameters: pd.DataFrame, unexplained: float = 0.0
) -> pd.DataFrame:
    """Deregressed proofs of every additive effect, of those of whom anything is known.

    Parameters
    ----------
    solutions : Solutions
        With error variances.
    parameters : DataFrame
        Genetic parameters, for h²: traits whose variances change along a covariate have none, and
        no proofs.
    unexplained : float
        c.

    Returns
    -------
    DataFrame
        The :data:`COLUMNS`.
    """
    if solutions.error_variance is None:
        return pd.DataFrame(columns=COLUMNS)
    tables = [table for effect in range(len(solutions.equations.precisions))
              for table in _of_effect(solutions, effect, parameters, unexplained)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _of_effect(
    solutions: Solutions, effect: int, parameters: pd.DataFrame, unexplained: float
) -> Iterator[pd.DataFrame]:
    equations = solutions.equations
    precision, term = equations.precisions[effect], equations.design.random[effect]
    if not (precision.of_individuals and precision.additive):
        return
    assert solutions.error_variance is not None
    q = len(term.levels)
    values = solutions.random(effect, solutions.estimates)
    errors = solutions.random(effect, solutions.error_variance)[:q]
    for k, (component, trait) in enumerate(term.cells()):
        name = equations.design.traits[trait]
        share = _share(parameters, term.name, component, name)
        if share is None:
            continue
        variance = float(equations.covariances[effect].matrix[k, k])
        error = errors[:, k] / variance
        family = family_of(precision, values[:, k], error)
        found = deregress(values[:q, k], error, family, (1.0 - share) / share, unexplained)
        table = with_clones(pd.DataFrame({
            "effect": term.name, "component": component, "trait": name,
            "individual": term.levels.to_series(), "breeding_value": values[:q, k],
            "reliability": 1.0 - error / precision.variance, "parent_average": family.average,
            "deregressed_proof": found.proof, "proof_reliability": found.reliability,
            "record_contributions": found.contributions, "weight": found.weight}),
            term.levels, precision)
        yield table[table["deregressed_proof"].notna()]


def _share(parameters: pd.DataFrame, effect: str, component: str, trait: str) -> float | None:
    """Heritability, or the share of the variance where it is not called so."""
    found = parameters[
        parameters["parameter"].isin(["heritability", "variance_ratio"])
        & (parameters["effect"] == effect) & (parameters["component_1"] == component)
        & (parameters["component_2"] == component) & (parameters["trait_1"] == trait)]["estimate"]
    return float(found.iloc[0]) if len(found) == 1 and 0.0 < found.iloc[0] < 1.0 else None


def without_proofs(equations: Equations, parameters: pd.DataFrame) -> list[str]:
    """Effects and traits that have breeding values, and no single heritability."""
    return [f"{term.name} {equations.design.traits[trait]}"
            for term, precision in zip(equations.design.random, equations.precisions, strict=True)
            if precision.of_individuals and precision.additive
            for component, trait in term.cells()
            if _share(parameters, term.name, component, equations.design.traits[trait]) is None]
