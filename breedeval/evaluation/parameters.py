"""Heritability, repeatability, variance ratios and correlations, with their standard errors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.evaluation.intervals import scale_of, with_intervals
from breedeval.evaluation.phenotype import Kind, effect_parts, have_one_level, shares
from breedeval.evaluation.strata import covariate_ranges, make_strata
from breedeval.evaluation.tables import matrix_cells
from breedeval.variance.delta import SENSIBLE, Quantities, Sampling, joined, lower_cells

COLUMNS = ["parameter", "effect", "component_1", "trait_1", "component_2", "trait_2", "estimate",
           "se", "lower", "upper"]
LABELS = COLUMNS[:-4]
VARIANCES = ("phenotypic_variance", "phenotypic_covariance")
Rows = Iterator[tuple[tuple[str, str, str, str, str, str], Quantities]]


def genetic_parameters_table(
    equations: Equations, sampling: Sampling | None = None
) -> pd.DataFrame:
    """Ratios to the phenotypic variance, and correlations among components and traits.

    σ²p is the variance of a record of a non-inbred individual with weight 1; where it differs
    among classes of records, each has its own. A trait whose variances change along a covariate,
    or with the number of individuals that a record is a sum over, has no single σ²p, and no ratios
    here (:func:`breedeval.evaluation.curves.curves_table`).

    Parameters
    ----------
    equations : Equations
        At the variances.
    sampling : Sampling, optional
        Without it, for given variances, ``se`` is NaN.

    Returns
    -------
    DataFrame
        parameter, effect, component_1, trait_1, component_2, trait_2, estimate, se, lower, upper
        (:mod:`breedeval.evaluation.intervals`).
    """
    kinds = _kinds(equations)
    rows = [*_of_traits(kinds), *_of_pairs(kinds), *_correlations(equations)]
    frame = pd.DataFrame([label for label, _ in rows], columns=LABELS)
    found = joined([quantity for _, quantity in rows], equations.variances)
    of_variances = frame["parameter"].isin(VARIANCES).to_numpy()
    errors = np.where(of_variances, found.errors(sampling), found.errors(sampling, SENSIBLE))
    return with_intervals(frame.assign(estimate=found.values, se=errors),
                          [scale_of(parameter) for parameter in frame["parameter"]])


def _kinds(equations: Equations) -> dict[int, list[Kind]]:
    """Kinds of records of every trait whose variance is the same within a stratum."""
    design, effects = equations.design, effect_parts(equations)
    return {trait: [Kind(equations, effects, stratum, {}) for stratum in make_strata(design, trait)]
            for trait in range(len(design.traits))
            if have_one_level(effects, trait) and not covariate_ranges(design, trait)}


def _of_traits(kinds: dict[int, list[Kind]]) -> Rows:
    for trait, own in kinds.items():
        for kind in own:
            name, record = kind.equations.design.traits[trait], kind.phenotype
            total = kind.total(trait, trait)
            yield ("phenotypic_variance", "", record, name, record, name), total
            for share in shares(kind, trait):
                one, other = (kind.stratum.name(share.effect.part_name(part))
                              for part in share.parts)
                yield ((share.parameter, share.effect.term.name, one, name, other, name),
                       share.values)


def _of_pairs(kinds: dict[int, list[Kind]]) -> Rows:
    for trait, own in kinds.items():
        for other in range(trait):
            labels = {kind.stratum.label for kind in kinds.get(other, [])}
            for kind in own:
                if kind.stratum.label not in labels:
                    continue
                traits, record = kind.equations.design.traits, kind.phenotype
                between = ("", record, traits[trait], record, traits[other])
                covariance = kind.total(trait, other)
                yield ("phenotypic_covariance", *between), covariance
                yield ("phenotypic_correlation", *between), covariance.over(
                    kind.total(trait, trait), kind.total(other, other))


def _correlations(equations: Equations) -> Rows:
    """Among the components and traits of every effect, and the traits of the residual."""
    for number, (effect, labels) in enumerate(matrix_cells(equations)):
        cells = lower_cells(equations.variances, number)
        rows, columns = np.tril_indices(len(labels))
        variances = cells[rows == columns]
        found = cells.over(variances[rows], variances[columns])
        for k in np.flatnonzero(rows != columns).tolist():
            yield ("correlation", effect, *labels[rows[k]], *labels[columns[k]]), found[[k]]
