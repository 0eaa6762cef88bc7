"""The mating plan of a run: who is mated to whom, and how that compares with chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions
from breedeval.model.form import Misfit, MisfitError
from breedeval.selection.allocation import Conflict
from breedeval.selection.candidates import SEXES
from breedeval.selection.coancestry import Coancestry
from breedeval.selection.conflict import explain
from breedeval.selection.intensity import infinite_intensity
from breedeval.selection.mating import (
    Crossing,
    HerdLimit,
    MatingPlan,
    Rule,
    carriers,
    plan_matings,
)
from breedeval.selection.settings import MatingSettings
from breedeval.workflow.candidacy import EVERYBODY, Candidacy
from breedeval.workflow.ladder import Run
from breedeval.workflow.mating_plan import BASE
from breedeval.workflow.mating_uses import make_sides
from breedeval.workflow.selection_plan import Plan
from breedeval.workflow.usefulness import (
    Parents,
    Spread,
    spread_of_progeny,
    weighted_effects,
)

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

TIE = 1e-6
"""Inbreeding that the whole range of the index is worth where inbreeding alone is sought."""
LANES = 64
"""Columns of coancestry at a time."""


@dataclass(frozen=True, eq=False)
class Mated:
    """``matings.csv``, what the summary says of it, and the matings of each candidate, (n,)."""

    table: pd.DataFrame
    facts: dict[str, Any]
    uses: Int64


@dataclass(frozen=True, eq=False)
class Pool:
    """The parents, by their rows in the table of candidates.

    Parameters
    ----------
    first, second : ndarray of int64
        Females and males; the same object where any two may be mated.
    kinds : (str, str)
        What one of each is called.
    """

    first: Int64
    second: Int64
    kinds: tuple[str, str]

    @property
    def one_sided(self) -> bool:
        """Whether any two may be mated."""
        return self.second is self.first


@dataclass(frozen=True, eq=False)
class Expected:
    """What is expected of the progeny of every pair.

    Parameters
    ----------
    inbreeding, index : ndarray of float64, shape (f, m)
    spread : Spread or None
        Where usefulness is wanted.
    """

    inbreeding: Float64
    index: Float64
    spread: Spread | None

    def merit(self, asked: MatingSettings) -> Float64:
        """Index of the progeny, or of the best of them."""
        if self.spread is None:
            return self.index
        gain = infinite_intensity(asked.selected_fraction) * asked.accuracy
        return np.asarray(self.index + gain * self.spread.deviation)

    def worth(self, asked: MatingSettings) -> Float64:
        """What is to be as high as can be.

        Of plans with the same inbreeding, that with the highest index.
        """
        if asked.objective == "inbreeding":
            spread = float(np.ptp(self.index))
            return TIE * self.index / (spread or 1.0) - self.inbreeding
        return self.merit(asked) - asked.penalty * self.inbreeding


def mate(
    plan: Plan, run: Run, solutions: Solutions, among: Candidacy, shares: Float64,
    coancestry: Coancestry, step: Step,
) -> Mated:
    """The best matings of the selected.

    Parameters
    ----------
    plan : Plan
    run : Run
        Its findings receive warnings.
    solutions : Solutions
    among : Candidacy
    shares : ndarray of float64, shape (n,)
        Contributions of everybody in the table of candidates.
    coancestry : Coancestry
        Among these.
    step : callable

    Raises
    ------
    MisfitError
        When there is no plan within the limits; it names those that bind.
    """
    asked = plan.settings.mating
    assert asked is not None
    pool = _pool(among, shares, run.findings)
    step(f"Mating {_number(pool)}")
    index = among.frame["index"].to_numpy(np.float64)
    expected = Expected(
        _progeny_inbreeding(coancestry, pool),
        (index[pool.first][:, None] + index[pool.second]) / 2,
        _spread(plan, run, solutions, among, pool) if asked.objective == "usefulness" else None)
    crossing = _crossing(plan, run, among, shares, pool, expected)
    found = plan_matings(crossing)
    if isinstance(found, Conflict):
        why = explain(crossing, found)
        raise MisfitError(why.below(*BASE))
    step(f"{found.total:,} matings, mean inbreeding of progeny {found.inbreeding:.4f} (at random "
         f"{found.random_inbreeding:.4f})")
    uses = np.zeros(len(among.frame), np.int64)
    np.add.at(uses, pool.first[found.first], found.matings)
    np.add.at(uses, pool.second[found.second], found.matings)
    return Mated(_table(asked, among, pool, found, expected),
                 _facts(asked, crossing, found, expected), uses)


def _pool(among: Candidacy, shares: Float64, findings: Findings) -> Pool:
    """Parents by sex; all together where the selection does not tell sexes apart."""
    chosen = np.flatnonzero(shares > 0)
    if EVERYBODY in among.sexes:
        if chosen.size < 2:
            raise MisfitError(Misfit(BASE, "fewer than two parents are selected",
                                     "Expected two or more", "Select more"))
        _warn_of_sexes(among, chosen, findings)
        return Pool(chosen, chosen, ("line", "line"))
    sides = [np.flatnonzero(among.sexes[sex] & (shares > 0)) for sex in SEXES]
    for sex, side in zip(SEXES, sides, strict=True):
        if side.size == 0:
            raise MisfitError(Misfit(BASE, f"no {sex} is selected", "Expected parents of both "
                                     "sexes", f"Say how many {sex}s are selected"))
    return Pool(sides[0], sides[1], SEXES)


def _warn_of_sexes(among: Candidacy, chosen: Int64, findings: Findings) -> None:
    """Say that two of a sex may be mated, where all have one."""
    sexes = set(among.frame["sex"].iloc[chosen]) if "sex" in among.frame else set()
    if sexes == set(SEXES):
        findings.warn("sexes", Problem(
            "selection: mating", "the selected are females and males, and as the selection does "
            "not tell sexes apart, two of a sex may be mated", "",
            "Write 'select: {females: …, males: …}'"))


def _number(pool: Pool) -> str:
    if pool.one_sided:
        return f"{pool.first.size:,} lines with one another"
    return f"{pool.first.size:,} females and {pool.second.size:,} males"


def _progeny_inbreeding(coancestry: Coancestry, pool: Pool) -> Float64:
    """Coancestry of every female and male, by columns of the males alone, shape (f, m)."""
    if pool.one_sided:
        parents, place = coancestry.among(pool.first), np.arange(pool.first.size)
    else:
        parents = coancestry.among(np.concatenate([pool.first, pool.second]))
        place = pool.first.size + np.arange(pool.second.size)
    found = np.empty((pool.first.size, pool.second.size))
    for start in range(0, place.size, LANES):
        some = place[start:start + LANES]
        units = np.zeros((parents.size, some.size))
        units[some, np.arange(some.size)] = 1.0
        found[:, start:start + LANES] = parents.times(units)[:pool.first.size]
    return found


def _spread(
    plan: Plan, run: Run, solutions: Solutions, among: Candidacy, pool: Pool
) -> Spread:
    """σ of the progeny of every pair."""
    assert plan.settings.mating is not None
    ranking = among.ranking
    weights = among.goal.weights if plan.settings.index.of_phenotypes else ranking.coefficients
    part, effects = weighted_effects(solutions, among.criteria.cells, weights)
    names = among.frame["individual"].to_numpy()
    first = [str(name) for name in names[pool.first]]
    second = first if pool.one_sided else [str(name) for name in names[pool.second]]
    return spread_of_progeny(plan.settings.mating, plan.mating, part, effects,
                             Parents(first, second), run.inputs.pedigree, run.findings)


def _crossing(
    plan: Plan, run: Run, among: Candidacy, shares: Float64, pool: Pool, expected: Expected
) -> Crossing:
    """What is possible, and what is wanted."""
    asked = plan.settings.mating
    assert asked is not None
    sides, total = make_sides(plan.settings, among.frame, pool.first, pool.second, pool.kinds,
                              shares)
    rules = _rules(plan, run.findings, among, pool, expected.inbreeding)
    return Crossing(
        *sides, expected.inbreeding, expected.worth(asked), rules, total,
        asked.max_per_pair or (1 if pool.one_sided else None),
        _herds(asked, run.findings, among, pool))


def _rules(
    plan: Plan, findings: Findings, among: Candidacy, pool: Pool, inbreeding: Float64
) -> tuple[Rule, ...]:
    """Pairs that are not mated."""
    asked = plan.settings.mating
    assert asked is not None
    rules = []
    if asked.max_inbreeding is not None:
        rules.append(Rule("max_inbreeding", f"above {asked.max_inbreeding:g}",
                          inbreeding > asked.max_inbreeding + 1e-12))
    for name in asked.avoid:
        status = carriers([None if pd.isna(value) else str(value)
                           for value in among.frame[name]])
        parents = np.union1d(pool.first, pool.second)
        unknown = int((~status.known[parents]).sum())
        if unknown:
            findings.warn("carriers", Problem(
                "selection: mating: avoid", f"it is not known of {unknown:,} of {parents.size:,} "
                f"parents whether they are carriers by '{name}'; they are taken not to be",
                "Expected yes or no", "Test them"))
        rules.append(Rule("avoid", f"carriers of the same by '{name}'", np.logical_and.outer(
            status.carrier[pool.first], status.carrier[pool.second])))
    if plan.mating.forbidden:
        rules.append(Rule("forbidden", "forbidden by name", _named_pairs(
            plan.mating.forbidden, among, pool)))
    return tuple(rules)


def _named_pairs(
    pairs: tuple[tuple[str, str], ...], among: Candidacy, pool: Pool
) -> Mask:
    """Where the pairs stand among those that could be mated, in either order."""
    names = among.frame["individual"].astype(str).to_numpy()
    rows, columns = ({name: k for k, name in enumerate(names[side])}
                     for side in (pool.first, pool.second))
    found = np.zeros((pool.first.size, pool.second.size), np.bool_)
    for one, other in pairs:
        for first, second in ((one, other), (other, one)):
            if first in rows and second in columns:
                found[rows[first], columns[second]] = True
    return found


def _herds(
    asked: MatingSettings, findings: Findings, among: Candidacy, pool: Pool
) -> HerdLimit | None:
    """The limit on a male in a herd."""
    if asked.max_per_herd is None or asked.herd is None:
        return None
    if pool.one_sided:
        raise MisfitError(Misfit((*BASE, "max_per_herd"), "it limits males in herds, and the "
                                 "selected have no sexes", "", "Remove 'max_per_herd'"))
    column = among.frame[asked.herd].iloc[pool.first].reset_index(drop=True)
    if column.isna().any():
        lacking = among.frame["individual"].iloc[pool.first][column.isna().to_numpy()]
        findings.warn("herds", Problem(
            "selection: mating: herd", f"{len(lacking):,} females have no '{asked.herd}' (or "
            f"several), such as '{lacking.iloc[0]}'; no herd's limit holds for them",
            "Expected one for each", "Give it"))
    codes, labels = pd.factorize(column.where(column.isna(), column.astype(str)), sort=True)
    return HerdLimit(codes.astype(np.int64), [str(one) for one in labels], asked.max_per_herd)


def _table(
    asked: MatingSettings, among: Candidacy, pool: Pool, found: MatingPlan, expected: Expected
) -> pd.DataFrame:
    """One row a pair: female, male, herd, matings and what is expected of the progeny.

    The females' order is that of the candidates by rank; where there are no sexes, the female is
    the better of the two.
    """
    first, second = pool.first[found.first], pool.second[found.second]
    index = among.frame["index"].to_numpy(np.float64)
    turned = (index[second] > index[first]) if pool.one_sided else np.zeros(first.size, np.bool_)
    first, second = np.where(turned, second, first), np.where(turned, first, second)
    names = among.frame["individual"].to_numpy()
    columns: dict[str, Any] = {"female": names[first], "male": names[second]}
    if asked.herd is not None:
        columns["herd"] = among.frame[asked.herd].to_numpy()[first]
    place = (found.first, found.second)
    columns.update(matings=found.matings, expected_inbreeding=expected.inbreeding[place],
                   expected_index=expected.index[place])
    if expected.spread is not None:
        columns.update(progeny_sd=expected.spread.deviation[place],
                       usefulness=expected.merit(asked)[place])
    table = pd.DataFrame(columns)
    order = np.lexsort((-index[second], -index[first]))
    return table.iloc[order].reset_index(drop=True)


def _facts(
    asked: MatingSettings, crossing: Crossing, found: MatingPlan, expected: Expected
) -> dict[str, Any]:
    """What the summary says of the plan."""
    place, matings = (found.first, found.second), found.matings
    possible = (len(crossing.first) * (len(crossing.first) - 1) // 2 if crossing.one_sided
                else crossing.worth.size)
    value, bound = found.worth, found.bound
    if asked.objective == "inbreeding":  # without what the index is worth
        value, bound = found.inbreeding, found.inbreeding - found.gap
    facts: dict[str, Any] = {
        "objective": asked.objective, "matings": found.total, "pairs": int(matings.size),
        "females": int(np.unique(found.first).size), "males": int(np.unique(found.second).size),
        "mean_inbreeding": found.inbreeding, "random_inbreeding": found.random_inbreeding,
        "highest_inbreeding": found.highest_inbreeding,
        "mean_index": float(expected.index[place] @ matings) / found.total,
        "value": value, "bound": bound, "gap": found.gap,
        "possible_pairs": possible, "admissible_pairs": int(crossing.admissible().sum()),
        "forbidden_pairs": {rule.words: int(
            (np.triu(rule.pairs, 1) if crossing.one_sided else rule.pairs).sum())
            for rule in crossing.rules}}
    if crossing.one_sided:
        facts["parents"] = int(np.union1d(found.first, found.second).size)
        del facts["females"], facts["males"]
    if (spread := expected.spread) is not None:
        facts |= {
            "mean_usefulness": float(expected.merit(asked)[place] @ matings) / found.total,
            "mean_progeny_sd": float(spread.deviation[place] @ matings) / found.total,
            "intensity": infinite_intensity(asked.selected_fraction), "accuracy": asked.accuracy,
            "phase_known": spread.resolved, "markers": spread.markers,
            "markers_without_place": spread.unplaced}
    return facts
