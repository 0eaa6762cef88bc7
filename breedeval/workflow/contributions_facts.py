"""Tables and figures of contributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.selection.contributions import Optimum, present_coancestry
from breedeval.selection.matings_in_numbers import InNumbers
from breedeval.selection.parents import Chosen
from breedeval.selection.settings import ContributionSettings
from breedeval.selection.truncation import best, equal_contributions
from breedeval.workflow.candidacy import EVERYBODY, Candidacy
from breedeval.workflow.contributions_task import Task

Vector = NDArray[np.float64]

NEAR = 1e-9
"""Nearer to a bound is at it."""


def contributions_table(
    among: Candidacy, task: Task, chosen: Chosen, numbers: InNumbers | None
) -> pd.DataFrame:
    """One row a parent, the largest contribution first.

    individual, sex (where there are sexes), index, contribution, and where there is a number of
    matings ``matings`` and ``optimal``, the contribution in fractions; minimum, maximum, ``at``:
    between, minimum or maximum, of the bounds; coancestry, the mean of the parent's with all
    parents.
    """
    given = chosen.optimum.contributions
    final = given if numbers is None else numbers.contributions
    used = np.flatnonzero((final > 0) | (given > 0))
    frame = among.frame.iloc[task.rows[used]]
    columns: dict[str, Any] = {"individual": frame["individual"].to_numpy()}
    if EVERYBODY not in among.sexes:
        columns["sex"] = frame["sex"].to_numpy()
    columns |= {"index": frame["index"].to_numpy(), "contribution": final[used]}
    if numbers is not None:
        columns |= {"matings": numbers.uses[used], "optimal": given[used]}
    lower, upper = task.shares.lower[used], task.shares.upper[used]
    at = np.where(given[used] <= lower + NEAR, "minimum",
                  np.where(given[used] >= upper - NEAR, "maximum", "between"))
    columns |= {"minimum": lower, "maximum": upper, "at": at,
                "coancestry": task.coancestry.times(final)[used]}
    table = pd.DataFrame(columns)
    order = np.lexsort((-table["index"].to_numpy(), -table["contribution"].to_numpy()))
    return table.iloc[order].reset_index(drop=True)


def facts(
    asked: ContributionSettings, task: Task, chosen: Chosen,
    numbers: InNumbers | None, merit: Vector, least: Optimum | None,
) -> dict[str, Any]:
    """What the summary says of contributions."""
    optimum, shares = chosen.optimum, task.shares
    final = optimum.contributions if numbers is None else numbers.contributions
    reached = optimum.coancestry if numbers is None else numbers.coancestry
    gain = optimum.gain if numbers is None else numbers.gain
    present = present_coancestry(task.coancestry, shares)
    rate = (reached - present) / (1 - present)
    told = optimum.certificate
    return {
        "relationship": task.relationship, "limit": task.limit,
        "limit_given_by": "max_coancestry" if asked.max_coancestry is not None else "max_delta_f",
        "coancestry": reached, "present_coancestry": present,
        "least_coancestry": None if least is None else least.coancestry,
        "delta_f": rate, "effective_size": 1 / (2 * rate) if rate > 0 else None,
        "index": gain, "response": gain - float(shares.even() @ merit),
        "parents": {name: int((final[shares.members(group)] > 0).sum())
                    for group, name in enumerate(shares.names)},
        "at_maximum": int(((optimum.contributions >= shares.upper - NEAR)
                           & (shares.upper < shares.totals[shares.group])).sum()),
        "limit_binds": optimum.multiplier > 0, "price": optimum.multiplier / 100,
        "optimality": {
            "duality_gap": max(told.gap, 0.0), "relative_gap": max(told.relative_gap, 0.0),
            "stationarity": told.stationarity, "complementarity": told.complementarity,
            "infeasibility": told.infeasibility, "excess_coancestry": told.excess},
        "bound_on_index": chosen.bound, "lost_by_numbers_of_parents": chosen.bound - optimum.gain,
        "lost_by_whole_numbers": None if numbers is None else numbers.gap,
        "uses": None if numbers is None else int(numbers.uses.sum()),
        "truncation": _truncation(task, final, merit),
    }


def _truncation(task: Task, final: Vector, merit: Vector) -> Mapping[str, float]:
    """The best of each sex by the index, as many as are parents here, used alike."""
    groups = {name: task.shares.group == group for group, name in enumerate(task.shares.names)}
    selected = np.logical_or.reduce([
        best(merit, mask, int((final[mask] > 0).sum())) for mask in groups.values()])
    alike = equal_contributions(selected, groups)
    return {"index": float(merit @ alike),
            "coancestry": float(alike @ task.coancestry.times(alike))}
