"""The result of a run, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Breeding values and everything that belongs to them.

    Parameters
    ----------
    title : str
        Heading of the run.
    settings : mapping
        The run as understood, defaults filled in: plain values, the shape of the run file.
    breeding_values : DataFrame
        effect, component, trait, individual, breeding_value, se, reliability, accuracy,
        inbreeding, records; one row per individual × component × trait of every effect that
        carries a relationship among individuals. se … accuracy are NaN when not computed.
    solutions : DataFrame
        effect, component, trait, level, estimate, se, status; fixed effects have an empty
        component; status is empty, or says why an estimate is zero (``reference``, …).
    variances : DataFrame
        effect, component_1, trait_1, component_2, trait_2, estimate, se, status.
    genetic_parameters : DataFrame
        parameter, effect, trait_1, trait_2, estimate, se.
    individuals : DataFrame
        individual, sire, dam, sex, birth_year, generation, inbreeding, listed, and the columns
        carried along from the pedigree; empty when no effect has a pedigree.
    summary : mapping
        The values of summary.json.
    residuals : DataFrame
        record, trait, observed, fitted, residual and what tells outliers and influence; empty
        when not asked for.
    partition : DataFrame
        effect, component, trait, individual, breeding_value, the parts that add up to it and
        their weights (:mod:`breedeval.evaluation.partition`); empty when not asked for.
    deregressed_proofs, yield_deviations : DataFrame
        For onward use (:mod:`breedeval.evaluation.deregression`,
        :mod:`breedeval.evaluation.yield_deviations`); empty when not asked for.
    fixed_tests : DataFrame
        effect, trait, kind, numerator_df, f, denominator_df, p_value, method; empty where
        variances were given.
    curves : DataFrame
        effect, component, trait, covariate, value, quantity, estimate, se: variances and
        heritability along the covariate of a random regression.
    profiles : DataFrame
        parameter, value, log_likelihood; of the parameters that were asked for.
    variance_parameters : DataFrame
        parameter, estimate, se, status, and what the boundary says; empty where given.
    sampling_covariance : DataFrame
        Of the parameters: the inverse of the average information, rows and columns by name.
    genotype_quality : DataFrame
        what, name, reason, value, limit, other, removed: markers and individuals that quality
        control left out, and what else it found.
    validation : DataFrame
        model, compared_with, trait, repeat, fold, statistic, estimate, lower, upper, individuals,
        records; empty when not asked for.
    validation_predictions : DataFrame
        model, trait, repeat, fold, individual, record, observed, corrected, predicted, whole.
    marker_effects, marker_windows : DataFrame
        One row a marker, and a window of markers, of each cell of an effect; empty when not asked
        for (:mod:`breedeval.evaluation.marker_tables`).
    principal_components : DataFrame
        relationship, individual, component_1, …: scores on the first principal components of
        genomic relationships.
    decisions : mapping of str to DataFrame
        Tables of what is decided, by the name of their file: selection, index, trend, ….
    coancestry : mapping of str to object
        That among the candidates of a selection in few numbers, in the order of its table, for the
        page; empty without one.
    arrays : mapping of file name to mapping of str to ndarray
        Numbers that are kept for other programs of ours, such as later predictions.
    """

    title: str
    settings: Mapping[str, Any]
    breeding_values: pd.DataFrame
    solutions: pd.DataFrame
    variances: pd.DataFrame
    genetic_parameters: pd.DataFrame
    individuals: pd.DataFrame
    summary: Mapping[str, Any]
    residuals: pd.DataFrame = field(default_factory=pd.DataFrame)
    partition: pd.DataFrame = field(default_factory=pd.DataFrame)
    deregressed_proofs: pd.DataFrame = field(default_factory=pd.DataFrame)
    yield_deviations: pd.DataFrame = field(default_factory=pd.DataFrame)
    fixed_tests: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    profiles: pd.DataFrame = field(default_factory=pd.DataFrame)
    variance_parameters: pd.DataFrame = field(default_factory=pd.DataFrame)
    sampling_covariance: pd.DataFrame = field(default_factory=pd.DataFrame)
    genotype_quality: pd.DataFrame = field(default_factory=pd.DataFrame)
    validation: pd.DataFrame = field(default_factory=pd.DataFrame)
    validation_predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    marker_effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    marker_windows: pd.DataFrame = field(default_factory=pd.DataFrame)
    principal_components: pd.DataFrame = field(default_factory=pd.DataFrame)
    decisions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    coancestry: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
