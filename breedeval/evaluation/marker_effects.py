"""Effects of markers, solved back from breeding values.

With K = f Z′Z + … among the genotyped (:mod:`breedeval.relationship.marker_part`) and û of them,

    â = f Z K⁻¹û,   var(â) = f² Z M Z′,   M = K⁻¹(σ²K − PEV)K⁻¹ = σ²K⁻¹ − K⁻¹ PEV K⁻¹,

where PEV is the block of C⁻¹ of the genotyped. z = â/√var(â) tests a marker as a fixed effect
beside all others would; the prediction error variance of an effect is fσ² − var(â).

References
----------
Strandén & Garrick (2009), J. Dairy Sci. 92:2971; Gualdrón Duarte et al. (2014), BMC Bioinformatics
15:246; Aguilar et al. (2019), Genet. Sel. Evol. 51:28; Mrode & Pocrnic (2023), section 11.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

from breedeval.equations.henderson import Equations
from breedeval.evaluation.solving import Solutions
from breedeval.relationship.marker_part import (
    BackSolving,
    FromMarkers,
    MarkerPart,
    MarkersUnknown,
)
from breedeval.solve import Factor

Float64 = NDArray[np.float64]

BLOCK = 1024
"""Markers at a time."""
LANES = 256
"""Columns of C⁻¹ at a time."""
NOTHING = 1e-10
"""Share of the variance of an effect that is rounding of zero."""


@dataclass(frozen=True, eq=False)
class CellEffects:
    """Effects of the m markers on one component and trait.

    Parameters
    ----------
    component, trait : str
    estimate : ndarray of float64, shape (m,)
        Of one more copy of the counted allele.
    error_variance, variance : ndarray of float64, shape (m,)
        PEV of the effects, and var(â); NaN where not computed.
    genetic_variance : float
        σ².
    offset : float
        c1′K⁻¹û: what K's constant adds to everybody's value.
    middle : ndarray of float64, shape (n, n), or None
        M.
    """

    component: str
    trait: str
    estimate: Float64
    error_variance: Float64
    variance: Float64
    genetic_variance: float
    offset: float
    middle: Float64 | None

    @property
    def z(self) -> Float64:
        """Effects over their standard deviations; NaN where the records tell nothing of a marker.
        """
        told = self.variance > NOTHING * (self.variance + self.error_variance)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(told, self.estimate / np.sqrt(self.variance), np.nan)

    @property
    def p_value(self) -> Float64:
        """Two-sided, from the normal distribution."""
        return np.asarray(2 * ndtr(-np.abs(self.z)), np.float64)

    @property
    def inflation(self) -> float:
        """Genomic control: median of z² over that of χ² with one degree of freedom."""
        squares = np.square(self.z[np.isfinite(self.z)])
        return float(np.median(squares) / chdtri(1, 0.5)) if squares.size else float("nan")


@dataclass(frozen=True, eq=False)
class MarkerEffects:
    """Effects of markers of one random effect.

    Parameters
    ----------
    effect : str
    part : MarkerPart
    cells : tuple of CellEffects
    rounds : tuple of mapping
        What every weighted round did; after one, tests would be of what the data chose.
    """

    effect: str
    part: MarkerPart
    cells: tuple[CellEffects, ...]
    rounds: tuple[Mapping[str, float], ...] = ()

    @property
    def is_tested(self) -> bool:
        """Whether there are p-values."""
        return not self.rounds and any(cell.middle is not None for cell in self.cells)


def marker_effects(
    solutions: Solutions, effect: int, precision: FromMarkers, factor: Factor | None
) -> MarkerEffects:
    """Solve breeding values of an effect back to effects of its markers.

    Parameters
    ----------
    solutions : Solutions
    effect : int
    precision : FromMarkers
        Of that effect; where markers are unknowns of their own, their solutions are taken.
    factor : Factor or None
        Of the equations' coefficient matrix; without it there are no standard errors.

    Notes
    -----
    Cost: nm flops, and with a factor 2n²m + 4n³ and the solution of n systems for each cell;
    memory 3 × 8n² bytes.
    """
    equations, part = solutions.equations, precision.markers
    assert part is not None
    term = equations.design.random[effect]
    inverse = precision.genomic_inverse() if isinstance(precision, BackSolving) else None
    coded, offsets = _coded_effects(solutions, effect, precision, inverse)
    scale = part.coded.coding.scale
    covariance = equations.covariances[effect].matrix
    cells = []
    for k, (component, trait) in enumerate(term.cells()):
        prior = float(covariance[k, k])
        middle, spread = None, np.full(scale.size, np.nan)
        if factor is not None and inverse is not None:
            errors = _error_block(equations, effect, k, part.rows, factor)
            middle = prior * inverse - inverse @ errors @ inverse
            spread = part.factor**2 * _quadratics(part, middle)
        cells.append(CellEffects(
            component, equations.design.traits[trait], scale * coded[:, k],
            scale**2 * np.maximum(part.factor * prior - spread, 0.0), scale**2 * spread, prior,
            float(offsets[k]), middle))
    return MarkerEffects(term.name, part, tuple(cells))


def _coded_effects(
    solutions: Solutions, effect: int, precision: FromMarkers, inverse: Float64 | None
) -> tuple[Float64, Float64]:
    """â of coded markers, shape (m, k), and offsets (k,): solved back, or solutions themselves."""
    equations, part = solutions.equations, precision.markers
    assert part is not None
    if isinstance(precision, MarkersUnknown):
        return precision.marker_solutions(equations.random(effect, solutions.unknowns))
    assert inverse is not None
    weighted = inverse @ equations.deviations(effect, solutions.unknowns)[part.rows]
    sums = part.genotypes.calls.transposed_times(weighted, part.coded.coding)
    return part.factor * sums, part.constant * weighted.sum(axis=0)


def marker_variances(effects: MarkerEffects, cell: int = 0) -> Float64:
    """Variance of the values of each marker, 2p(1 − p)â², shape (m,): weights of the next round.

    References
    ----------
    Wang et al. (2012), Genet. Res. 94:73.
    """
    p, ploidy = frequencies(effects.part), effects.part.genotypes.calls.ploidy
    return np.nan_to_num(ploidy * p * (1 - p)) * effects.cells[cell].estimate**2


def frequencies(part: MarkerPart) -> Float64:
    """p of the counted allele, as the relationship has it: its centre over the ploidy."""
    counts = part.genotypes.calls.counts()
    centre = part.coded.coding.centre / counts.ploidy
    return np.where(part.coded.coding.scale > 0, centre, counts.frequency)


def genomic_values(
    part: MarkerPart, estimate: Float64, members: Sequence[NDArray[np.int64]]
) -> Iterator[Float64]:
    """Σ (x − c)â over each set of markers, for all the genotyped; missing calls count 0."""
    calls, coding = part.genotypes.calls, part.coded.coding
    scale = np.where(coding.scale > 0, coding.scale, 1.0)
    for markers in members:
        own = type(coding)(coding.centre[markers], coding.scale[markers])
        effects = (estimate[markers] / scale[markers])[:, None]
        yield calls.select(markers=markers).times(effects, own)[:, 0]


def _blocks(part: MarkerPart) -> Iterator[Float64]:
    """Z, block by block of markers."""
    calls, coding = part.genotypes.calls, part.coded.coding
    for start in range(0, calls.markers, BLOCK):
        stop = min(start + BLOCK, calls.markers)
        yield calls.coded(start, stop, coding.part(start, stop)).astype(np.float64)


def _quadratics(part: MarkerPart, middle: Float64) -> Float64:
    """diag(Z M Z′), shape (m,)."""
    return np.concatenate([np.zeros(0), *(
        np.einsum("ij,ij->i", block @ middle, block) for block in _blocks(part))])


def _error_block(
    equations: Equations, effect: int, cell: int, rows: NDArray[np.int64], factor: Factor
) -> Float64:
    """PEV among some levels of one cell of an effect, shape (n, n)."""
    number = equations.number[equations.layout.random_slice(effect)]
    places = number.reshape(-1, equations.layout.random_widths[effect])[rows, cell]
    block = np.empty((rows.size, rows.size))
    for start in range(0, rows.size, LANES):
        some = places[start:start + LANES]
        units = np.zeros((equations.size, some.size))
        units[some, np.arange(some.size)] = 1.0
        block[:, start:start + LANES] = factor.solve(units)[places]
    return (block + block.T) / 2
