"""Blocks of Z′R⁻¹Z along its diagonal: what the records of a level tell of its own cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]

_matrix = array("f8", 2)
_columns = array("i4", 2)
_index = array("i4", 1)
_blocks = array("f8", 3)


@kernel(f"({_columns}, {_matrix}, {_index}, {_index}, {_index}, {_blocks}, int64, int64)")
def level_information(
    places: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    levels: int, width: int,
) -> Float64:
    """Z′BZ of the cells of each level.

    Parameters
    ----------
    places : int32, shape (N, t)
        Level × width + cell of the non-zeros of each observation's row of Z; −1 for none.
    values : float64, shape (N, t)
        The non-zeros.
    start : int32, shape (n + 1,)
        First observation of each record.
    trait : int32, shape (N,)
    group : int32, shape (n,)
        Block of each record.
    blocks : float64, shape (g, T, T)
        B.
    levels, width : int

    Returns
    -------
    float64, shape (levels, width, width)
    """
    found = np.zeros((levels, width, width))
    for r in range(group.size):
        block = blocks[group[r]]
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], start[r + 1]):
                weight = block[trait[a], trait[b]]
                if weight == 0.0:
                    continue
                for p in range(places.shape[1]):
                    i = places[a, p]
                    if i < 0:
                        continue
                    level = i // width
                    for q in range(places.shape[1]):
                        j = places[b, q]
                        if j >= 0 and j // width == level:
                            found[level, i % width, j % width] += (
                                weight * values[a, p] * values[b, q])
    return found
