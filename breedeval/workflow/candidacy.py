"""Who may be selected, and the index that they are ranked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.evaluation.criteria import Criteria, make_criteria
from breedeval.evaluation.own_performance import own_performance, own_traits
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.systems import System
from breedeval.evaluation.tables import breeding_values_table
from breedeval.model.form import Misfit, MisfitError
from breedeval.selection.candidates import (
    SEXES,
    Rules,
    sexes_of,
    with_sexes,
)
from breedeval.selection.conditions import ConditionError
from breedeval.selection.index import NoIndexError
from breedeval.selection.ranking import (
    Goal,
    Ranking,
    goal_of,
    rank_by_breeding_values,
    rank_by_phenotypes,
)
from breedeval.selection.responses import covariance_within
from breedeval.workflow.attributes import attributes_of
from breedeval.workflow.ladder import Run
from breedeval.workflow.selection_plan import WHERE, Plan, candidates, misfit_of, nobody

Mask = NDArray[np.bool_]
LATE = frozenset({"index", "accuracy", "reliability"})
"""Columns that are known only when there is an index."""
EVERYBODY = "all"
"""The one group of candidates where sexes are not told apart."""


@dataclass(frozen=True, eq=False)
class Candidacy:
    """Everybody who has the criteria, and who of them may be selected.

    Parameters
    ----------
    frame : DataFrame
        individual, attributes, records, inbreeding, the criteria, index, accuracy, reliability.
    criteria : Criteria
    ranking : Ranking
    goal : Goal
    mask : ndarray of bool
        The candidates.
    sexes : mapping of str to ndarray of bool
        Candidates of each sex; of one group where sexes are not told apart.
    left_out : mapping of str to int
        By each rule in turn.
    sources : tuple of str
        What the index is computed from: the criteria, or traits with phenotypes.
    """

    frame: pd.DataFrame
    criteria: Criteria
    ranking: Ranking
    goal: Goal
    mask: Mask
    sexes: Mapping[str, Mask]
    left_out: Mapping[str, int]
    sources: tuple[str, ...]


def find_candidacy(
    plan: Plan, run: Run, solutions: Solutions, system: System | None
) -> Candidacy:
    """Everybody with the criteria, ranked, and who of them are candidates."""
    criteria = make_criteria(solutions, plan.names, plan.cells, system)
    frame = _with_sexes(_frame(plan, run, solutions, criteria), plan.rules)
    early = Rules({text: one for text, one in plan.rules.conditions.items()
                   if not LATE.intersection(one.columns())},
                  plan.rules.include, plan.rules.exclude)
    mask = candidates(frame, early).mask
    aim = goal(plan, criteria)
    try:
        ranking = rank(plan, solutions, criteria, aim, mask, _sexes(plan, frame, mask))
    except NoIndexError as error:
        raise MisfitError(Misfit(("selection", "index"), error.found, "", error.remedy)) from None
    frame = frame.assign(index=ranking.values, accuracy=ranking.accuracy,
                         reliability=ranking.accuracy**2)
    found = candidates(frame, plan.rules)
    mask = found.mask & np.isfinite(ranking.values)
    left_out = dict(found.left_out)
    if (without := int((found.mask & ~mask).sum())):
        left_out["without phenotypes"] = without
    sexes = _sexes(plan, frame, mask)
    if plan.settings.select is None or plan.settings.select.by_sex:
        unsexed = int((mask & ~np.logical_or.reduce(list(sexes.values()))).sum())
        if unsexed:
            left_out["of unknown sex"] = unsexed
            mask = np.logical_or.reduce(list(sexes.values()))
    _check_enough(plan, mask, sexes, left_out)
    sources = criteria.names
    if plan.settings.index.of_phenotypes:
        sources = own_traits(solutions, criteria)
    return Candidacy(frame, criteria, ranking.among(mask), aim, mask, sexes, left_out, sources)


def _with_sexes(frame: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    try:
        return with_sexes(frame, rules)
    except ConditionError as error:
        raise MisfitError(misfit_of(WHERE[:-1], error)) from None


def _frame(
    plan: Plan, run: Run, solutions: Solutions, criteria: Criteria
) -> pd.DataFrame:
    """Individuals with attributes and criteria."""
    cell = plan.cells[0][0]
    frame = attributes_of(run, criteria.individuals, plan.columns, solutions.equations.design, cell)
    table = breeding_values_table(solutions)
    effect, component, trait = cell.names
    own = table[(table["effect"] == effect) & (table["component"] == component)
                & (table["trait"] == trait)].drop_duplicates("individual").set_index("individual")
    own = own.reindex(frame["individual"])
    frame["inbreeding"] = own["inbreeding"].to_numpy()
    frame["records"] = own["records"].to_numpy()
    for k, name in enumerate(criteria.names):
        frame[name] = criteria.values[:, k]
    return frame


def goal(plan: Plan, criteria: Criteria, weights: dict[str, float] | None = None) -> Goal:
    """What the index is for; with other weights, of one of the alternatives."""
    index = plan.settings.index
    unit = (np.sqrt(np.diagonal(criteria.genetic)) if index.standardise
            else np.ones(len(criteria.names)))
    return goal_of(criteria.names, weights or index.given,
                   wanted=index.form == "desired_gains" and weights is None,
                   held=index.restricted, unit=unit)


def rank(
    plan: Plan, solutions: Solutions, criteria: Criteria, aim: Goal, mask: Mask,
    sexes: Mapping[str, Mask],
) -> Ranking:
    """The index of everybody who has the criteria."""
    if plan.settings.index.of_phenotypes:
        own = own_performance(solutions, criteria)
        return rank_by_phenotypes(own.means, own.together, own.variance, own.covariance, aim,
                                  criteria.genetic, mask)
    reliable = None
    if criteria.errors is not None:
        reliable = criteria.genetic - criteria.errors / criteria.scale[:, None, None]
    spread = covariance_within(criteria.values, sexes)
    return rank_by_breeding_values(criteria.values, aim, spread, criteria.genetic, reliable)


def _sexes(plan: Plan, frame: pd.DataFrame, mask: Mask) -> dict[str, Mask]:
    """Candidates by sex; all together where sexes are not told apart."""
    select = plan.settings.select
    known = "sex" in frame and frame["sex"].isin(SEXES).any()
    if (select is not None and not select.by_sex) or not known:
        return {EVERYBODY: mask}
    return {sex: mask & own for sex, own in sexes_of(frame).items()}


def _check_enough(
    plan: Plan, mask: Mask, sexes: Mapping[str, Mask], left_out: Mapping[str, int]
) -> None:
    """Refuse a selection without candidates, or by a sex that nobody has."""
    if not mask.any():
        raise nobody(left_out)
    reasons = "; ".join(f"{count:,} {words}" for words, count in left_out.items() if count)
    select = plan.settings.select
    if select is None or not select.by_sex:
        return
    for sex, wanted in (("female", select.females), ("male", select.males)):
        if wanted and EVERYBODY in sexes:
            raise MisfitError(Misfit(
                ("selection", "select", f"{sex}s"), "no individual has a known sex",
                "Expected a pedigree, or a column 'sex'",
                "Give one number for all: 'select: 30'"))
        if wanted and not sexes[sex].any():
            raise MisfitError(Misfit(
                ("selection", "select", f"{sex}s"), f"there is no {sex} candidate"
                + (f" ({reasons})" if reasons else ""), f"Expected up to {wanted:,}",
                f"Widen the conditions, or remove '{sex}s'"))


