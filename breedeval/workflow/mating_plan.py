"""``selection: mating:`` of a run, understood before anything is solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, Problem
from breedeval.evaluation.criteria import Cell
from breedeval.io.tables import read_table
from breedeval.levels import Levels, text_array
from breedeval.model.form import KeyPath, Misfit, did_you_mean
from breedeval.records import Table
from breedeval.relationship.marker_part import FromMarkers
from breedeval.selection.mating import carriers
from breedeval.selection.settings import MatingSettings, SelectionSettings
from breedeval.workflow.attributes import attribute_names
from breedeval.workflow.ladder import Run
from breedeval.workflow.lists import refuse_headless, warn_of_unknown

BASE: KeyPath = ("selection", "mating")
MAP = ("marker", "chromosome", "centimorgan")
"""Columns of a linkage map."""


@dataclass(frozen=True, eq=False)
class MapTable:
    """A linkage map as read.

    Parameters
    ----------
    names : Levels
    chromosome : ndarray of int64
        Number of the linkage group; −1 where unknown.
    morgans : ndarray of float64
    """

    names: Levels
    chromosome: NDArray[np.int64]
    morgans: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MatingSources:
    """What the files of a mating plan say.

    Parameters
    ----------
    forbidden : tuple of (str, str)
    map : MapTable or None
    """

    forbidden: tuple[tuple[str, str], ...] = ()
    map: MapTable | None = None


def mating_columns(asked: MatingSettings) -> tuple[str, ...]:
    """Columns of individuals that a mating plan needs."""
    return (*asked.avoid, *((asked.herd,) if asked.herd is not None else ()))


def read_mating_sources(
    asked: MatingSettings | None, levels: Levels, findings: Findings
) -> MatingSources:
    """Forbidden pairs and the linkage map.

    Parameters
    ----------
    asked : MatingSettings or None
    levels : Levels
        Individuals with breeding values; others are warned of.
    findings : Findings

    Raises
    ------
    InputError
    """
    if asked is None:
        return MatingSources()
    return MatingSources(
        () if asked.forbidden is None else _pairs(asked.forbidden, levels, findings),
        None if asked.map is None else _map(asked.map))


def _pairs(path: Path, levels: Levels, findings: Findings) -> tuple[tuple[str, str], ...]:
    """The first two columns of a file, of rows that have both."""
    table = read_table(path, missing=("",))
    faults = Findings()
    names = list(table.columns)
    if len(names) < 2:
        faults.fault("columns", _problem(table, "there is one column", "Expected two of "
                                         "individuals that are not mated"))
    faults.raise_faults()
    refuse_headless(table, levels)
    first, second = (table.text(name).to_pylist() for name in names[:2])
    pairs = tuple((one, other) for one, other in zip(first, second, strict=True)
                  if one is not None and other is not None)
    warn_of_unknown("selection: mating: forbidden", chain(*pairs), levels, findings)
    return pairs


def _map(path: Path) -> MapTable:
    findings = Findings()
    table = read_table(path, findings=findings)
    for name in MAP:
        if name not in table.columns:
            findings.fault("columns", _problem(
                table, f"there is no column '{name}'", f"Expected {', '.join(MAP)}"))
    findings.raise_faults()
    morgans = table.numbers("centimorgan", findings) / 100
    findings.raise_faults()
    _, codes = table.classes("chromosome")
    known = table.text("marker").is_valid().to_numpy(zero_copy_only=False)
    names = table.text("marker").filter(pa.array(known))
    if len(names) != len(pc.unique(names)):
        findings.fault("marker", _problem(table, "a marker is listed twice",
                                          "Expected one row a marker"))
    findings.raise_faults()
    chromosome = np.where(np.isfinite(morgans), codes, -1)[known].astype(np.int64)
    return MapTable(Levels(names), chromosome, np.nan_to_num(morgans)[known])


def _problem(table: Table, found: str, expected: str) -> Problem:
    return Problem(table.source, found, expected, "Correct the file")


def mating_misfits(
    run: Run, asked: SelectionSettings, equations: Equations, cells: tuple[tuple[Cell, ...], ...]
) -> Iterator[Misfit]:
    """What of a mating plan does not fit the data and the model."""
    mating = asked.mating
    if mating is None:
        return
    attributes = attribute_names(run)
    places = {**{name: (*BASE, "avoid", at) for at, name in enumerate(mating.avoid)},
              **({} if mating.herd is None else {mating.herd: (*BASE, "herd")})}
    for name, path in places.items():
        if name not in attributes:
            yield Misfit(path, f"there is no column '{name}'",
                         f"Expected one of: {', '.join(attributes)}",
                         did_you_mean(name, attributes))
        elif name in mating.avoid and (strange := _strange(run, name)):
            yield Misfit(path, f"'{strange[0]}' in column '{name}' does not say whether it is a "
                         "carrier", "Expected 1, yes or carrier; 0, no or free; or nothing",
                         "Correct the column")
    if mating.objective == "usefulness":
        yield from _without_markers(equations, cells)


def _strange(run: Run, name: str) -> tuple[str, ...]:
    """Values of a column that are no status of a carrier."""
    pedigree = run.inputs.pedigree
    if pedigree is not None and name in pedigree.carried:
        column = text_array(pedigree.carried[name])
    elif name in run.inputs.records.columns:
        column = run.inputs.records.text(name)
    else:
        return ()
    return carriers(pc.unique(column).to_pylist()).strange


def _without_markers(
    equations: Equations, cells: tuple[tuple[Cell, ...], ...]
) -> Iterator[Misfit]:
    """Usefulness needs effects of diploid markers."""
    path = (*BASE, "objective")
    effect = effect_of_markers(equations, cells)
    if effect is None:
        yield Misfit(path, "usefulness needs effects of markers, and no relationship of the index "
                     "is made from markers", "Expected a genomic or single-step one",
                     "Write 'objective: index'")
        return
    precision = equations.precisions[effect]
    assert isinstance(precision, FromMarkers)
    assert precision.markers is not None
    if precision.markers.genotypes.calls.ploidy != 2:
        yield Misfit(path, f"the genotypes are of ploidy "
                     f"{precision.markers.genotypes.calls.ploidy}", "Expected diploids",
                     "Write 'objective: index'")


def effect_of_markers(
    equations: Equations, cells: tuple[tuple[Cell, ...], ...]
) -> int | None:
    """The first effect of the criteria whose relationship is a sum over markers."""
    for own in cells:
        for cell in own:
            precision = equations.precisions[cell.effect]
            if isinstance(precision, FromMarkers) and precision.markers is not None:
                return cell.effect
    return None
