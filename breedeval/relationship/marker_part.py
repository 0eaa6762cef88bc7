"""What markers contribute to a relationship: K = f Z′Z + tA₂₂ + c11′ + rI among the genotyped.

With it breeding values can be taken apart into effects of markers: given u, the expected effects
are f Z K⁻¹u.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.coding import ScaledCoding
from breedeval.genotypes.genotypes import Genotypes
from breedeval.relationship.precision import Vector


@dataclass(frozen=True, eq=False)
class MarkerPart:
    """The markers of a relationship.

    Parameters
    ----------
    genotypes : Genotypes
        Of the n genotyped, in the order of their rows.
    coded : ScaledCoding
        Z and what Z′Z is divided by; roots of weights of markers are in its scale.
    rows : ndarray of int64, shape (n,)
        Their places among the levels of the relationship.
    scale : float
        What Z′Z/d is multiplied by: b(1 − β) after a blend and a tuning.
    pedigree, constant, identity : float
        t, c and r.
    """

    genotypes: Genotypes
    coded: ScaledCoding
    rows: NDArray[np.int64]
    scale: float = 1.0
    pedigree: float = 0.0
    constant: float = 0.0
    identity: float = 0.0

    @property
    def factor(self) -> float:
        """f."""
        return self.scale / self.coded.divisor


@runtime_checkable
class FromMarkers(Protocol):
    """A precision that was made from markers."""

    @property
    def markers(self) -> MarkerPart | None:
        """The markers; None where it was made from a matrix."""
        ...


@runtime_checkable
class MarkersUnknown(FromMarkers, Protocol):
    """One whose further levels are the markers: their effects are solved for."""

    def marker_solutions(self, solutions: Vector) -> tuple[Vector, Vector]:
        """Effects (m, k) of coded markers and constants (k,), of solutions of all its levels."""
        ...


@runtime_checkable
class BackSolving(FromMarkers, Protocol):
    """One from whose individuals effects of markers are solved back."""

    def genomic_inverse(self) -> Vector:
        """K⁻¹ of the genotyped alone, in the order of their rows; shape (n, n)."""
        ...
