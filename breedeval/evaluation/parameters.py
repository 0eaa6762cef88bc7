"""Heritability, repeatability, variance ratios and correlations from the (co)variances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.model.design import RandomTerm

COLUMNS = ["parameter", "effect", "component_1", "trait_1", "component_2", "trait_2", "estimate"]


def genetic_parameters_table(equations: Equations) -> pd.DataFrame:
    """Ratios to the phenotypic variance, and correlations among components.

    σ²p is the variance of a record of a non-inbred individual with weight 1: the sum of all
    variances, and of the covariance between an individual's own and its parent's component, which
    have a relationship of ½ (Willham 1963). Heritability is σ²ₐ/σ²p of the first component of an
    effect with a relationship; repeatability adds the effects given by the same column. Where a
    component is a regression, variances change along the covariate and ratios are left out.
    """
    trait = equations.design.trait
    rows: list[tuple[str, str, str, str, str, str, float]] = []
    total = _phenotypic_variance(equations)
    if total is not None:
        rows.append(("phenotypic_variance", "", "", trait, "", trait, total))
        rows += _ratios(equations, total)
    for term, covariance in zip(equations.design.random, equations.covariances, strict=True):
        names = term.coefficients()
        root = np.sqrt(np.diagonal(covariance.matrix))
        rows += [("correlation", term.name, names[i], trait, names[j], trait,
                  float(covariance.matrix[i, j] / (root[i] * root[j])))
                 for i in range(len(names)) for j in range(i)]
    return pd.DataFrame(rows, columns=COLUMNS).assign(se=np.nan)


def _phenotypic_variance(equations: Equations) -> float | None:
    total = equations.residual
    for effect, term in enumerate(equations.design.random):
        if any(component.values.shape[1] > 1 or (component.values != 1).any()
               or component.codes.shape[1] > 1 for component in term.components):
            return None
        matrix = equations.covariances[effect].matrix
        total += float(np.trace(matrix))
        for i in range(len(term.components)):
            total += sum(2 * _relationship(equations, effect, i, j) * float(matrix[i, j])
                         for j in range(i))
    return total


def _relationship(equations: Equations, effect: int, i: int, j: int) -> float:
    """Relationship between a record's levels in two components: ½ for parent and progeny."""
    precision, term = equations.precisions[effect], equations.design.random[effect]
    one, other = (term.components[k].codes[:, 0] for k in (i, j))
    if (one == other).mean() > 0.5:
        return 1.0
    if precision.pedigree is None:
        return 0.0
    for young, old in ((one, other), (other, one)):
        known = (young >= 0) & (old >= 0)
        young, old = young[known], old[known]
        parents = (precision.pedigree.sire[young] == old) | (precision.pedigree.dam[young] == old)
        if parents.size and parents.mean() > 0.5:
            return 0.5
    return 0.0


def _ratios(
    equations: Equations, total: float
) -> list[tuple[str, str, str, str, str, str, float]]:
    trait, rows = equations.design.trait, []
    for effect, term in enumerate(equations.design.random):
        genetic = equations.precisions[effect].of_individuals
        matrix = equations.covariances[effect].matrix
        for k, name in enumerate(term.coefficients()):
            kind = "heritability" if genetic else "variance_ratio"
            rows.append((kind, term.name, name, trait, name, trait,
                         float(matrix[k, k]) / total))
        if genetic:
            same = [other for other, candidate in enumerate(equations.design.random)
                    if other != effect and _same_levels(term, candidate)]
            if same:
                together = float(matrix[0, 0]) + sum(
                    float(equations.covariances[other].matrix[0, 0]) for other in same)
                name = term.coefficients()[0]
                rows.append(("repeatability", term.name, name, trait, name, trait,
                             together / total))
    return rows


def _same_levels(one: RandomTerm, other: RandomTerm) -> bool:
    """Whether two effects have the same individual in (nearly) every record."""
    a, b = one.components[0].codes[:, 0], other.components[0].codes[:, 0]
    if len(other.components) > 1 or (a < 0).any() or (b < 0).any():
        return False
    pairs = np.unique(np.stack([a, b]), axis=1).shape[1]
    return bool(pairs == np.unique(a).size == np.unique(b).size and pairs < a.size)
