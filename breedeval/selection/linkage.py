"""Where markers are on a linkage map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.markers import Markers

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LinkageMap:
    """Chromosome and place of the m markers.

    Parameters
    ----------
    chromosome : ndarray of int64, shape (m,)
        Number of the linkage group; −1 where a marker has no place. Such a marker is taken to be
        linked to none.
    morgans : ndarray of float64, shape (m,)
        Distance from the start of the group.
    """

    chromosome: Int64
    morgans: Float64

    @property
    def unplaced(self) -> int:
        """Number of markers without a place."""
        return int((self.chromosome < 0).sum())

    def groups(self) -> Iterator[tuple[Int64, Float64 | None]]:
        """Markers of every chromosome in the order of the map, and their places.

        Those without a place come last, and have None.
        """
        for number in np.unique(self.chromosome[self.chromosome >= 0]):
            own = np.flatnonzero(self.chromosome == number)
            own = own[np.argsort(self.morgans[own], kind="stable")]
            yield own, self.morgans[own]
        if self.unplaced:
            yield np.flatnonzero(self.chromosome < 0), None


def map_of_base_pairs(markers: Markers, centimorgans_per_megabase: float) -> LinkageMap:
    """Places in base pairs as places on a map with the same rate everywhere.

    Parameters
    ----------
    markers : Markers
        Those without a chromosome or position have no place.
    centimorgans_per_megabase : float
    """
    codes = markers.chromosome.dictionary_encode().indices
    chromosome = codes.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    chromosome[markers.position <= 0] = -1
    return LinkageMap(chromosome, np.asarray(
        markers.position * (centimorgans_per_megabase * 1e-8), np.float64))
