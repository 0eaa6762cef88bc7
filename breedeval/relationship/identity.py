"""Independent levels: K = I."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.levels import Levels
from breedeval.relationship.precision import Vector


@dataclass(frozen=True, eq=False)
class Identity:
    """K⁻¹ = I among the levels; log|K| = 0."""

    levels: Levels
    groups: Levels = field(default_factory=lambda: Levels.of([]))
    log_determinant: float = 0.0

    @property
    def variance(self) -> Vector:
        """Ones."""
        return np.ones(len(self.levels))

    def lower(self) -> sp.csc_array:
        """The identity matrix."""
        return sp.csc_array(sp.eye_array(len(self.levels)))

    def diagonal(self) -> Vector:
        """Ones."""
        return np.ones(len(self.levels))

    def product(self, x: Vector) -> Vector:
        """``x`` itself."""
        return x

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): there are no groups."""
        return np.zeros((rows.size, 0))
