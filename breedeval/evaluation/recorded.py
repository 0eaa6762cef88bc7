"""Records of one individual, and what they were corrected for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from breedeval.errors import Findings, InputError
from breedeval.model.columns import joined
from breedeval.model.spec import Component, Model
from breedeval.model.terms import ClassEffect, Polynomial
from breedeval.records import Table

ROUNDING = 1e-6
"""What corrections that are told by name leave over, relative to the record, and is nothing."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """What is still there of the records of a run.

    Parameters
    ----------
    table : Table or None
        The records file.
    residuals : DataFrame
        record, trait, observed, fitted, residual; empty where they were not written.
    notes : tuple of str
        Why something is missing.
    """

    table: Table | None
    residuals: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Correction:
    """An effect, the level or value that the record has of it, and what was subtracted for it."""

    effect: str
    level: str
    amount: float


@dataclass(frozen=True)
class RecordOf:
    """One record of an individual.

    Parameters
    ----------
    record : int
        Row of the records file, from 1.
    trait, role : str
        ``role`` is the effect or component that the individual has in it.
    observed : float
    deviation : float or None
        Less everything but the individual's own value in that role; None where it enters by a
        regression.
    residual : float
    corrections : tuple of Correction
        What was subtracted, by effect; ``everything else`` is what is not told by name.
    """

    record: int
    trait: str
    role: str
    observed: float
    deviation: float | None
    residual: float
    corrections: tuple[Correction, ...]


def records_of(
    recorded: Recorded, model: Model, solutions: pd.DataFrame, own: pd.DataFrame, individual: str
) -> Iterator[RecordOf]:
    """Every record in which the individual stands in a column of an effect of its own.

    Parameters
    ----------
    recorded : Recorded
    model : Model
    solutions : DataFrame
    own : DataFrame
        Its breeding values.
    individual : str
    """
    table = recorded.table
    if table is None or recorded.residuals.empty:
        return
    effects = [effect for effect in model.random if effect.name in set(own["effect"])]
    seen: set[tuple[str, ...]] = set()
    for effect in effects:
        for name, component in effect.parts.items():
            columns = _columns(component)
            if columns in seen or any(column not in table.columns for column in columns):
                continue
            seen.add(columns)
            rows = np.unique(np.concatenate([_rows(table, column, individual)
                                             for column in columns]))
            part = recorded.residuals[recorded.residuals["record"].isin(rows + 1)]
            for line in rows_of(part):
                value = _own_value(model, own, columns, line.trait)
                told = _corrections(model, table, solutions, line, columns)
                yield _record(line, name, value, told)


def _record(
    line: Any, role: str, value: float | None, told: Sequence[Correction]
) -> RecordOf:
    deviation, corrections = None, tuple(told)
    if value is not None:
        deviation = float(line.residual) + value
        rest = float(line.observed) - deviation - sum(one.amount for one in told)
        if abs(rest) > ROUNDING * max(1.0, abs(line.observed)):
            corrections = (*told, Correction("everything else", "", rest))
    return RecordOf(int(line.record), str(line.trait), role, float(line.observed), deviation,
                    float(line.residual), corrections)


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, their cells by name."""
    return iter(table.itertuples(index=False))


def _columns(component: Component) -> tuple[str, ...]:
    return component.columns or ((component.column,) if component.column else ())


def _rows(table: Table, column: str, individual: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    same = pc.fill_null(pc.equal(table.text(column), individual), False)
    return np.flatnonzero(same.to_numpy(zero_copy_only=False))


def _own_value(
    model: Model, own: pd.DataFrame, columns: tuple[str, ...], trait: str
) -> float | None:
    """What all effects that have the individual in these columns add for it."""
    total = 0.0
    for effect in model.random:
        for name, component in effect.parts.items():
            cell = own[(own["effect"] == effect.name) & (own["trait"] == trait)]
            if _columns(component) != columns or cell.empty:
                continue
            cell = cell[cell["component"] == name]
            if cell.empty or component.basis is not None:
                return None
            total += float(cell["breeding_value"].iloc[0])
    return total


def _corrections(
    model: Model, table: Table, solutions: pd.DataFrame, line: Any, columns: tuple[str, ...]
) -> list[Correction]:
    """The intercept, class effects, covariates, and random effects of other columns."""
    row = table.select(np.array([int(line.record) - 1]))
    own = solutions[solutions["trait"] == line.trait]
    found = []
    if model.intercept_of(line.trait):
        found += _looked_up(own, "intercept", "", "intercept")
    for effect in model.fixed_of(line.trait):
        if isinstance(effect, ClassEffect):
            label = joined(row, effect.factors)[0].as_py()
            found += _looked_up(own, effect.name, "", str(label))
        elif isinstance(effect, Polynomial) and effect.within is None:
            found += _covariate(own, effect.column, row)
    for random in model.random:
        for name, component in random.parts.items():
            mine = _columns(component)
            if mine == columns and own["effect"].eq(random.name).any() and (
                    random.relationship != "identity"):
                continue
            if component.basis is not None or component.column is None:
                continue
            label = joined(row, tuple(component.column.split(":")))[0].as_py()
            if label is not None:
                found += _looked_up(own, random.name, name, str(label))
    return found


def _looked_up(
    solutions: pd.DataFrame, effect: str, component: str, level: str
) -> list[Correction]:
    same = solutions[(solutions["effect"] == effect) & (solutions["component"] == component)
                     & (solutions["level"] == level)]
    shown = "" if level == effect else level
    return [Correction(effect, shown, float(same["estimate"].iloc[0]))] if len(same) == 1 else []


def _covariate(solutions: pd.DataFrame, column: str, row: Table) -> list[Correction]:
    """Powers of a covariate times their solutions, lowest first."""
    same = solutions[(solutions["effect"] == column) & (solutions["component"] == "")]
    try:
        value = float(row.numbers(column, Findings())[0])
    except InputError:
        return []
    if same.empty or not np.isfinite(value):
        return []
    powers = value ** np.arange(1, len(same) + 1)
    return [Correction(column, f"{value:g}", float(powers @ same["estimate"].to_numpy()))]
