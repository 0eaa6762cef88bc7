"""Two evaluations side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from breedeval.comparison.differences import (
    fixed_effect_differences,
    input_differences,
    parameter_differences,
    settings_differences,
    summary_differences,
    variance_differences,
)
from breedeval.comparison.likelihood import LikelihoodTest, compare_likelihoods
from breedeval.comparison.limits import Limits, Verdict, judge
from breedeval.comparison.movement import AGREEMENT, Pairs, agreement, by_records, moved_most, pairs
from breedeval.comparison.reasons import Evidence, Reason, find_reasons
from breedeval.comparison.results import TRAIT_KEY, Results
from breedeval.comparison.sources import by_group, by_source, changes_of, with_changes


@dataclass(frozen=True, eq=False)
class Comparison:
    """What moved between two evaluations, and why.

    Parameters
    ----------
    old, new : str
        The folders.
    likelihood : LikelihoodTest
        What the likelihoods say of the two models.
    agreement : DataFrame
        One row an effect × component × trait: common, only_old, only_new, correlation,
        rank_correlation, intercept and slope of new on old, means, spreads, largest_change,
        mean reliabilities.
    by_records : DataFrame
        effect, component, trait, group (more, fewer or same records), individuals,
        records_change, mean_change, moved (root mean square beyond the mean change of all).
    moved_most : DataFrame
        The individuals that moved most beyond the mean change: old, new, change, beyond_mean,
        rank, reliability and records in both, and ``change_…`` of the parts that the value is the
        sum of; these are NaN where a run wrote none.
    by_source : DataFrame
        What moved all individuals: effect, component, trait, source, individuals, mean_change,
        moved (root mean square), share of the variance of the changes.
    by_group : DataFrame
        Means, spread and correlation of groups of individuals; empty when not asked for.
    variances, genetic_parameters : DataFrame
        The key, old, new, their standard errors se_old and se_new (NaN where they were given),
        change; of genetic parameters only those that differ.
    fixed_effects : DataFrame
        effect, trait, common, only_old, only_new, mean_change, sd_change, largest_change, level.
    settings : DataFrame
        path, old, new of every setting that differs.
    inputs : DataFrame
        role, path_old, path_new, state (same, changed, only old, only new).
    summary : DataFrame
        quantity, old, new of what differs in the summaries.
    reasons : tuple of Reason
        Empty when nothing differs.
    verdict : Verdict or None
        Where there are limits.
    """

    old: str
    new: str
    likelihood: LikelihoodTest
    agreement: pd.DataFrame
    by_records: pd.DataFrame
    moved_most: pd.DataFrame
    by_source: pd.DataFrame
    by_group: pd.DataFrame
    variances: pd.DataFrame
    genetic_parameters: pd.DataFrame
    fixed_effects: pd.DataFrame
    settings: pd.DataFrame
    inputs: pd.DataFrame
    summary: pd.DataFrame
    reasons: tuple[Reason, ...]
    verdict: Verdict | None = None


def compare(
    old: Results, new: Results, *, old_settings: Mapping[str, Any],
    new_settings: Mapping[str, Any], shown: int = 20, by: Sequence[str] = (),
    limits: Limits | None = None,
) -> Comparison:
    """Compare two evaluations.

    Parameters
    ----------
    old, new : Results
    old_settings, new_settings : mapping
        Their run files as plain values.
    shown : int
        Individuals listed among those that moved most, for each effect, component and trait.
    by : sequence of str
        Columns of ``individuals.csv`` by whose groups means and spread are told.
    limits : Limits, optional
        What the new evaluation must keep.

    Raises
    ------
    InputError
        When there is no such column.

    Notes
    -----
    O(n log n) in the number of breeding values.
    """
    matched = list(pairs(old.breeding_values, new.breeding_values))
    common = [pair for pair in matched if len(pair.old)]
    agreed = pd.DataFrame([agreement(pair) for pair in matched], columns=AGREEMENT)
    records = pd.DataFrame([row for pair in common for row in by_records(pair)],
                           columns=["effect", "component", "trait", "group", "individuals",
                                    "records_change", "mean_change", "moved"])
    evidence = Evidence(
        agreed, records, variance_differences(old.variances, new.variances),
        settings_differences(old_settings, new_settings), input_differences(old, new),
        summary_differences(old, new), max(map(_inbreeding_changed, common), default=0))
    changes = changes_of(old, new)
    return Comparison(
        old=old.label, new=new.label,
        likelihood=compare_likelihoods(old, new, old_settings, new_settings),
        agreement=agreed, by_records=records,
        moved_most=with_changes(_listed(common, shown), changes),
        by_source=by_source(changes), by_group=by_group(common, old, new, by),
        variances=evidence.variances,
        genetic_parameters=parameter_differences(old.genetic_parameters, new.genetic_parameters),
        fixed_effects=fixed_effect_differences(old, new), settings=evidence.settings,
        inputs=evidence.inputs, summary=evidence.summary, reasons=find_reasons(evidence),
        verdict=None if limits is None else judge(
            matched, limits, str(new.summary.get("status", ""))))


def _listed(common: list[Pairs], shown: int) -> pd.DataFrame:
    tables = [moved_most(pair, shown) for pair in common]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=TRAIT_KEY)


def _inbreeding_changed(pair: Pairs) -> int:
    """Individuals whose F differs by more than the files' digits; NaN equals NaN."""
    one, other = (table["inbreeding"].to_numpy(np.float64) for table in (pair.old, pair.new))
    return int((~np.isclose(one, other, rtol=0, atol=1e-9, equal_nan=True)).sum())
