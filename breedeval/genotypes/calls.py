"""How genotypes are held: copies of the counted allele of every marker in every individual.

Two forms behind one seam: :class:`~breedeval.genotypes.packed.Packed`, 2 bits a genotype, for the
counts 0, 1 and 2, and :class:`~breedeval.genotypes.dosages.Dosages`, for dosages with decimals and
for polyploids. Everything above asks for blocks of markers, coded (x − c)s, or for products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MarkerCounts:
    """What the calls of every marker add up to.

    Parameters
    ----------
    called : ndarray of int64, shape (m,)
        Individuals with a call.
    total, squares : ndarray of float64, shape (m,)
        Sums of the copies, and of their squares, over these.
    heterozygous : ndarray of int64, shape (m,)
        Individuals with neither no copy nor ploidy copies.
    ploidy : int
    """

    called: Int64
    total: Float64
    squares: Float64
    heterozygous: Int64
    ploidy: int

    @property
    def frequency(self) -> Float64:
        """p of the counted allele among the called; NaN where nobody is called."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total / (self.ploidy * self.called)


@dataclass(frozen=True, eq=False)
class Coding:
    """How copies x become covariates: (x − c)s for every marker, and 0 where the call is missing.

    So a missing call is filled by c, which is ploidy × p for every coding that is centred.

    Parameters
    ----------
    centre, scale : ndarray of float64, shape (m,)
    """

    centre: Float64
    scale: Float64

    def part(self, start: int, stop: int) -> Coding:
        """That of some markers in a row."""
        return Coding(self.centre[start:stop], self.scale[start:stop])


class Calls(Protocol):
    """m markers × n individuals."""

    @property
    def markers(self) -> int:
        """m."""
        ...

    @property
    def individuals(self) -> int:
        """n."""
        ...

    @property
    def ploidy(self) -> int:
        """Most copies that an individual can have."""
        ...

    def counts(self) -> MarkerCounts:
        """Sums over individuals, for every marker. One pass."""
        ...

    def called_by_individual(self) -> Int64:
        """Markers with a call, for every individual, shape (n,). One pass."""
        ...

    def block(self, start: int, stop: int) -> Float32:
        """Copies of the markers start … stop, NaN where missing, shape (stop − start, n)."""
        ...

    def coded(
        self, start: int, stop: int, coding: Coding, out: Float32 | None = None
    ) -> Float32:
        """(x − c)s of the markers start … stop, shape (stop − start, n); ``coding`` is of these.

        Written to ``out`` where it is given.
        """
        ...

    def times(self, effects: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Z′a: values of individuals from effects of markers (m, k); shape (n, k)."""
        ...

    def transposed_times(self, values: Float64, coding: Coding, *, threads: int = 1) -> Float64:
        """Zv: sums over individuals of values (n, k); shape (m, k)."""
        ...

    def select(self, markers: Int64 | None = None, individuals: Int64 | None = None) -> Calls:
        """The calls of some markers or individuals, in the order given."""
        ...
