"""Breeding values as criteria of decisions: by the names a run file has for them.

A criterion is the sum of breeding values of one individual over the additive effects that have it:
one cell where the model has one such effect, two where it has a pedigree and a genomic one beside
it. Its prediction errors are those of the sum, with covariances among criteria.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.systems import System
from breedeval.levels import Levels
from breedeval.model.form import KeyPath, Misfit, did_you_mean

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One cell of an additive effect: its place, and what it is called."""

    effect: int
    cell: int
    names: tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Criteria:
    """Breeding values of k criteria for n individuals.

    Parameters
    ----------
    names : tuple of str, length k
    cells : tuple of tuple of Cell, length k
    individuals : Levels, length n
        Those that every effect concerned has, in the order of the first of them.
    values : ndarray of float64, shape (n, k)
    genetic : ndarray of float64, shape (k, k)
        Genetic (co)variances of individuals whose relationship with themselves is one.
    scale : ndarray of float64, shape (n,)
        That relationship, of the first effect: 1 + F for A.
    errors : ndarray of float64, shape (n, k, k), or None
        Covariances of the prediction errors; None when they are not known.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    individuals: Levels
    values: Matrix
    genetic: Matrix
    scale: Vector
    errors: NDArray[np.float64] | None


def additive_cells(equations: Equations) -> list[Cell]:
    """The cells of all effects whose solutions are breeding values."""
    traits = equations.design.traits
    return [Cell(effect, k, (term.name, name, traits[trait]))
            for effect, term in enumerate(equations.design.random)
            if equations.precisions[effect].additive
            and equations.precisions[effect].of_individuals
            for k, (name, trait) in enumerate(term.cells())]


def find_criteria(
    equations: Equations, names: Sequence[str], paths: Mapping[str, KeyPath]
) -> tuple[tuple[Cell, ...], ...] | tuple[Misfit, ...]:
    """The cells that each name stands for, or why a name stands for none or for too many."""
    known = _names(additive_cells(equations))
    misfits = tuple(_name_misfits(names, known, paths))
    return misfits or tuple(known[name] for name in names)


def _names(cells: list[Cell]) -> dict[str, tuple[Cell, ...]]:
    """Every name that a criterion may have: a trait, component:trait, effect:component:trait."""
    found: dict[str, tuple[Cell, ...]] = {}
    for cell in cells:
        effect, component, trait = cell.names
        several = len({one.names[2] for one in cells}) > 1
        for name in dict.fromkeys([trait, *([] if several else [component]),
                                   f"{component}:{trait}", f"{effect}:{component}:{trait}"]):
            found[name] = (*found.get(name, ()), cell)
    return found


def _name_misfits(
    names: Sequence[str], known: dict[str, tuple[Cell, ...]], paths: Mapping[str, KeyPath]
) -> Iterator[Misfit]:
    for name in names:
        path = paths.get(name, ("selection", "index"))
        if name not in known:
            yield Misfit(path, f"there are no breeding values called '{name}'",
                         f"Expected one of: {', '.join(_shortest(known))}",
                         did_you_mean(name, list(known)))
            continue
        effects = [cell.effect for cell in known[name]]
        if len(set(effects)) < len(effects):
            choices = [":".join(cell.names[1:]) for cell in known[name]]
            yield Misfit(path, f"'{name}' has several breeding values of one effect",
                         "Expected one of them", f"Name one: {', '.join(choices)}")


def _shortest(known: dict[str, tuple[Cell, ...]]) -> list[str]:
    """The shortest name of everything that can be named."""
    shortest: dict[tuple[Cell, ...], str] = {}
    for name, cells in known.items():
        shortest.setdefault(cells, name)
    return list(shortest.values())


def make_criteria(
    solutions: Solutions, names: tuple[str, ...], cells: tuple[tuple[Cell, ...], ...],
    system: System | None,
) -> Criteria:
    """Breeding values and prediction errors of the criteria.

    Parameters
    ----------
    solutions : Solutions
    names : tuple of str
    cells : tuple of tuple of Cell
        From :func:`find_criteria`.
    system : System or None
        What they were solved with; without it covariances of errors are not known.
    """
    equations = solutions.equations
    effects = sorted({cell.effect for own in cells for cell in own})
    first = equations.design.random[effects[0]].levels
    rows = {effect: equations.design.random[effect].levels.codes(first.labels)
            for effect in effects}
    common = np.logical_and.reduce([codes >= 0 for codes in rows.values()])
    rows = {effect: codes[common] for effect, codes in rows.items()}
    values = np.column_stack([
        sum(solutions.random(cell.effect, solutions.estimates)[rows[cell.effect], cell.cell]
            for cell in own) for own in cells])
    genetic = np.array([[_covariance(equations, one, other) for other in cells] for one in cells])
    scale = equations.precisions[effects[0]].variance[rows[effects[0]]]
    individuals = Levels(first.labels.filter(common)) if not common.all() else first
    return Criteria(names, cells, individuals, values, genetic, scale,
                    _errors(solutions, cells, rows, system))


def _covariance(
    equations: Equations, one: tuple[Cell, ...], other: tuple[Cell, ...]
) -> float:
    """Genetic covariance of two criteria: effects are independent of each other."""
    return sum(float(equations.covariances[a.effect].matrix[a.cell, b.cell])
               for a in one for b in other if a.effect == b.effect)


def _errors(
    solutions: Solutions, cells: tuple[tuple[Cell, ...], ...],
    rows: Mapping[int, NDArray[np.int32]], system: System | None,
) -> NDArray[np.float64] | None:
    """Blocks of C⁻¹, of individuals whose pairs of unknowns are in the pattern of C.

    One effect only: the unknowns of an individual in two effects are together in C only where it
    has records.
    """
    if len(rows) > 1 or solutions.error_variance is None:
        return None
    (effect, own), k = next(iter(rows.items())), len(cells)
    if k == 1:
        found = solutions.random(effect, solutions.error_variance)[own, cells[0][0].cell]
        return np.asarray(found[:, None, None])
    equations = solutions.equations
    part = equations.layout.random_slice(effect)
    number = equations.number[part].reshape(-1, equations.layout.random_widths[effect])[own]
    numbers = number[:, [cell.cell for (cell,) in cells]].astype(np.int64)
    if system is None or numbers.min(initial=0) < 0 or not _in_pattern(equations, effect, cells):
        return None
    return system.error_blocks(numbers)


def _in_pattern(
    equations: Equations, effect: int, cells: tuple[tuple[Cell, ...], ...]
) -> bool:
    """Whether Σ⁻¹ links all cells of the criteria."""
    places = [cell.cell for (cell,) in cells]
    return bool(equations.covariances[effect].pattern[np.ix_(places, places)].all())
