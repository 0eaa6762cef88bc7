"""Contributions of a run: how much each candidate is used, and the frontier that it lies on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.evaluation.preparing import Step
from breedeval.model.form import Misfit, MisfitError
from breedeval.selection.contributions import Optimum
from breedeval.selection.frontier import frontier, frontier_table
from breedeval.selection.matings_in_numbers import InNumbers, NoNumbersError, in_numbers
from breedeval.selection.parents import Chosen
from breedeval.selection.settings import SelectionSettings
from breedeval.selection.shares import Shares
from breedeval.workflow.candidacy import Candidacy
from breedeval.workflow.contributions_facts import contributions_table, facts
from breedeval.workflow.contributions_plan import BASE
from breedeval.workflow.contributions_task import Task, places_of

Vector = NDArray[np.float64]
Counts = NDArray[np.int64]

PROVED = 1e-5
"""Duality gap in standard deviations, from products in single precision the most to be expected."""


@dataclass(frozen=True, eq=False)
class Contributed:
    """What was decided of contributions.

    Parameters
    ----------
    shares : ndarray of float64, shape (n,)
        Of everybody in the table of candidates.
    uses : ndarray of int64, shape (n,), or None
        Whole numbers, where there is a number of matings.
    matings : int or None
        In all.
    tables : mapping of str to DataFrame
        contributions and contribution_frontier.
    facts : mapping
        For the summary.
    """

    shares: Vector
    uses: Counts | None
    matings: int | None
    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any]


def contribute(
    settings: SelectionSettings, task: Task, among: Candidacy, findings: Findings, step: Step
) -> Contributed:
    """Contributions by the index, in whole numbers where there is a number of matings.

    Raises
    ------
    MisfitError
    """
    asked = settings.contributions
    assert asked is not None
    merit = among.ranking.values
    own, size = merit[task.rows], merit.size
    step(f"Contributions of {own.size:,} candidates")
    chosen = task.solve(merit)
    optimum, matings = chosen.optimum, task.matings
    if matings is None and settings.mating is not None:
        matings = _number_of_matings(optimum, task.shares)
    numbers = None
    if matings is not None:
        numbers = _numbers(chosen, own, task, matings)
    step(f"{optimum.parents:,} parents, mean coancestry {optimum.coancestry:.4f} (limit "
         f"{task.limit:.4f}), duality gap {optimum.certificate.relative_gap:.1e} standard "
         "deviations")
    _warn(optimum, findings)
    points: list[Optimum] = []
    if asked.frontier:
        step(f"Frontier of {asked.frontier} points")
        points = list(frontier(own, task.coancestry, task.shares, max(asked.frontier, 2)))
    tables = {"contributions": contributions_table(among, task, chosen, numbers)}
    if points:
        tables["contribution_frontier"] = frontier_table(
            points, own, task.coancestry, task.shares, optimum)
    final = optimum.contributions if numbers is None else numbers.contributions
    uses = None if numbers is None else _spread(numbers.uses, task.rows, size)
    return Contributed(_spread(final, task.rows, size), uses, matings, tables,
                       facts(asked, task, chosen, numbers, own,
                             points[0] if points else None))


def _warn(optimum: Optimum, findings: Findings) -> None:
    """Say where the optimum could not be proved as it should."""
    told = optimum.certificate
    if not told.holds(PROVED):
        findings.warn("contributions", Problem(
            "selection: contributions", f"the index of the parents may be {told.gap:.2g} below the "
            f"optimum, and their mean coancestry is {told.excess:.1e} of the limit above it",
            f"Expected {PROVED:g} standard deviations and {PROVED:g} or less",
            "Report it, with the relationship and the limit"))


def _numbers(chosen: Chosen, merit: Vector, task: Task, matings: int) -> InNumbers:
    try:
        return in_numbers(chosen.optimum, merit, task.coancestry, chosen.shares,
                          places_of(task.shares, matings))
    except NoNumbersError as error:
        raise MisfitError(Misfit(BASE, error.found, error.expected, error.remedy)) from None


def _number_of_matings(optimum: Optimum, shares: Shares) -> int:
    """One for each female that is used; one for every two lines."""
    used = optimum.contributions > 0
    if "female" in shares.names:
        return int(used[shares.members(shares.names.index("female"))].sum())
    return max(1, int(used.sum()) // (1 if shares.names == ("male",) else 2))


def _spread(values: NDArray[Any], rows: Counts, size: int) -> NDArray[Any]:
    found = np.zeros(size, values.dtype)
    found[rows] = values
    return found
