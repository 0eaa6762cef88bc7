"""Decisions of a run: who is selected, how much they are used, and what that will do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions
from breedeval.selection.generations import mean_interval
from breedeval.selection.ranking import Ranking
from breedeval.selection.truncation import best, equal_contributions
from breedeval.solve import Factor
from breedeval.workflow.candidacy import Candidacy, find_candidacy, goal, rank
from breedeval.workflow.coancestry import coancestry_among
from breedeval.workflow.decided import Decisions
from breedeval.workflow.ladder import Run
from breedeval.workflow.mating import mate
from breedeval.workflow.selection_plan import Plan
from breedeval.workflow.selection_tables import (
    Scheme,
    facts,
    index_table,
    selection_table,
)

Vector = NDArray[np.float64]


def decide(
    plan: Plan, run: Run, solutions: Solutions, factor: Factor | None, step: Step
) -> Decisions:
    """Rank, select, and say what it is expected to do.

    Parameters
    ----------
    plan : Plan
    run : Run
        Its findings receive warnings.
    solutions : Solutions
    factor : Factor or None
        Of the equations, where they were factorised.
    step : callable
        Told what begins.

    Raises
    ------
    MisfitError
        When nobody is a candidate, or the index does not exist.
    """
    step("Index and candidates")
    among = find_candidacy(plan, run, solutions, factor)
    schemes = [Scheme("index", among.goal, among.ranking, _shares(plan, among, among.ranking))]
    for name, weights in plan.settings.index.alternatives.items():
        aim = goal(plan, among.criteria, weights)
        ranking = rank(
            plan, solutions, among.criteria, aim, among.mask, among.sexes).among(among.mask)
        schemes.append(Scheme(name, aim, ranking, _shares(plan, among, ranking)))
    interval = mean_interval(run.inputs.pedigree)
    tables = {"selection": selection_table(among, schemes[0].shares),
              "index": index_table(among, schemes, interval)}
    summary = {"selection": facts(among, schemes[0], interval)}
    if plan.settings.mating is not None:
        mated = mate(plan, run, solutions, among, schemes[0].shares,
                     coancestry_among(among, solutions.equations), step)
        tables["matings"], summary["mating"] = mated.table, mated.facts
    return Decisions(tables, summary)


def _shares(plan: Plan, among: Candidacy, ranking: Ranking) -> Vector:
    """Contributions of everybody: the best by the index, used alike."""
    select, index = plan.settings.select, ranking.values
    if select is None:
        selected = among.mask
    elif not select.by_sex:
        assert select.individuals is not None
        selected = best(index, among.mask, select.individuals)
    else:
        wanted = {"female": select.females, "male": select.males}
        chosen = [best(index, among.sexes[sex], count)
                  for sex, count in wanted.items() if count is not None]
        selected = np.logical_or.reduce(chosen)
    return equal_contributions(selected, among.sexes)


