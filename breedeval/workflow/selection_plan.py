"""``selection:`` of a run, understood before anything is solved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.evaluation.criteria import Cell, find_criteria
from breedeval.levels import Levels
from breedeval.model.form import KeyPath, Misfit, MisfitError
from breedeval.selection.candidates import Candidates, Rules, find_candidates
from breedeval.selection.conditions import Condition, ConditionError, parse, unknown_columns
from breedeval.selection.settings import SelectionSettings
from breedeval.workflow.attributes import attribute_names, attributes_of
from breedeval.workflow.contributions_plan import Bounds, contribution_misfits, read_bounds
from breedeval.workflow.ladder import Run
from breedeval.workflow.lists import read_list, warn_of_unknown
from breedeval.workflow.mating_plan import (
    MatingSources,
    mating_columns,
    mating_misfits,
    read_mating_sources,
)

COMPUTED = ("individual", "records", "inbreeding", "index", "accuracy", "reliability")
"""Columns that conditions may name beside those of pedigree and records."""
WHERE: KeyPath = ("selection", "candidates", "where")


@dataclass(frozen=True, eq=False)
class Plan:
    """A selection whose words are understood, before anything is solved.

    Parameters
    ----------
    settings : SelectionSettings
    names : tuple of str
        Criteria.
    cells : tuple of tuple of Cell
    rules : Rules
    columns : tuple of str
        Attributes that are needed or shown.
    mating : MatingSources
        What the files of a mating plan say.
    bounds : Bounds
        Of contributions.
    """

    settings: SelectionSettings
    names: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    rules: Rules
    columns: tuple[str, ...]
    mating: MatingSources
    bounds: Bounds


def plan_selection(run: Run, equations: Equations) -> Plan | None:
    """Understand ``selection:`` of a run; None where there is none.

    Raises
    ------
    MisfitError
        Whatever does not fit the model and the data, all at once.
    InputError
        When a list cannot be read.
    """
    asked = run.settings.selection
    if asked is None:
        return None
    names = asked.index.criteria
    found = find_criteria(equations, names, _paths(asked))
    attributes = attribute_names(run)
    known = [*dict.fromkeys([*attributes, *COMPUTED, *names])]
    asked_of = asked.candidates
    conditions, faults = parsed(asked_of.where, WHERE, known)
    females, more = parsed(asked_of.females, (*WHERE[:-1], "females"), known)
    males, again = parsed(asked_of.males, (*WHERE[:-1], "males"), known)
    cells = tuple(one for one in found if not isinstance(one, Misfit))
    faults += [*more, *again, *mating_misfits(run, asked, equations, cells),
               *contribution_misfits(run, asked, equations)]
    misfits = [one for one in found if isinstance(one, Misfit)] + faults
    if misfits:
        raise MisfitError(*misfits)
    levels = equations.design.random[cells[0][0].effect].levels
    include, exclude = (_listed(value, levels) for value in (asked_of.include, asked_of.exclude))
    rules = Rules(conditions, include, exclude or (), {
        "female": tuple(females.values()), "male": tuple(males.values())})
    mating = () if asked.mating is None else mating_columns(asked.mating)
    columns = tuple(name for name in dict.fromkeys([*rules.columns, *mating])
                    if name in attributes and name not in (*names, *COMPUTED))
    for key, listed in (("include", include), ("exclude", exclude)):
        warn_of_unknown(f"selection: candidates: {key}", listed or (), levels, run.findings)
    plan = Plan(asked, names, cells, rules, columns,
                read_mating_sources(asked.mating, levels, run.findings),
                read_bounds(asked.contributions, levels, run.findings))
    _check_candidates(plan, run, equations)
    return plan


def _check_candidates(plan: Plan, run: Run, equations: Equations) -> None:
    """Refuse conditions that nobody can meet, as far as they are about what was read."""
    cell = plan.cells[0][0]
    frame = attributes_of(run, equations.design.random[cell.effect].levels, plan.columns,
                          equations.design, cell)
    later = {*COMPUTED, *plan.names}
    if any(plan.rules.sexes.values()):
        later.add("sex")
    rules = Rules({text: one for text, one in plan.rules.conditions.items()
                   if not later.intersection(one.columns())},
                  plan.rules.include, plan.rules.exclude)
    found = candidates(frame, rules)
    if not found.mask.any():
        raise nobody(found.left_out)


def candidates(frame: pd.DataFrame, rules: Rules) -> Candidates:
    """Candidates; a condition that does not fit its column is told with its place.

    Raises
    ------
    MisfitError
    """
    try:
        return find_candidates(frame, rules)
    except ConditionError as error:
        raise MisfitError(misfit_of(WHERE, error)) from None


def nobody(left_out: Mapping[str, int]) -> MisfitError:
    """Nobody is a candidate, and why."""
    reasons = "; ".join(f"{count:,} {words}" for words, count in left_out.items() if count)
    return MisfitError(Misfit(
        ("selection", "candidates"), f"nobody is a candidate: {reasons or 'no individuals'}",
        "Expected at least one", "Widen the conditions"))


def parsed(
    texts: tuple[str, ...], path: KeyPath, known: Sequence[str]
) -> tuple[dict[str, Condition], list[Misfit]]:
    """Conditions by their text, and what cannot be read or names a column that there is not."""
    found: dict[str, Condition] = {}
    misfits: list[Misfit] = []
    for at, text in enumerate(texts):
        try:
            found[text] = parse(text)
            misfits += [misfit_of((*path, at), error)
                        for error in unknown_columns(found[text], known)]
        except ConditionError as error:
            misfits.append(misfit_of((*path, at), error))
    return found, misfits


def misfit_of(path: KeyPath, error: ConditionError) -> Misfit:
    """What is wrong with a condition, and where it stands."""
    return Misfit(path, error.found, error.expected, error.remedy)


def _paths(asked: SelectionSettings) -> dict[str, KeyPath]:
    """Where each criterion stands in the run file."""
    index, base = asked.index, ("selection", "index")
    paths: dict[str, KeyPath] = {name: (*base, "alternatives", one, name)
                                 for one, weights in index.alternatives.items()
                                 for name in weights}
    paths.update({name: (*base, "restricted", at) for at, name in enumerate(index.restricted)})
    paths.update({name: (*base, index.form, name) for name in index.given})
    return paths


def _listed(value: Path | tuple[str, ...] | None, levels: Levels) -> frozenset[str] | None:
    """Individuals of a list: those given, or the first column of a file."""
    if value is None:
        return None
    return frozenset(value) if isinstance(value, tuple) else read_list(value, levels)
