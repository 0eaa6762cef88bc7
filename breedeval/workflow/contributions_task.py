"""What is asked for of contributions, of the candidates that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.model.form import Misfit, MisfitError
from breedeval.selection.coancestry import Coancestry
from breedeval.selection.contributions import (
    LimitTooLowError,
    least_coancestry,
    limit_of_rate,
)
from breedeval.selection.parents import Chosen, choose_parents
from breedeval.selection.settings import SelectionSettings
from breedeval.selection.shares import Shares, shares_of
from breedeval.workflow.candidacy import EVERYBODY, Candidacy
from breedeval.workflow.contributions_plan import BASE, Bounds

Vector = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Task:
    """Contributions of the candidates, as they are asked for.

    Parameters
    ----------
    rows : ndarray of int64
        The candidates in the table.
    coancestry : Coancestry
        Among them.
    shares : Shares
    most : mapping of int to int
        Groups and their number of parents.
    alike : set of int
        Groups whose parents contribute the same.
    limit : float
    matings : int or None
        Where it is known beforehand.
    relationship : str
        Name of the relationship that coancestry is from.
    """

    rows: Counts
    coancestry: Coancestry
    shares: Shares
    most: Mapping[int, int]
    alike: frozenset[int]
    limit: float
    matings: int | None
    relationship: str

    def solve(self, merit: Vector) -> Chosen:
        """The best contributions of the candidates.

        Raises
        ------
        MisfitError
            With the least coancestry that can be reached, and what stands against less.
        """
        try:
            return choose_parents(merit[self.rows], self.coancestry, self.shares, self.limit,
                                  most=self.most, alike=self.alike)
        except LimitTooLowError as error:
            raise MisfitError(_too_low(self, merit[self.rows], error)) from None


def make_task(
    settings: SelectionSettings, bounds: Bounds, among: Candidacy, coancestry: Coancestry,
    relationship: str,
) -> Task:
    """What is asked for, of these candidates.

    Raises
    ------
    MisfitError
        When bounds contradict each other, or the totals.
    """
    asked = settings.contributions
    assert asked is not None
    rows = np.flatnonzero(among.mask)
    names = [str(name) for name in among.frame["individual"].to_numpy()[rows]]
    own = coancestry.among(rows)
    sexes = {sex: mask[rows] for sex, mask in among.sexes.items()}
    matings = asked.matings or (None if settings.mating is None else settings.mating.matings)
    shares = shares_of(sexes, np.zeros(rows.size), np.ones(rows.size))
    shares = _bounded(shares, settings, bounds, names, matings)
    shares.check(names)
    limit = asked.max_coancestry
    if limit is None:
        assert asked.max_delta_f is not None
        limit = limit_of_rate(own, shares, asked.max_delta_f)
    select, most = settings.select, dict[int, int]()
    if select is not None:
        wanted = {"female": select.females, "male": select.males, EVERYBODY: select.individuals}
        most = {group: count for group, name in enumerate(shares.names)
                if (count := wanted[name]) is not None}
    alike = frozenset(group for group, name in enumerate(shares.names)
                      if name == "female" and asked.equal_females)
    if asked.equal_females and not alike:
        raise MisfitError(Misfit((*BASE, "equal_females"), "no candidate is known to be a female",
                                 "Expected some", "Remove it, or give the sex of candidates"))
    return Task(rows, own, shares, most, alike, limit, matings, relationship)


def _bounded(
    shares: Shares, settings: SelectionSettings, bounds: Bounds, names: list[str],
    matings: int | None,
) -> Shares:
    """Bounds of a candidate: by the file, by ``max_per_candidate``, and by limits of matings."""
    asked, mating = settings.contributions, settings.mating
    assert asked is not None
    upper = shares.totals[shares.group].copy()
    if mating is not None and matings is not None:
        limits = {"male": mating.max_per_male, "female": mating.max_per_female,
                  EVERYBODY: mating.max_per_female}
        for group, name in enumerate(shares.names):
            if (limit := limits[name]) is not None:
                rows = shares.members(group)
                upper[rows] = np.minimum(upper[rows], limit / places_of(shares, matings))
    if asked.max_per_candidate is not None:
        upper = np.minimum(upper, asked.max_per_candidate)
    lower = np.array([bounds.least.get(name, 0.0) for name in names])
    given = np.array([bounds.most.get(name, np.inf) for name in names])
    fixed = lower == given  # a contribution that was decided is not limited again
    return replace(shares, lower=lower, upper=np.where(fixed, given, np.minimum(upper, given)))


def places_of(shares: Shares, matings: int) -> int:
    """Uses of parents in some matings: two each, or one where only one sex is selected."""
    return matings if shares.names in (("male",), ("female",)) else 2 * matings


def _too_low(task: Task, merit: Vector, error: LimitTooLowError) -> Misfit:
    """The least coancestry, and what it would be without each of the bounds."""
    shares, free = task.shares, least_coancestry(merit, task.coancestry, task.shares)
    totals = shares.totals[shares.group]
    able = "can reach" if not task.most else "were found to reach"
    words = (f"the limit on mean coancestry is {task.limit:.4g}, and the least that these "
             f"{merit.size:,} candidates {able} is {error.least.coancestry:.4g}, with "
             f"{error.least.parents:,} parents")
    without = []
    others = {"upper bounds ('max_per_candidate', 'bounds', limits of matings)":
              replace(shares, upper=totals) if (shares.upper < totals).any() else None,
              "lower bounds ('bounds')":
              replace(shares, lower=0 * totals) if shares.lower.any() else None}
    for name, wider in others.items():
        if wider is not None:
            reached = least_coancestry(merit, task.coancestry, wider).coancestry
            if reached < free.coancestry * (1 - 1e-6):
                without.append(f"{reached:.4g} without {name}")
    if free.coancestry < error.least.coancestry * (1 - 1e-6):
        bound = ["'select'"] if task.most else []
        bound += ["'equal_females'"] if task.alike else []
        without.append(f"{free.coancestry:.4g} without {' and '.join(bound)}")
    if without:
        words += f" ({'; '.join(without)})"
    above = np.ceil(error.least.coancestry * 1e4) / 1e4
    return Misfit(BASE, words, "Expected a limit that can be kept",
                  f"Raise the limit (to {above:g} or more), ease what binds, or widen the "
                  "conditions on candidates")
