"""Spread of the progeny of every cross, from the markers of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.evaluation.criteria import Cell
from breedeval.evaluation.marker_effects import marker_effects
from breedeval.evaluation.solving import Solutions
from breedeval.genotypes.markers import Markers
from breedeval.model.form import Misfit, MisfitError
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.marker_part import FromMarkers, MarkerPart
from breedeval.selection.linkage import LinkageMap, map_of_base_pairs
from breedeval.selection.settings import MatingSettings
from breedeval.selection.usefulness import (
    Trio,
    gamete_variances,
    heterozygosity,
    line_variances,
)
from breedeval.workflow.mating_plan import BASE, MapTable, MatingSources, effect_of_markers

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

MIXED = 0.01
"""Part of the genotypes of lines that may be heterozygous before it is warned of."""


@dataclass(frozen=True, eq=False)
class Parents:
    """Names of the parents on either side of a cross; the same object where there are no sexes."""

    first: list[str]
    second: list[str]


@dataclass(frozen=True, eq=False)
class Spread:
    """Standard deviation of the progeny of every pair, on the index.

    Parameters
    ----------
    deviation : ndarray of float64, shape (f, m)
    resolved : float or None
        Of outbred parents: mean part of the heterozygous loci whose phase is known.
    unplaced : int
        Markers that are taken to be linked to none.
    markers : int
    """

    deviation: Float64
    resolved: float | None
    unplaced: int
    markers: int


def weighted_effects(
    solutions: Solutions, cells: tuple[tuple[Cell, ...], ...], weights: Float64
) -> tuple[MarkerPart, Float64]:
    """The markers, and the effect on the index of one more copy of each, shape (m,).

    Parameters
    ----------
    solutions : Solutions
    cells : tuple of tuple of Cell
        Of the criteria.
    weights : ndarray of float64, shape (k,)
        Of the criteria in the index.
    """
    effect = effect_of_markers(solutions.equations, cells)
    assert effect is not None
    precision = solutions.equations.precisions[effect]
    assert isinstance(precision, FromMarkers)
    found = marker_effects(solutions, effect, precision, None)
    total: Float64 = np.zeros(len(found.part.genotypes.markers))
    for own, weight in zip(cells, weights, strict=True):
        for cell in own:
            if cell.effect == effect:
                total += weight * found.cells[cell.cell].estimate
    return found.part, total


def spread_of_progeny(
    asked: MatingSettings, sources: MatingSources, part: MarkerPart, effects: Float64,
    parents: Parents, pedigree: Pedigree | None, findings: Findings,
) -> Spread:
    """σ of every cross.

    Raises
    ------
    MisfitError
        When a parent is not genotyped.
    """
    places = _places(asked, sources.map, part.genotypes.markers, findings)
    one_sided = parents.second is parents.first
    progeny = asked.progeny or ("doubled_haploid" if one_sided else "outbred")
    first, second = _genotyped(part, parents.first), _genotyped(part, parents.second)
    resolved = None
    if progeny == "outbred":
        both = np.concatenate([first, second])
        found = gamete_variances(_trio(part, both, pedigree), effects, places)
        if not np.isnan(found.resolved).all():
            resolved = float(np.nanmean(found.resolved))
        variance = found.variance[:first.size, None] + found.variance[first.size:]
    else:
        everybody, place = np.unique(np.concatenate([first, second]), return_inverse=True)
        calls = part.genotypes.calls.select(individuals=everybody)
        _warn_of_mixed(heterozygosity(calls), findings)
        whole = line_variances(calls, effects, places, progeny)
        variance = whole[np.ix_(place[:first.size], place[first.size:])]
    return Spread(np.sqrt(variance), resolved, places.unplaced, effects.size)


def _places(
    asked: MatingSettings, table: MapTable | None, markers: Markers, findings: Findings
) -> LinkageMap:
    """The linkage map of the markers."""
    if table is None:
        found = map_of_base_pairs(markers, asked.centimorgans_per_megabase)
    else:
        rows = table.names.codes(markers.names.labels)
        known = rows >= 0
        found = LinkageMap(np.where(known, table.chromosome[rows], -1),
                           np.where(known, table.morgans[rows], 0.0))
    if found.unplaced:
        findings.warn("linkage map", Problem(
            "selection: mating", f"{found.unplaced:,} of {len(markers):,} markers have no place on "
            "the map, and are taken to be linked to none", "Expected a chromosome and a position",
            "Give 'map:', or their positions with the genotypes"))
    return found


def _genotyped(part: MarkerPart, names: list[str]) -> Int64:
    """Rows of the parents among the genotyped."""
    rows = part.genotypes.individuals.codes(names).astype(np.int64)
    without = [name for name, row in zip(names, rows, strict=True) if row < 0]
    if without:
        more = ", …" if len(without) > 5 else ""
        raise MisfitError(Misfit(
            (*BASE, "objective"), f"{len(without):,} of {len(names):,} parents are not genotyped "
            f"({', '.join(without[:5])}{more})", "Usefulness needs genotypes of all of them",
            "Write 'objective: index', or make candidates of the genotyped alone"))
    return rows


def _trio(part: MarkerPart, rows: Int64, pedigree: Pedigree | None) -> Trio:
    """Parents' genotypes and those of their sires and dams."""
    people = part.genotypes.individuals
    nobody = np.full(rows.size, -1)
    if pedigree is None:
        return Trio(part.genotypes.calls, rows, nobody, nobody)
    own = pedigree.individuals.codes(people.take(rows.astype(np.int32)))
    found = []
    for side in (pedigree.sire, pedigree.dam):
        parent = np.where(own >= 0, side[own], -1).astype(np.int32)
        found.append(people.codes(pedigree.individuals.take(parent)).astype(np.int64))
    return Trio(part.genotypes.calls, rows, *found)


def _warn_of_mixed(part: float, findings: Findings) -> None:
    if part > MIXED:
        findings.warn("heterozygous lines", Problem(
            "selection: mating", f"{part:.1%} of the genotypes of the lines are heterozygous",
            "Expected inbred lines: such a genotype counts as halfway",
            "Write 'progeny: outbred' where parents are not inbred"))
