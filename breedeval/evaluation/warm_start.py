"""Where an iterative solver starts: the solutions of an earlier run, by what they are called.

An unknown has the value that the earlier run gave to the same effect, component, trait and level.
A new individual starts at the mean of its parents (½ û_sire + ½ û_dam, which is where it stays
without records), everything else that is new at 0. The vector x is then multiplied by the number
that brings it nearest to the solution of Cx = b in the norm of C,

    α = b′x / x′Cx,

so that a start is never worse than 0, whatever it was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.tables import all_labels
from breedeval.levels import Levels, text_array
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.precision import Precision

Vector = NDArray[np.float64]
Key = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Start:
    """Where to start.

    Parameters
    ----------
    unknowns : ndarray of float64, shape (equations.size,)
        In the numbering of the equations.
    matched : int
        Unknowns that the earlier run had.
    from_parents : int
        Unknowns of new individuals, from their parents.
    """

    unknowns: Vector
    matched: int
    from_parents: int


def start_from(equations: Equations, earlier: pd.DataFrame) -> Start:
    """Where to start, from the table of solutions of an earlier run.

    Parameters
    ----------
    equations : Equations
    earlier : DataFrame
        effect, component, trait, level and estimate.

    Notes
    -----
    O(n) hashing and one product with C.
    """
    estimates = np.full(equations.layout.size, np.nan)
    known = {(str(key[0]), str(key[1]), str(key[2])): part for key, part in earlier.groupby(
        ["effect", "component", "trait"], sort=False)}
    for key, levels, positions in _columns(equations):
        part = known.get(key)
        if part is not None:
            place = Levels.of(text_array(part["level"].tolist())).codes(levels.labels)
            there = place >= 0
            estimates[positions[there]] = part["estimate"].to_numpy(np.float64)[place[there]]
    there = np.isfinite(estimates)
    of_parents = _fill_from_parents(equations, estimates)
    numbered = equations.number >= 0
    unknowns = _centred(equations, np.nan_to_num(estimates))
    return Start(unknowns * _best_scale(equations, unknowns), int((there & numbered).sum()),
                 of_parents)


def _columns(equations: Equations) -> Iterator[tuple[Key, Levels, NDArray[np.int64]]]:
    """Every effect × component × trait with its levels and their positions."""
    design, layout = equations.design, equations.layout
    for term, offset in zip(design.fixed, layout.fixed_offsets, strict=True):
        labels = ["intercept"] if term.name == "intercept" else term.labels()
        yield ((term.name, "", design.traits[term.trait]), Levels.of(labels),
               offset + np.arange(term.size))
    for effect, random in enumerate(design.random):
        levels = all_labels(random.levels, equations.precisions[effect].groups)
        width = layout.random_widths[effect]
        first = layout.random_offsets[effect]
        for k, (component, trait) in enumerate(random.cells()):
            yield ((random.name, component, design.traits[trait]), levels,
                   first + k + width * np.arange(len(levels)))


def _fill_from_parents(equations: Equations, estimates: Vector) -> int:
    """Give new individuals the mean of their parents' values; how many unknowns were filled."""
    filled = 0
    for effect, term in enumerate(equations.design.random):
        precision = equations.precisions[effect]
        pedigree = _pedigree_of(precision, len(term.levels))
        if pedigree is None:
            continue
        width = equations.layout.random_widths[effect]
        cells = estimates[equations.layout.random_slice(effect)].reshape(-1, width)
        new = np.flatnonzero(np.isnan(cells[:len(pedigree)]).any(axis=1))
        if not new.size or new.size == len(pedigree):
            continue
        values = np.vstack([np.nan_to_num(cells), np.zeros(width)])
        groups = len(pedigree) if len(precision.groups) else None
        sire = _parent_rows(pedigree.sire, pedigree.sire_group, groups)
        dam = _parent_rows(pedigree.dam, pedigree.dam_group, groups)
        for generation in np.unique(pedigree.generation[new]):
            rows = new[pedigree.generation[new] == generation]
            means = 0.5 * (values[sire[rows]] + values[dam[rows]])
            values[rows] = np.where(np.isnan(cells[rows]), means, values[rows])
        filled += int(np.isnan(cells[new]).sum())
        cells[new] = values[new]
    return filled


def _pedigree_of(precision: Precision, levels: int) -> Pedigree | None:
    """The pedigree whose individuals are the levels of a relationship of breeding values."""
    pedigree = precision.pedigree
    if pedigree is None or not precision.additive or len(pedigree) != levels:
        return None
    return pedigree if precision.levels.labels.equals(pedigree.individuals.labels) else None


def _parent_rows(
    parent: NDArray[np.int32], group: NDArray[np.int32], groups: int | None
) -> NDArray[np.int64]:
    """Rows of the parents, or of their groups after the individuals; −1, a row of 0, for none."""
    rows = parent.astype(np.int64)
    if groups is not None:
        rows[(parent < 0) & (group >= 0)] = groups + group[(parent < 0) & (group >= 0)]
    return rows


def _centred(equations: Equations, estimates: Vector) -> Vector:
    """Unknowns of the equations from estimates of the user's covariates: b = Tγ solved for γ."""
    number, back = equations.number, equations.restoration
    unknowns = estimates[number >= 0]
    own = back.positions[number[back.positions] >= 0]
    if own.size:
        at = number[own]
        rows = back.rows[number[back.positions] >= 0][:, at]
        unknowns[at] = np.linalg.solve(rows, estimates[own])
    return unknowns


def _best_scale(equations: Equations, unknowns: Vector) -> float:
    """α = b′x / x′Cx; 0 where x is no start at all."""
    curvature = float(unknowns @ equations.product(unknowns))
    return float(unknowns @ equations.right_hand_side) / curvature if curvature > 0.0 else 0.0
