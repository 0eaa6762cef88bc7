"""Rows of G for a core, adjusted as the whole would be, and the inverse they make (APY)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.genotypes.calls import Calls, Float64
from breedeval.genotypes.coding import coded_exactly, genomic_coding, squared_lengths
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.products import products_between
from breedeval.genotypes.relationship import SMALL, require_variation, yang_diagonal
from breedeval.levels import Levels
from breedeval.records import Table
from breedeval.relationship.adjustment import Adjustment, Means, means_of, plan_adjustment
from breedeval.relationship.apy import Apy, from_core
from breedeval.relationship.core import Core
from breedeval.relationship.genomic_options import GenomicOptions, MarkerValues, Placed
from breedeval.relationship.kind import Sources
from breedeval.relationship.means import genomic_means, pedigree_means
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import Vector

LANES = 64
"""Columns of A computed at a time."""


@dataclass(frozen=True, eq=False)
class CoreRows:
    """Rows of a relationship matrix for a core, its diagonal, and means of the whole.

    Parameters
    ----------
    core : ndarray of int64, shape (c,)
        Ascending.
    rows : ndarray of float64, shape (c, n)
    diagonal : ndarray of float64, shape (n,)
    means : Means
    """

    core: NDArray[np.int64]
    rows: Vector
    diagonal: Vector
    means: Means


def inverse_with_core(
    options: GenomicOptions, name: str, sources: Sources, values: MarkerValues,
    placed: Placed | None, *, threads: int,
) -> Apy:
    """The APY inverse of G, or of the adjusted G.

    Cost: 2cnm flops for the rows, c³ + 2c²n for the inverse; O(cq) more where A₂₂ takes part.
    """
    assert options.core is not None
    if options.save is not None:
        raise refused_save(name)
    choice, genotypes, other = Core.of(options.core), sources.require_genotypes(), None
    own = genomic_rows(options, genotypes, values, choice, sources.tables.get((name, "core")),
                       threads=threads)
    if placed is not None and options.wanted.needs_pedigree:
        other = pedigree_rows(placed.numerator, placed.rows, own.core)
    planned = plan_adjustment(options.wanted, own.means, None if other is None else other.means,
                              history=values.history, source=genotypes.source)
    adjusted = apply_to_rows(planned, own, other)
    words = f"core: {own.core.size} of {own.diagonal.size} individuals ({choice.words()})"
    made = from_core(genotypes.individuals, own.core, adjusted.rows, adjusted.diagonal,
                     source=genotypes.source, history=(*planned.history, words))
    return replace(made, markers=options.marker_part(
        genotypes, values, np.arange(own.diagonal.size), planned))


def refused_save(name: str) -> InputError:
    """What to say of 'save' beside 'core'."""
    return InputError(Problem(
        f"relationships: {name}", "'save' and 'core' are both given",
        "With a core the whole matrix is never computed", "Remove one of them"))


def rows_of(matrix: Vector, individuals: Levels, choice: Core, table: Table | None) -> CoreRows:
    """Rows of a matrix that is there for the core."""
    core = choice.rows(individuals, table, diagonal=lambda: np.diagonal(matrix),
                       matrix=lambda: matrix)
    return CoreRows(core, matrix[core], np.diagonal(matrix).copy(), means_of(matrix))


def genomic_rows(
    options: GenomicOptions, genotypes: Genotypes, values: MarkerValues, choice: Core,
    table: Table | None, *, threads: int,
) -> CoreRows:
    """Rows of G for the core; the whole of G only where the core or the method asks for it.

    ``table`` lists the core where the choice is a file.
    """
    individuals = genotypes.individuals
    if choice.needs_matrix or options.method == "tetraploid":
        return rows_of(options.genomic(genotypes, values, threads), individuals, choice, table)
    calls, counts = genotypes.calls, genotypes.calls.counts()
    scaled = genomic_coding(counts, options.method, values.frequency, values.weights)
    require_variation(genotypes, scaled.divisor)
    lengths = squared_lengths(calls, scaled.coding, exactly=_is_small(calls, calls.individuals))
    diagonal = lengths / scaled.divisor
    means = genomic_means(calls, scaled, diagonal)
    less: Float64 = np.zeros(calls.individuals)
    if options.method == "yang":
        less = yang_diagonal(calls, counts, values.frequency, values.weights)
    diagonal = diagonal - less
    core = choice.rows(individuals, table, diagonal=lambda: diagonal)
    if _is_small(calls, core.size):
        rows: Float64 = np.zeros((core.size, calls.individuals))
        for block in coded_exactly(calls, scaled.coding):
            rows += block[:, core].T @ block
    else:
        rows = products_between(
            calls.select(individuals=core), calls, scaled.coding, threads=threads)
    rows /= scaled.divisor
    rows[np.arange(core.size), core] = diagonal[core]
    return CoreRows(core, rows, diagonal, replace(means, diagonal=float(diagonal.mean())))


def _is_small(calls: Calls, rows: int) -> bool:
    """Whether rows of G are made in double precision."""
    return float(rows) * calls.individuals * calls.markers <= SMALL


def pedigree_rows(
    numerator: Numerator, places: NDArray[np.int32], core: NDArray[np.int64]
) -> CoreRows:
    """Rows of A₂₂ for the core, by indirect products. O(cq)."""
    rows = np.empty((core.size, places.size))
    size = len(numerator.levels)
    for start in range(0, core.size, LANES):
        some = core[start:start + LANES]
        units = np.zeros((size, some.size))
        units[places[some], np.arange(some.size)] = 1.0
        rows[start:start + LANES] = numerator.covariance_product(units)[places].T
    return CoreRows(core, rows, numerator.variance[places], pedigree_means(numerator, places))


def apply_to_rows(planned: Adjustment, own: CoreRows, other: CoreRows | None) -> CoreRows:
    """The rows and the diagonal of the adjusted matrix."""
    rows = planned.scale * own.rows + planned.constant
    diagonal = planned.scale * own.diagonal + planned.constant + planned.identity
    if planned.pedigree:
        assert other is not None
        rows += planned.pedigree * other.rows
        diagonal = diagonal + planned.pedigree * other.diagonal
    rows[np.arange(own.core.size), own.core] += planned.identity
    return CoreRows(own.core, rows, diagonal, own.means)
