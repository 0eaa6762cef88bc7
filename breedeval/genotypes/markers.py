"""Markers: their names, places on the map and alleles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.levels import Levels


@dataclass(frozen=True, eq=False)
class Markers:
    """The m markers of a set of genotypes, in the order of its rows.

    Parameters
    ----------
    names : Levels, length m
        Distinct.
    chromosome : pyarrow.Array of string, shape (m,)
        As written; null where unknown.
    position : ndarray of int64, shape (m,)
        In base pairs; 0 where unknown.
    counted, other : pyarrow.Array of string, shape (m,)
        The allele whose copies are counted, and the other one; null where unknown.
    """

    names: Levels
    chromosome: pa.Array
    position: NDArray[np.int64]
    counted: pa.Array
    other: pa.Array

    def __len__(self) -> int:
        return len(self.names)

    def take(self, kept: NDArray[np.int64]) -> Markers:
        """Those of the positions given, in that order."""
        index = pa.array(kept)
        return replace(
            self, names=Levels(self.names.labels.take(index)),
            chromosome=self.chromosome.take(index), position=self.position[kept],
            counted=self.counted.take(index), other=self.other.take(index))


def unplaced(names: Levels) -> Markers:
    """Markers of which nothing but the names is known."""
    nothing = pa.nulls(len(names), pa.large_string())
    return Markers(names, nothing, np.zeros(len(names), np.int64), nothing, nothing)
