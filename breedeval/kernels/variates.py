"""Working variates V̇Py of some observations, and what is summed over them; in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

_columns = array("i4", 2)
_matrix = array("f8", 2)
_vector = array("f8", 1)
_index = array("i4", 1)
_long = array("i8", 1)
_blocks = array("f8", 3)


@kernel(f"void({_columns}, {_matrix}, i8, i8, {_matrix}, i8, f8[:, ::1])")
def add_products(
    columns: Int32, values: Float64, begin: int, end: int, b: Float64, at: int, result: Float64
) -> None:
    """Add ZB to columns ``at`` onwards of ``result``, with Z the non-zeros begin to end of rows.

    Parameters
    ----------
    columns : int32, shape (n, t)
        Places of the non-zeros of each observation; −1 for none.
    values : float64, shape (n, t)
        The non-zeros.
    begin, end : int
    b : float64, shape (size, k)
    at : int
    result : float64, shape (n, p)
    """
    sides = b.shape[1]
    for r in range(columns.shape[0]):
        for p in range(begin, end):
            i = columns[r, p]
            if i >= 0:
                value = values[r, p]
                for k in range(sides):
                    result[r, at + k] += value * b[i, k]


@kernel(f"void({_index}, {_index}, {_index}, {_vector}, {_vector}, {_blocks}, {_long}, i8, "
        "f8[:, ::1])")
def residual_variates(
    start: Int32, trait: Int32, classes: Int32, weighted: Float64, scale: Float64,
    derivatives: Float64, first: Int64, at: int, result: Float64,
) -> None:
    """ṘR⁻¹e into columns ``at`` onwards, for every parameter of every residual class.

    Parameters
    ----------
    start : int32, shape (n + 1,)
        First observation of each record.
    trait : int32, shape (N,)
    classes : int32, shape (n,)
        Residual class of each record.
    weighted : float64, shape (N,)
        R⁻¹e.
    scale : float64, shape (N,)
        √(w/s): R is the block over the product of two scales.
    derivatives : float64, shape (T, T, p)
        Of the blocks, for the parameters of all classes.
    first : int64, shape (classes + 1,)
        First parameter of each class.
    at : int
    result : float64, shape (N, at + p or more)
    """
    for r in range(classes.size):
        begin, end = first[classes[r]], first[classes[r] + 1]
        for a in range(start[r], start[r + 1]):
            row = result[a, at + begin : at + end]
            for b in range(start[r], start[r + 1]):
                part = weighted[b] / (scale[a] * scale[b])
                own = derivatives[trait[b], trait[a], begin:end]
                for k in range(own.size):
                    row[k] += part * own[k]


@kernel(f"void({_columns}, {_matrix}, {_matrix}, f8[:, ::1])")
def add_transposed(columns: Int32, values: Float64, x: Float64, result: Float64) -> None:
    """Add W′X to ``result`` of shape (size, k), for some rows of W and X."""
    sides = x.shape[1]
    for r in range(columns.shape[0]):
        for p in range(columns.shape[1]):
            i = columns[r, p]
            if i >= 0:
                value = values[r, p]
                for k in range(sides):
                    result[i, k] += value * x[r, k]
