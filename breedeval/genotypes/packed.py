"""Calls in 2 bits: 0, 1 or 2 copies, or missing, four individuals a byte, marker after marker.

The code of a call is that of a PLINK .bed file (00: two copies, 01: missing, 10: one, 11: none),
the first individual in the lowest bits, so that a file can be used as it lies on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Coding, Float32, Float64, Int64, MarkerCounts
from breedeval.genotypes.workers import workers
from breedeval.kernels import packed as kernels
from breedeval.kernels import packed_digits as digits
from breedeval.kernels import packed_products as products
from breedeval.kernels.late import processor_has

Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]

CODES = np.array([3, 2, 0, 1], np.uint8)
"""Code of 0, 1 and 2 copies, and of a missing call."""

COPIES, MISSING, ONES = np.array([2.0, 0.0, 1.0, 0.0]), 1, 0b10101010
"""Copies that a code stands for; the code of a missing call; a byte of four single copies."""

LEAST, MOST = 1024, 16
"""Markers at least, and parts at most, in which a product is done."""

FEW, FEWER = 0.05, 0.004
"""Shares of missing calls up to which products are by digits, and Z′a is: mending takes longer."""

Gaps = tuple[Int64, Int32]
"""Starts of the markers, and individuals without a call there."""


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
        gaps = self._gaps if _has_digits(sides) else None
        work = float(self.data.size) * sides.shape[1]
        if gaps is not None and gaps[1].size <= FEWER * self.individuals * self.markers:
            return self._times_by_digits(gaps, np.ascontiguousarray(sides.T), centre, step,
                                         threads=threads)
        total = np.zeros((self.individuals, sides.shape[1]))
        with workers(work, threads) as run:
            for part in run(lambda begin: products.times(
                    self.data, centre, sides, begin, min(begin + step, self.markers)),
                    range(0, self.markers, step)):
                total += part[:, :self.individuals].T
        return total

    def _times_by_digits(
        self, gaps: Gaps, sides: Float64, centre: Float64, step: int, *, threads: int
    ) -> Float64:
        """The same as Σ(2 − c)a − Σ(2 − x)a, less what the second has of missing calls."""
        scale, mended = _scales(sides), (1 - centre) * sides
        most = -(-self.markers // threads)  # whole numbers: their order does not matter
        with workers(float(self.data.size) * len(sides), threads) as run:
            parts = run(lambda begin: digits.times(
                self.data, sides, scale, begin, min(begin + most, self.markers)),
                range(0, self.markers, most))
            gone = run(lambda begin: digits.spread_gaps(
                *gaps, mended, self.individuals, begin, min(begin + step, self.markers)),
                range(0, self.markers, step)) if gaps[1].size else []
        whole = sum(parts)[:, :, :self.individuals]
        missing = sum(gone, np.zeros((len(sides), 1)))
        total = (sides * (2 - centre)).sum(axis=1)[:, None]
        return np.ascontiguousarray((total - _number(whole, scale) - missing).T)

    def transposed_times(self, values: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Zv = s(Σxv − cΣv), sums over the called; as precise as :meth:`times`."""
        step = max(LEAST, -(-self.markers // (4 * threads)))
        sides = np.ascontiguousarray(values.T, np.float64)
        gaps = self._gaps if _has_digits(sides) else None
        if gaps is not None:
            return self._transposed_by_digits(gaps, sides, coding, step, threads=threads)
        width = -(-self.individuals // 32) * 32
        sides = np.zeros((values.shape[1], width))
        sides[:, :self.individuals] = values.T
        with workers(float(self.data.size) * len(sides), threads) as run:
            parts = run(lambda begin: products.transposed_times(
                self.data, sides, begin, min(begin + step, self.markers)),
                range(0, self.markers, step))
        copies, missing = np.concatenate([np.zeros((2, len(sides), 0)), *parts], axis=2)
        ones = np.full((1, self.data.shape[1]), ONES, np.uint8)
        called = products.transposed_times(ones, sides, 0, 1)[0] - missing  # in the same order
        return np.ascontiguousarray(((copies - coding.centre * called) * coding.scale).T)

    def _transposed_by_digits(
        self, gaps: Gaps, sides: Float64, coding: Coding, step: int, *, threads: int
    ) -> Float64:
        """The same, the sums as whole numbers: Σxv = 2Σv − Σ(2 − x)v less those not called."""
        scale = _scales(sides)
        whole = np.rint(sides * scale[:, None]).astype(np.int64)
        parts = np.stack([whole >> 8 * digits.HIGH, whole & (1 << 8 * digits.HIGH) - 1], axis=2)

        def part(begin: int) -> tuple[Int64, Int64]:
            end = min(begin + step, self.markers)
            return (digits.transposed_times(self.data, sides, scale, begin, end),
                    digits.gap_sums(*gaps, parts, begin, end))

        with workers(float(self.data.size) * len(sides), threads) as run:
            found = run(part, range(0, self.markers, step))
        against, missing = (np.concatenate([
            np.zeros((2, len(sides), 0), np.int64), *(one[k] for one in found)], axis=2)
            for k in range(2))
        total = parts.sum(axis=1).T[:, :, None]
        copies = _number(2 * total - against - missing, scale)
        called = _number(total - missing, scale)
        return np.ascontiguousarray(((copies - coding.centre * called) * coding.scale).T)

    @cached_property
    def _gaps(self) -> Gaps | None:
        """Where calls are missing, 4 bytes each; None where products are not by digits."""
        if self.data.shape[1] < digits.WINDOW or not processor_has("avx512vnni"):
            return None
        missing = kernels.missing_by_individual(self.data, self.individuals).sum()
        if missing > FEW * self.individuals * self.markers:
            return None
        return digits.list_gaps(self.data, self.individuals)

    def select(self, markers: Int64 | None = None, individuals: Int64 | None = None) -> Calls:
        """The calls of some markers or individuals."""
        data = self.data if markers is None else self.data[markers]
        if individuals is None:
            return Packed(data, self.individuals)
        return Packed(kernels.gather(data, individuals), individuals.size)


def _has_digits(sides: Float64) -> bool:
    """Whether there is something to multiply, all of it finite."""
    return bool(sides.size) and bool(np.isfinite(sides).all())


def _scales(sides: Float64) -> Float64:
    """Powers of two that make whole numbers of the rows, to the last bit of the largest."""
    _, exponent = np.frexp(np.abs(sides).max(axis=1))
    return np.asarray(np.ldexp(1.0, np.minimum(digits.BITS - exponent, 1000)))


def _number(parts: Int64, scale: Float64) -> Float64:
    """What two parts of a whole number stand for."""
    return np.asarray((parts[0] * 2.0**(8 * digits.HIGH) + parts[1]) / scale[:, None])


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
