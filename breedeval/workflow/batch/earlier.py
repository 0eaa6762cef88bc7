"""The table of variances of one run as values that the run file of another can hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from breedeval.errors import InputError, Problem
from breedeval.model.consistency import LOG_LINEAR
from breedeval.model.spec import Model

Cell = tuple[str, str]


@dataclass(frozen=True)
class Source:
    """The run that variances are from, and where it is named."""

    name: str
    where: str


_CLASS = re.compile(r"residual\[(?P<label>.*)\]")
_SLOPE = re.compile(r"log_linear\((?P<name>.*)\)")
RESIDUAL = "residual"
NOTHING = 1e-6
"""Share of the variance of a trait, and of the largest eigenvalue, that is no place to begin."""


def variances_for(model: Model, table: pd.DataFrame, source: Source) -> dict[str, Any]:
    """``variances`` of a run file: a number or matrix for every random effect and the residual.

    Matrices have the rows of the model, by component and trait, whatever the order of the table;
    the other run may have had more traits and effects.

    Parameters
    ----------
    model : Model
        Of the run that takes the variances.
    table : DataFrame
        ``variances`` of the results folder of the other run.
    source : Source
        Its name, and where it is named, for messages.

    Raises
    ------
    InputError
        Everything that the table lacks, at once.
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, cells in _wanted(model).items():
        try:
            found[name] = _matrix(table, name, cells, source)
        except InputError as error:
            problems += error.problems
    try:
        found[RESIDUAL] = _residual(model, table, source)
        if model.residual.log_linear:
            found[LOG_LINEAR] = _slopes(model, table, source)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(*problems)
    return found


def starts_for(model: Model, table: pd.DataFrame) -> dict[str, Any]:
    """The same as far as it goes, to begin an estimation at: without what is missing or 0.

    An estimation that begins at the edge of what is possible may stay there.
    """
    found: dict[str, Any] = {}
    variances = table[(table["component_1"] == table["component_2"])
                      & (table["trait_1"] == table["trait_2"])]
    nowhere = Source("", "")
    total = variances.groupby("trait_1")["estimate"].sum()
    none = variances["estimate"] < NOTHING * variances["trait_1"].map(total)
    for name, cells in {**_wanted(model), RESIDUAL: None}.items():
        if none[variances["effect"] == name].any():
            continue
        try:
            value = _residual(model, table, nowhere) if name == RESIDUAL else (
                _matrix(table, name, cells, nowhere))
        except InputError:
            continue
        if _inside(value):
            found[name] = value
    return found


def _wanted(model: Model) -> dict[str, list[Cell] | None]:
    """Component and trait of every row of the matrices of the random effects.

    None while the classes of a basis are not known.
    """
    found: dict[str, list[Cell] | None] = {}
    for effect in model.random:
        coefficients = effect.coefficients
        found[effect.name] = None if coefficients is None else [
            (name, trait) for name in coefficients for trait in model.traits_of(effect)]
    return found


def _residual(model: Model, table: pd.DataFrame, source: Source) -> Any:
    """One matrix, or one for each class."""
    if model.residual.by is None:
        return _matrix(table, RESIDUAL, [(RESIDUAL, trait) for trait in model.trait_names], source)
    rows = table[table["effect"] == RESIDUAL]
    names = dict.fromkeys(name for name in rows["component_1"] if _CLASS.fullmatch(name))
    if not names:
        raise _lacking(source, "no residual variances by class")
    labels = [(name, _CLASS.fullmatch(name)) for name in names]
    return {match["label"]: _matrix(
                table, RESIDUAL, [(name, trait) for trait in model.trait_names], source)
            for name, match in labels if match}


def _slopes(model: Model, table: pd.DataFrame, source: Source) -> dict[str, float]:
    rows = table[table["effect"] == RESIDUAL]
    known = {match["name"]: float(value) for name, value in zip(
        rows["component_1"], rows["estimate"], strict=True) if (match := _SLOPE.fullmatch(name))}
    if absent := [name for name in model.residual.log_linear if name not in known]:
        raise _lacking(source, f"no slope of '{absent[0]}' for the residual variance")
    return {name: known[name] for name in model.residual.log_linear}


def _matrix(
    table: pd.DataFrame, effect: str, cells: Sequence[Cell] | None, source: Source
) -> float | list[list[float]]:
    """The matrix of an effect with the rows asked for; all it has where that is None."""
    rows = table[table["effect"] == effect]
    if rows.empty:
        raise _lacking(source, f"no variance of '{effect}'")
    values: dict[tuple[Cell, Cell], float] = {}
    for row in rows.itertuples(index=False):
        one = (str(row.component_1), str(row.trait_1))
        other = (str(row.component_2), str(row.trait_2))
        values[one, other] = values[other, one] = float(row.estimate)  # type: ignore[arg-type]
    known = list(dict.fromkeys(one for one, other in values if one == other))
    cells = known if cells is None else cells
    for name, trait in cells:
        if (name, trait) not in known:
            part = "" if name == effect else f", component '{name}'"
            raise _lacking(source, f"no variance of '{effect}'{part} for the trait '{trait}'")
    matrix = [[values[one, other] for other in cells] for one in cells]
    if not np.isfinite(matrix).all():
        raise _lacking(source, f"a variance of '{effect}' without a value")
    return matrix[0][0] if len(cells) == 1 else matrix


def _lacking(source: Source, what: str) -> InputError:
    return InputError(Problem(source.where, f"'{source.name}' has {what}",
                              "Expected a run with the effects and traits of this one",
                              "Name another run, or give the variances with 'set'"))


def _inside(value: Any) -> bool:
    """Whether matrices are well within the positive definite ones."""
    if isinstance(value, dict):
        return all(_inside(one) for one in value.values())
    eigenvalues = np.linalg.eigvalsh(np.atleast_2d(np.array(value, np.float64)))
    return bool(eigenvalues[0] > NOTHING * eigenvalues[-1])
