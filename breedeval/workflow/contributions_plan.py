"""``selection: contributions:`` of a run, understood before anything is solved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, Problem
from breedeval.io.tables import read_table
from breedeval.levels import Levels
from breedeval.model.form import KeyPath, Misfit, did_you_mean
from breedeval.records import Table
from breedeval.selection.settings import ContributionSettings, SelectionSettings
from breedeval.workflow.ladder import Run
from breedeval.workflow.lists import refuse_headless

BASE: KeyPath = ("selection", "contributions")
COLUMNS = ("minimum", "maximum")
"""Of the file of bounds, beside that of individuals."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """Least and most contributions of some individuals.

    Parameters
    ----------
    least, most : mapping of str to float
        By individual, where there is one.
    """

    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)


def read_bounds(asked: ContributionSettings | None, levels: Levels, findings: Findings) -> Bounds:
    """The file of bounds.

    Parameters
    ----------
    asked : ContributionSettings or None
    levels : Levels
        Individuals with breeding values; others are warned of.
    findings : Findings

    Raises
    ------
    InputError
    """
    if asked is None or asked.bounds is None:
        return Bounds()
    return _bounds(asked.bounds, levels, findings)


def _bounds(path: Path, levels: Levels, findings: Findings) -> Bounds:
    faults = Findings()
    table = read_table(path, missing=("", "NA"), findings=faults)
    refuse_headless(table, levels)
    names = list(table.columns)
    limits = [name for name in COLUMNS if name in names]
    if not limits or names[0] in COLUMNS:
        faults.fault("columns", Problem(
            table.source, f"the columns are {', '.join(names)}",
            "Expected individual, and minimum or maximum or both", "Name them so"))
    faults.raise_faults()
    individuals = [None if one is None else str(one) for one in table.text(names[0]).to_pylist()]
    found = {name: _numbers(table, name, individuals, faults) for name in limits}
    twice = sorted({one for one in individuals if one is not None
                    and individuals.count(one) > 1}) if len(set(individuals)) < len(
                        individuals) else []
    if twice:
        faults.fault("twice", *(Problem(
            table.source, f"'{one}' is listed twice", "Expected one row an individual",
            "Remove one of them") for one in twice[:5]), total=len(twice))
    faults.raise_faults()
    listed = [one for one in individuals if one is not None]
    unknown = [one for one, code in zip(listed, levels.codes(listed), strict=True) if code < 0]
    if unknown:
        findings.warn("bounds", *(Problem(
            table.source, f"'{one}' has no breeding values, so that its bounds are not used", "",
            "Correct the name, or leave it out") for one in unknown[:5]), total=len(unknown))
    return Bounds(found.get("minimum", {}), found.get("maximum", {}))


def _numbers(
    table: Table, name: str, individuals: list[str | None], faults: Findings
) -> dict[str, float]:
    """Numbers of a column by individual, each between 0 and 1."""
    values = table.numbers(name, faults)
    rows = np.flatnonzero((values < 0) | (values > 1))
    if rows.size:
        faults.fault(name, *(Problem(
            table.where(int(row)), f"the {name} is {values[row]:g}", "Expected 0 to 1, a share of "
            "the genes of the next generation", "Correct the cell") for row in rows[:5]),
            total=int(rows.size))
    return {one: float(value) for one, value in zip(individuals, values, strict=True)
            if one is not None and np.isfinite(value)}


def contribution_misfits(
    run: Run, asked: SelectionSettings, equations: Equations
) -> Iterator[Misfit]:
    """What of the contributions does not fit the model."""
    wanted = None if asked.contributions is None else asked.contributions.relationship
    if wanted is None:
        return
    known = relationship_names(run, equations)
    if wanted not in known:
        yield Misfit((*BASE, "relationship"), f"there is no relationship '{wanted}' in this run",
                     f"Expected one of: {', '.join(known)}", did_you_mean(wanted, known))


def relationship_names(run: Run, equations: Equations) -> list[str]:
    """Relationships that coancestry can be taken from: those of the model, and the pedigree's."""
    found = [term.relationship for term, precision in zip(
        equations.design.random, equations.precisions, strict=True)
        if precision.of_individuals and precision.additive]
    return list(dict.fromkeys([*found, *([] if run.inputs.pedigree is None else ["pedigree"])]))
