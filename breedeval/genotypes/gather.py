"""Calls collected row by row, held in 2 bits as long as they are counts 0, 1 and 2."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Float32
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.packed import Packed, pack
from breedeval.genotypes.reading import Layout

ROWS = 256
"""Rows that are held unpacked; a multiple of four, so that a piece ends with a whole byte."""

MISSING = -1.0
"""A missing call among copies."""

Row = NDArray[np.int8] | Float32


@dataclass(slots=True)
class Gatherer:
    """Takes calls as they stand in a file, and gives them as they are held.

    Parameters
    ----------
    layout : str
        Whether a row is an individual or a marker.
    ploidy : int
    """

    layout: Layout
    ploidy: int = 2
    _rows: list[Row] = field(default_factory=list)
    _packed: list[Packed] = field(default_factory=list)
    _dosages: list[Float32] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take the next row: copies, −1 where missing."""
        self._rows.append(row)
        if len(self._rows) == ROWS:
            self._flush()

    def calls(self) -> Calls:
        """All of them, marker after marker.

        Cost: linear; peak memory twice that of what is returned.
        """
        if self._rows:
            self._flush()
        axis = 1 if self.layout == "individuals" else 0
        if self._dosages:
            return Dosages(np.ascontiguousarray(np.concatenate(self._dosages, axis)), self.ploidy)
        if not self._packed:
            return Packed(np.zeros((0, 0), np.uint8), 0)
        individuals = (sum(piece.individuals for piece in self._packed) if axis
                       else self._packed[0].individuals)
        data = np.concatenate([piece.data for piece in self._packed], axis)
        return Packed(np.ascontiguousarray(data), individuals)

    def _flush(self) -> None:
        block = np.stack(self._rows)
        self._rows = []
        if self.layout == "individuals":
            block = block.T
        if block.dtype != np.int8 and np.array_equal(block, np.floor(block)):
            block = block.astype(np.int8)
        if self.ploidy == 2 and not self._dosages and block.dtype == np.int8:
            self._packed.append(pack(block.view(np.int8)))
            return
        for piece in self._packed:
            self._dosages.append(piece.block(0, piece.markers))
        self._packed = []
        numbers = block.astype(np.float32)
        numbers[numbers == MISSING] = np.nan
        self._dosages.append(numbers)
