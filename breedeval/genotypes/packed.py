"""Calls in 2 bits: 0, 1 or 2 copies, or missing, four individuals a byte, marker after marker.

The code of a call is that of a PLINK .bed file (00: two copies, 01: missing, 10: one, 11: none),
the first individual in the lowest bits, so that a file can be used as it lies on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Coding, Float32, Float64, Int64, MarkerCounts
from breedeval.genotypes.workers import workers
from breedeval.kernels import packed as kernels
from breedeval.kernels import packed_products as products

Bytes = NDArray[np.uint8]

CODES = np.array([3, 2, 0, 1], np.uint8)
"""Code of 0, 1 and 2 copies, and of a missing call."""

COPIES, MISSING, ONES = np.array([2.0, 0.0, 1.0, 0.0]), 1, 0b10101010
"""Copies that a code stands for; the code of a missing call; a byte of four single copies."""

LEAST, MOST = 1024, 16
"""Markers at least, and parts at most, in which a product is done."""


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
        out = np.empty((stop - start, self.individuals), np.float32)
        kernels.decode(self.data[start:stop], table, out)
        return out

    def coded(
        self, start: int, stop: int, coding: Coding, out: Float32 | None = None
    ) -> Float32:
        """(x − c)s of the markers start … stop."""
        if out is None:
            out = np.empty((stop - start, self.individuals), np.float32)
        kernels.decode(self.data[start:stop], code_values(coding).astype(np.float32), out)
        return out

    def times(self, effects: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Z′a, in double precision; the same to the last bit for any number of threads."""
        centre = np.ascontiguousarray(coding.centre, np.float64)
        sides = np.ascontiguousarray(coding.scale[:, None] * effects, np.float64)
        step = max(LEAST, -(-self.markers // MOST))
        total = np.zeros((self.individuals, sides.shape[1]))
        with workers(float(self.data.size) * sides.shape[1], threads) as run:
            for part in run(lambda begin: products.times(
                    self.data, centre, sides, begin, min(begin + step, self.markers)),
                    range(0, self.markers, step)):
                total += part[:, :self.individuals].T
        return total

    def transposed_times(self, values: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Zv = s(Σxv − cΣv), sums over the called; as precise as :meth:`times`."""
        width = -(-self.individuals // 32) * 32
        sides = np.zeros((values.shape[1], width))
        sides[:, :self.individuals] = values.T
        step = max(LEAST, -(-self.markers // (4 * threads)))
        with workers(float(self.data.size) * len(sides), threads) as run:
            parts = run(lambda begin: products.transposed_times(
                self.data, sides, begin, min(begin + step, self.markers)),
                range(0, self.markers, step))
        copies, missing = np.concatenate([np.zeros((2, len(sides), 0)), *parts], axis=2)
        ones = np.full((1, self.data.shape[1]), ONES, np.uint8)
        called = products.transposed_times(ones, sides, 0, 1)[0] - missing  # in the same order
        return np.ascontiguousarray(((copies - coding.centre * called) * coding.scale).T)

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
    quads = codes.reshape(m, codes.shape[1] // 4, 4)
    return Packed(quads[..., 0] | quads[..., 1] << 2 | quads[..., 2] << 4 | quads[..., 3] << 6, n)


def code_values(coding: Coding) -> Float64:
    """(x − c)s of every code, shape (m, 4); 0 for a missing call."""
    values = (COPIES - coding.centre[:, None]) * coding.scale[:, None]
    values[:, MISSING] = 0.0
    return values
