"""Decisions of a run: who is selected, how much they are used, and what that will do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.systems import System
from breedeval.selection.generations import mean_interval
from breedeval.selection.ranking import Ranking
from breedeval.selection.truncation import best, equal_contributions
from breedeval.workflow.candidacy import Candidacy, find_candidacy, goal, rank
from breedeval.workflow.coancestry import coancestry_among
from breedeval.workflow.contributions import Contributed, contribute
from breedeval.workflow.contributions_task import Task, make_task
from breedeval.workflow.decided import Decisions
from breedeval.workflow.ladder import Run
from breedeval.workflow.mating import mate
from breedeval.workflow.relatives import compact_coancestry
from breedeval.workflow.selection_plan import Plan
from breedeval.workflow.selection_tables import (
    Scheme,
    facts,
    index_table,
    selection_table,
)

Vector = NDArray[np.float64]


def decide(
    plan: Plan, run: Run, solutions: Solutions, system: System | None, step: Step
) -> Decisions:
    """Rank, select, and say what it is expected to do.

    Parameters
    ----------
    plan : Plan
    run : Run
        Its findings receive warnings.
    solutions : Solutions
    system : System or None
        What they were solved with, where that can solve more.
    step : callable
        Told what begins.

    Raises
    ------
    MisfitError
        When nobody is a candidate, or the index does not exist.
    """
    step("Index and candidates")
    among = find_candidacy(plan, run, solutions, system)
    asked, task, found, relatives = plan.settings.contributions, None, None, None
    if asked is not None:
        relatives = coancestry_among(among, solutions.equations, run, asked.relationship)
        effect = solutions.equations.design.random[among.criteria.cells[0][0].effect]
        task = make_task(plan.settings, plan.bounds, among, relatives,
                         asked.relationship or effect.relationship)
        found = contribute(plan.settings, task, among, run.findings, step)
    shares = _shares(plan, among, among.ranking) if found is None else found.shares
    uses, mated = None if found is None else found.uses, None
    if plan.settings.mating is not None:
        own = coancestry_among(among, solutions.equations, run)
        mated = mate(_with_matings(plan, found), run, solutions, among, shares, own, step)
        relatives = relatives or own
        if found is None:
            uses, shares = mated.uses, mated.uses / mated.uses.sum()
    schemes = [Scheme("index", among.goal, among.ranking, shares)]
    for name, weights in plan.settings.index.alternatives.items():
        aim = goal(plan, among.criteria, weights)
        ranking = rank(
            plan, solutions, among.criteria, aim, among.mask, among.sexes).among(among.mask)
        schemes.append(Scheme(name, aim, ranking, _shares(plan, among, ranking, task)))
    interval = mean_interval(run.inputs.pedigree)
    tables = {"selection": selection_table(among, shares, uses),
              "index": index_table(among, schemes, interval)}
    summary: dict[str, Any] = {"selection": facts(among, schemes[0], interval)}
    if found is not None:
        tables |= found.tables
        summary["contributions"] = found.facts
    if mated is not None:
        tables["matings"], summary["mating"] = mated.table, mated.facts
    step("Coancestry for the report")
    return Decisions(tables, summary, coancestry=compact_coancestry(
        among, solutions.equations, run, relatives, tables["selection"]["individual"].to_list()))


def _with_matings(plan: Plan, found: Contributed | None) -> Plan:
    """With the number of matings that the contributions are whole numbers of."""
    if found is None or found.matings is None:
        return plan
    assert plan.settings.mating is not None
    mating = plan.settings.mating.model_copy(update={"matings": found.matings})
    return replace(plan, settings=plan.settings.model_copy(update={"mating": mating}))


def _shares(
    plan: Plan, among: Candidacy, ranking: Ranking, task: Task | None = None
) -> Vector:
    """Contributions of everybody: the best by the index, used alike or under the same limit."""
    select, index = plan.settings.select, ranking.values
    if task is not None:
        found = np.zeros(index.size)
        found[task.rows] = task.solve(index).optimum.contributions
        return found
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


