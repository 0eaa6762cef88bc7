"""Heritability, repeatability, variance ratios and correlations from the (co)variances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.model.design import RandomTerm

COLUMNS = ["parameter", "effect", "component_1", "trait_1", "component_2", "trait_2", "estimate"]
Row = tuple[str, str, str, str, str, str, float]


def genetic_parameters_table(equations: Equations) -> pd.DataFrame:
    """Ratios to the phenotypic variance, and correlations among components and traits.

    σ²p is the variance of a record of a non-inbred individual with weight 1: the sum of all
    variances, and of the covariance between an individual's own and its parent's component, which
    have a relationship of ½ (Willham 1963). Heritability is σ²ₐ/σ²p of the components of an
    effect whose solutions are breeding values; repeatability adds the effects given by the same
    column. Where a component is a regression, variances change along the covariate and ratios are
    left out.
    """
    rows: list[Row] = []
    for trait, name in enumerate(equations.design.traits):
        total = _phenotypic_variance(equations, trait)
        if total is not None:
            rows.append(("phenotypic_variance", "", "", name, "", name, total))
            rows += _ratios(equations, trait, total)
    rows += _correlations(equations)
    return pd.DataFrame(rows, columns=COLUMNS).assign(se=np.nan)


def _correlations(equations: Equations) -> list[Row]:
    design, rows = equations.design, []
    matrices = [(term.name, [(name, design.traits[trait]) for name, trait in term.cells()],
                 covariance.matrix)
                for term, covariance in zip(design.random, equations.covariances, strict=True)]
    for label, covariance in zip(
            design.residual.levels, equations.variances.residual, strict=True):
        name = f"residual[{label}]" if label else "residual"
        matrices.append(("residual", [(name, trait) for trait in design.traits],
                         covariance.matrix))
    for effect, cells, matrix in matrices:
        root = np.sqrt(np.diagonal(matrix))
        rows += [("correlation", effect, *cells[i], *cells[j],
                  float(matrix[i, j] / (root[i] * root[j])))
                 for i in range(len(cells)) for j in range(i)]
    return rows


def _phenotypic_variance(equations: Equations, trait: int) -> float | None:
    """None where it differs among records: regressions, sums over columns, residual classes."""
    if len(equations.variances.residual) > 1 or equations.variances.slopes.size:
        return None
    total = float(equations.variances.residual[0].matrix[trait, trait])
    for effect, term in enumerate(equations.design.random):
        if trait not in term.traits:
            continue
        if any(len(component.coefficients) > 1 or (component.values != 1).any()
               or component.codes.shape[1] > 1 for component in term.components):
            return None
        matrix = _of_trait(equations, effect, trait)
        total += float(np.trace(matrix))
        for i in range(len(term.components)):
            total += sum(2 * _relationship(equations, effect, i, j) * float(matrix[i, j])
                         for j in range(i))
    return total


def _of_trait(equations: Equations, effect: int, trait: int) -> np.ndarray:
    """Σ among the components of one trait."""
    cells = equations.design.random[effect].cells()
    own = [k for k, (_, other) in enumerate(cells) if other == trait]
    return equations.covariances[effect].matrix[np.ix_(own, own)]


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


def _ratios(equations: Equations, trait: int, total: float) -> list[Row]:
    design, rows = equations.design, []
    label = design.traits[trait]
    for effect, term in enumerate(design.random):
        if trait not in term.traits:
            continue
        genetic = equations.precisions[effect].additive
        matrix = _of_trait(equations, effect, trait)
        for k, name in enumerate(term.coefficients()):
            kind = "heritability" if genetic else "variance_ratio"
            rows.append((kind, term.name, name, label, name, label, float(matrix[k, k]) / total))
        same = [other for other, candidate in enumerate(design.random)
                if other != effect and trait in candidate.traits and _same_levels(term, candidate)]
        if genetic and same:
            together = float(matrix[0, 0]) + sum(
                float(_of_trait(equations, other, trait)[0, 0]) for other in same)
            name = term.coefficients()[0]
            rows.append(("repeatability", term.name, name, label, name, label, together / total))
    return rows


def _same_levels(one: RandomTerm, other: RandomTerm) -> bool:
    """Whether two effects have the same individual in (nearly) every record."""
    a, b = one.components[0].codes[:, 0], other.components[0].codes[:, 0]
    if len(other.components) > 1 or (a < 0).any() or (b < 0).any():
        return False
    pairs = np.unique(np.stack([a, b]), axis=1).shape[1]
    return bool(pairs == np.unique(a).size == np.unique(b).size and pairs < a.size)
