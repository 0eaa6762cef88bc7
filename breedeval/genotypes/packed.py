"""Calls in 2 bits: 0, 1 or 2 copies, or missing, four individuals a byte, marker after marker.

The code of a call is that of a PLINK .bed file (00: two copies, 01: missing, 10: one, 11: none),
the first individual in the lowest bits, so that a file can be used as it lies on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Coding, Float32, Float64, Int64, MarkerCounts
from breedeval.kernels import packed as kernels

Bytes = NDArray[np.uint8]

CODES = np.array([3, 2, 0, 1], np.uint8)
"""Code of 0, 1 and 2 copies, and of a missing call."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Diploid calls in 2 bits.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, ⌈n / 4⌉)
        May be mapped from a file. Bits beyond the n-th individual are ignored.
    individuals : int
        n.
    """

    data: Bytes
    individuals: int
    ploidy: int = 2

    @property
    def markers(self) -> int:
        """m."""
        return int(self.data.shape[0])

    def counts(self) -> MarkerCounts:
        """Sums over individuals, for every marker."""
        tally = kernels.tally_markers(self.data, self.individuals)
        two, one = tally[:, 0].astype(np.float64), tally[:, 2].astype(np.float64)
        return MarkerCounts(
            called=self.individuals - tally[:, 1], total=2 * two + one, squares=4 * two + one,
            heterozygous=tally[:, 2], ploidy=2)

    def called_by_individual(self) -> Int64:
        """Markers with a call, for every individual."""
        return np.asarray(self.markers - kernels.missing_by_individual(self.data, self.individuals))

    def block(self, start: int, stop: int) -> Float32:
        """Copies of the markers start … stop, NaN where missing."""
        table = np.tile(np.array([2, np.nan, 1, 0], np.float32), (stop - start, 1))
        return np.asarray(kernels.decode(self.data[start:stop], table, self.individuals))

    def coded(self, start: int, stop: int, coding: Coding) -> Float32:
        """(x − c)s of the markers start … stop."""
        return np.asarray(
            kernels.decode(self.data[start:stop], code_table(coding), self.individuals))

    def times(self, effects: Float64, coding: Coding) -> Float64:
        """Z′a."""
        return np.asarray(kernels.times(
            self.data, code_table(coding), np.ascontiguousarray(effects, np.float32),
            self.individuals))

    def transposed_times(self, values: Float64, coding: Coding) -> Float64:
        """Zv."""
        return np.asarray(kernels.transposed_times(
            self.data, code_table(coding), np.ascontiguousarray(values, np.float32)))

    def select(self, markers: Int64 | None = None, individuals: Int64 | None = None) -> Calls:
        """The calls of some markers or individuals."""
        data = self.data if markers is None else self.data[markers]
        if individuals is None:
            return Packed(data, self.individuals)
        return Packed(kernels.gather(data, individuals), individuals.size)


def pack(copies: NDArray[np.int8]) -> Packed:
    """Pack copies 0, 1, 2 and −1 for missing, shape (m, n)."""
    m, n = copies.shape
    codes = np.zeros((m, -(-n // 4) * 4), np.uint8)
    codes[:, :n] = CODES[copies]
    quads = codes.reshape(m, -1, 4)
    return Packed(quads[..., 0] | quads[..., 1] << 2 | quads[..., 2] << 4 | quads[..., 3] << 6, n)


def code_table(coding: Coding) -> Float32:
    """(x − c)s of every code, shape (m, 4); 0 for a missing call."""
    table = np.zeros((coding.centre.size, 4), np.float32)
    for code, copies in ((0, 2.0), (2, 1.0), (3, 0.0)):
        table[:, code] = (copies - coding.centre) * coding.scale
    return table
