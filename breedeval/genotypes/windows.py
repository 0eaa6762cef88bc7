"""Windows of neighbouring markers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.markers import Markers
from breedeval.levels import classify

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Windows:
    """Markers in the order of the map, cut into w windows that do not overlap.

    Parameters
    ----------
    order : ndarray of int64, shape (k,)
        Markers by chromosome and position; those that are in no window are left out.
    bounds : ndarray of int64, shape (w + 1,)
        Window i holds the markers order[bounds[i]] … order[bounds[i + 1] − 1].
    """

    order: Int64
    bounds: Int64

    def __len__(self) -> int:
        return self.bounds.size - 1

    def members(self, window: int) -> Int64:
        """Markers of a window."""
        return self.order[self.bounds[window]:self.bounds[window + 1]]

    def of_markers(self, markers: int) -> Int64:
        """Window of each of all markers; −1 where it is in none."""
        found = np.full(markers, -1)
        found[self.order] = np.repeat(np.arange(len(self)), np.diff(self.bounds))
        return found


def map_order(markers: Markers) -> tuple[Int64, NDArray[np.int32]]:
    """Markers by chromosome (unknown ones last) and position, and the chromosome of each marker.

    Chromosomes are numbered in the order in which people count them.
    """
    levels, chromosome = classify(markers.chromosome)
    chromosome = np.where(chromosome < 0, len(levels), chromosome).astype(np.int32)
    return np.lexsort((markers.position, chromosome)), chromosome


def windows_of_markers(markers: Markers, size: int) -> Windows:
    """So many neighbouring markers a window; the last of a chromosome may have fewer.

    Markers of no known chromosome follow at the end, in their own order.
    """
    order, chromosome = map_order(markers)
    place = np.arange(order.size)
    first = _starts(chromosome[order])
    within = place - first[np.searchsorted(first, place, side="right") - 1] if place.size else place
    return Windows(order, _bounds(np.flatnonzero(within % size == 0), order.size))


def windows_of_base_pairs(markers: Markers, length: int) -> Windows:
    """Stretches of so many base pairs; those without a marker, and markers without place, are none.
    """
    order, chromosome = map_order(markers)
    placed = np.asarray(markers.chromosome.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    order = order[(placed & (markers.position > 0))[order]]
    stretch = (markers.position[order] - 1) // length
    changes = (np.diff(chromosome[order], prepend=-1) != 0) | (np.diff(stretch, prepend=-1) != 0)
    return Windows(order, _bounds(np.flatnonzero(changes), order.size))


def _starts(groups: NDArray[np.int32]) -> Int64:
    """First place of each run of equal values."""
    return np.flatnonzero(np.diff(groups, prepend=-1) != 0)


def _bounds(starts: Int64, size: int) -> Int64:
    return np.append(starts, size) if size else np.zeros(1, np.int64)
