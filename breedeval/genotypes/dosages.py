"""Calls as numbers: dosages with decimals, and polyploids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from breedeval.genotypes.calls import Calls, Coding, Float32, Float64, Int64, MarkerCounts
from breedeval.genotypes.workers import workers
from breedeval.threads import one_blas_thread

BLOCK = 256
"""Markers that are coded at a time in a product."""


@dataclass(frozen=True, eq=False)
class Dosages:
    """Copies in 4 bytes a call.

    Parameters
    ----------
    values : ndarray of float32, shape (m, n)
        From 0 to ploidy; NaN where missing.
    ploidy : int
    """

    values: Float32
    ploidy: int = 2

    @property
    def markers(self) -> int:
        """m."""
        return int(self.values.shape[0])

    @property
    def individuals(self) -> int:
        """n."""
        return int(self.values.shape[1])

    def counts(self) -> MarkerCounts:
        """Sums over individuals, for every marker."""
        there = ~np.isnan(self.values)
        inside = (self.values > 0) & (self.values < self.ploidy)
        return MarkerCounts(
            called=there.sum(axis=1), total=np.nansum(self.values, axis=1, dtype=np.float64),
            squares=np.nansum(np.square(self.values, dtype=np.float64), axis=1),
            heterozygous=inside.sum(axis=1), ploidy=self.ploidy)

    def called_by_individual(self) -> Int64:
        """Markers with a call, for every individual."""
        return np.asarray((~np.isnan(self.values)).sum(axis=0))

    def block(self, start: int, stop: int) -> Float32:
        """Copies of the markers start … stop, NaN where missing."""
        return self.values[start:stop]

    def coded(
        self, start: int, stop: int, coding: Coding, out: Float32 | None = None
    ) -> Float32:
        """(x − c)s of the markers start … stop."""
        found = np.subtract(
            self.values[start:stop], coding.centre.astype(np.float32)[:, None], out=out)
        found *= coding.scale.astype(np.float32)[:, None]
        return np.asarray(np.nan_to_num(found, copy=False, nan=0.0))

    def times(self, effects: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Z′a, in double precision; the same to the last bit for any number of threads."""
        total = np.zeros((self.individuals, effects.shape[1]))
        with one_blas_thread(), workers(float(self.values.size), threads) as run:
            for part in run(lambda at: self._exactly(at, coding).T @ effects[at], self._parts()):
                total += part
        return total

    def transposed_times(self, values: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Zv, likewise."""
        with one_blas_thread(), workers(float(self.values.size), threads) as run:
            parts = run(lambda at: self._exactly(at, coding) @ values, self._parts())
        return np.concatenate([np.zeros((0, values.shape[1])), *parts])

    def _parts(self) -> list[slice]:
        return [slice(at, min(at + BLOCK, self.markers)) for at in range(0, self.markers, BLOCK)]

    def _exactly(self, at: slice, coding: Coding) -> Float64:
        """(x − c)s in double precision."""
        part = coding.part(at.start, at.stop)
        found = self.values[at] - part.centre[:, None]
        found *= part.scale[:, None]
        return np.asarray(np.nan_to_num(found, copy=False, nan=0.0))

    def select(self, markers: Int64 | None = None, individuals: Int64 | None = None) -> Calls:
        """The calls of some markers or individuals."""
        values = self.values if markers is None else self.values[markers]
        return Dosages(values if individuals is None else values[:, individuals], self.ploidy)
