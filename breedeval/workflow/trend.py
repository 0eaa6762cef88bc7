"""``trend:`` of a run: genetic trends, the base, generation intervals, selection differentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, Problem
from breedeval.evaluation.criteria import Cell, additive_cells
from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.systems import System
from breedeval.model.form import KeyPath, Misfit, MisfitError, did_you_mean
from breedeval.selection.conditions import Comparison, Condition, ConditionError
from breedeval.selection.generations import generation_intervals, selection_differentials
from breedeval.selection.settings import TrendSettings
from breedeval.selection.trend import (
    Base,
    Errors,
    make_base,
    relative,
    standardised,
    trend_table,
)
from breedeval.workflow.attributes import attribute_names, attributes_of
from breedeval.workflow.decided import Decisions
from breedeval.workflow.ladder import Run
from breedeval.workflow.selection_plan import misfit_of, parsed

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
BASE: KeyPath = ("trend", "base")
MOST_SOLVES = 2000
"""Means whose errors are computed at most: each takes a solution of the equations."""
AT_ONCE = 32
"""Right-hand sides solved together."""


@dataclass(frozen=True, eq=False)
class TrendPlan:
    """A trend whose words are understood.

    Parameters
    ----------
    settings : TrendSettings
    base : mapping of str to Condition
        All of them must be met.
    columns : tuple of str
    """

    settings: TrendSettings
    base: Mapping[str, Condition]
    columns: tuple[str, ...]


def plan_trend(run: Run, equations: Equations) -> TrendPlan | None:
    """Understand ``trend:`` of a run; None where there is none.

    Raises
    ------
    MisfitError
        Of columns that there are not, or hold no numbers, conditions that cannot be read, and a
        base of nobody.
    """
    asked = run.settings.trend
    if asked is None:
        return None
    names, known = attribute_names(run), ["individual", *attribute_names(run)]
    misfits = [Misfit(("trend", key), f"there is no column '{name}'",
                      f"Expected one of: {', '.join(names)}", did_you_mean(name, names))
               for key, name in (("by", asked.by), ("within", asked.within))
               if name is not None and name not in names]
    if not additive_cells(equations):
        misfits.append(Misfit(("trend",), "the model has no breeding values", "",
                              "Remove 'trend', or give an effect a relationship of individuals"))
    base, faults = _base_conditions(asked, known)
    if misfits or faults:
        raise MisfitError(*misfits, *faults)
    columns = [asked.by, *([] if asked.within is None else [asked.within]),
               *(name for one in base.values() for name in one.columns())]
    plan = TrendPlan(asked, base, tuple(
        name for name in dict.fromkeys(columns) if name in names))
    cell = additive_cells(equations)[0]
    frame = attributes_of(run, equations.design.random[cell.effect].levels, plan.columns,
                          equations.design, cell)
    _numbers(plan, frame)
    _members(plan, frame)
    return plan


def _base_conditions(
    asked: TrendSettings, known: list[str]
) -> tuple[dict[str, Condition], list[Misfit]]:
    if not isinstance(asked.base, dict):
        return parsed(asked.base or (), BASE, known)
    misfits = [Misfit((*BASE, name), f"there is no column '{name}'",
                      f"Expected one of: {', '.join(known)}", did_you_mean(name, known))
               for name in asked.base if name not in known]
    words = {name: f"{value:g}" if isinstance(value, float) else value
             for name, value in asked.base.items()}
    return {f"{name} == {value}": Comparison(name, "==", (value,))
            for name, value in words.items()}, misfits


def trends(
    plan: TrendPlan, run: Run, solutions: Solutions, system: System | None, step: Step
) -> Decisions:
    """Trends of every additive effect, component and trait, and what the base makes of values."""
    step("Genetic trends")
    tables, scales, differentials = [], [], []
    several: dict[int, pd.DataFrame] = {}
    cells = additive_cells(solutions.equations)
    for cell in cells:
        levels = solutions.equations.design.random[cell.effect].levels
        if cell.effect not in several:
            several[cell.effect] = attributes_of(
                run, levels, plan.columns, solutions.equations.design, cell)
        frame = several[cell.effect]
        values = solutions.random(cell.effect, solutions.estimates)[:len(levels), cell.cell]
        members = _members(plan, frame)
        base = None if members is None else make_base(values, members)
        errors = None if system is None else _errors(solutions, system, cell, len(levels))
        by = _numbers(plan, frame)
        within = None if plan.settings.within is None else frame[plan.settings.within]
        if errors is not None and _means(by, within) * len(cells) > MOST_SOLVES:
            _too_many(run.findings)
            errors = None
        table = trend_table(values, by, within, base, errors)
        tables.append(_named(table, cell))
        if base is not None:
            scales.append(_scaled(plan, cell, frame["individual"], values, base))
        pedigree = run.inputs.pedigree
        if pedigree is not None:
            rows = levels.codes(pedigree.individuals.labels)
            of_all = np.where(rows >= 0, values[rows], np.nan)
            differentials.append(_named(selection_differentials(pedigree, of_all), cell))
    found = {"trend": pd.concat(tables, ignore_index=True)}
    if differentials:
        found["selection_differentials"] = pd.concat(differentials, ignore_index=True)
    if run.inputs.pedigree is not None:
        found["generation_intervals"] = generation_intervals(run.inputs.pedigree)
    return Decisions({name: table for name, table in found.items() if len(table)},
                     {"trend": {"by": plan.settings.by, "base": list(plan.base)}},
                     pd.concat(scales, ignore_index=True) if scales else pd.DataFrame())


def _named(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """The same with effect, component and trait before the other columns."""
    for at, (key, value) in enumerate(zip(("effect", "component", "trait"), cell.names,
                                          strict=True)):
        table.insert(at, key, value)
    return table


def _numbers(plan: TrendPlan, frame: pd.DataFrame) -> Vector:
    """The column ``by`` as whole numbers where it is a year."""
    name = plan.settings.by
    numbers = pd.to_numeric(frame[name], errors="coerce")
    wrong = frame[name][numbers.isna() & frame[name].notna()]
    if len(wrong):
        raise MisfitError(Misfit(("trend", "by"), f"'{wrong.iloc[0]}' in column '{name}' is no "
                                 "number", "Expected a column of numbers, such as a year",
                                 "Use it under 'within', or name another"))
    found = numbers.to_numpy(np.float64, na_value=np.nan)
    if not np.isfinite(found).any():
        raise MisfitError(Misfit(("trend", "by"), f"'{name}' is not known of any individual",
                                 "Expected a column of numbers, such as a year",
                                 "Name another; 'generation' comes with every pedigree"))
    return np.floor(found) if name == "birth_year" else found


def _members(plan: TrendPlan, frame: pd.DataFrame) -> Mask | None:
    """Who is in the base; None where there is none."""
    if not plan.base:
        return None
    try:
        mask = np.logical_and.reduce([one.met(frame) for one in plan.base.values()])
    except ConditionError as error:
        raise MisfitError(misfit_of(BASE, error)) from None
    if not mask.any():
        raise MisfitError(Misfit(BASE, f"nobody meets {' and '.join(plan.base)}",
                                 "Expected at least one individual", "Widen the base"))
    return np.asarray(mask)


def _means(by: Vector, within: pd.Series | None) -> int:
    frame = pd.DataFrame({"by": by, "within": "" if within is None else within})
    return len(frame.dropna().drop_duplicates())


def _too_many(findings: Findings) -> None:
    findings.warn("trend errors", Problem(
        "trend", f"there are more than {MOST_SOLVES:,} means, so that their standard errors are "
        "left out", "", "Use a coarser column"))


def _errors(solutions: Solutions, system: System, cell: Cell, individuals: int) -> Errors:
    """k′C⁻¹k for columns k among the individuals of one cell."""
    equations = solutions.equations
    width = equations.layout.random_widths[cell.effect]
    number = equations.number[equations.layout.random_slice(cell.effect)].reshape(-1, width)
    places = number[:individuals, cell.cell]

    def errors(weights: sp.csc_array) -> Vector:
        found = np.empty(weights.shape[1])
        for start in range(0, weights.shape[1], AT_ONCE):
            some = weights[:, start:start + AT_ONCE].toarray()
            right = np.zeros((equations.size, some.shape[1]))
            right[places[places >= 0]] = some[places >= 0]
            found[start:start + AT_ONCE] = np.einsum("ij,ij->j", right, system.solve(right))
        return found

    return errors


def _scaled(
    plan: TrendPlan, cell: Cell, individuals: pd.Series, values: Vector, base: Base
) -> pd.DataFrame:
    """Values against the base, and on the standardised scale."""
    settings = plan.settings
    table = pd.DataFrame({
        "individual": individuals, "in_base": base.members, "relative": relative(values, base),
        "standardised": standardised(values, base, mean=settings.mean, sd=settings.sd)})
    return _named(table, cell)
