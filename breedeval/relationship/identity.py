"""Independent levels: K = I."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pydantic import Field

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.kind import RelationshipKind, Sources
from breedeval.relationship.precision import Vector
from breedeval.relationship.shares import Shares, shares_of_rest


@dataclass(frozen=True, eq=False)
class Identity:
    """K⁻¹ = I among the levels; log|K| = 0."""

    levels: Levels
    groups: Levels = field(default_factory=lambda: Levels.of([]))
    log_determinant: float = 0.0
    of_individuals: bool = False
    additive: bool = False
    inbreeding: Vector | None = None
    pedigree: Pedigree | None = None
    is_dense: bool = False

    @property
    def variance(self) -> Vector:
        """Ones."""
        return np.ones(len(self.levels))

    @property
    def relationship(self) -> sp.csr_array:
        """The identity matrix."""
        return sp.csr_array(sp.eye_array(len(self.levels)))

    def lower(self) -> sp.csc_array:
        """The identity matrix."""
        return sp.csc_array(sp.eye_array(len(self.levels)))

    def diagonal(self) -> Vector:
        """Ones."""
        return np.ones(len(self.levels))

    def product(self, x: Vector) -> Vector:
        """``x`` itself."""
        return x

    def shares(self, x: Vector) -> Shares:
        """Nobody tells of another."""
        return shares_of_rest(self.diagonal(), x, x, "relatives")

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): there are no groups."""
        return np.zeros((rows.size, 0))


class IdentitySettings(RelationshipKind):
    """Independent levels: K = I."""

    kind: Literal["identity"] = Field("identity", description="Which relationship.")

    def members(self, name: str, sources: Sources) -> None:
        """None: the levels are those found in the records."""

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Identity:
        """The identity among the levels."""
        return Identity(levels)
