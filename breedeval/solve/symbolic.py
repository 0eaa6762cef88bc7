"""The pattern of a Cholesky factor: exact counts for a given ordering, and its dense blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from breedeval.kernels import blocks, etree
from breedeval.solve.schedule import Schedule, make_schedule

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

PANEL = 256
"""Widest block: wider supernodes are cut, which bounds the unused upper triangles."""

MERGE_ALLOWANCE = np.array([8.0, 0.3, 0.2, 0.1])
"""When small supernodes are merged: see :func:`breedeval.kernels.etree.supernodes`."""


@dataclass(frozen=True)
class Structure:
    """Order of elimination and block pattern of L.

    Block s holds the columns ``first[s]`` to ``first[s + 1] - 1`` of L as a dense matrix, column
    by column from ``value_start[s]``, with the ``height[s]`` rows that start at
    ``rows[row_start[s]]``; the first of these are the columns themselves.

    Attributes
    ----------
    order : ndarray of int32, shape (n,)
        Unknown eliminated at every pivot.
    parent, count : ndarray of int32, shape (n,)
        Elimination tree (−1 at a root), and non-zeros of every column of L.
    first : ndarray of int32, shape (blocks + 1,)
    row_start, value_start : ndarray of int64
    height : ndarray of int32, shape (blocks,)
    rows : ndarray of int32
    home : ndarray of int32, shape (n,)
        Block of every pivot.
    """

    order: Int32
    parent: Int32
    count: Int32
    first: Int32
    row_start: Int64
    height: Int32
    value_start: Int64
    rows: Int32
    home: Int32

    @property
    def layout(self) -> tuple[Int32, Int64, Int32, Int64, Int32, Int32]:
        """The blocks as the kernels take them."""
        return self.first, self.row_start, self.height, self.value_start, self.rows, self.home

    @cached_property
    def width(self) -> Int64:
        """Columns of every block, shape (blocks,)."""
        return np.diff(self.first).astype(np.int64)

    @cached_property
    def position(self) -> Int32:
        """Pivot of every unknown, shape (n,)."""
        position = np.empty_like(self.order)
        position[self.order] = np.arange(self.order.size, dtype=np.int32)
        return position

    def places(self, indptr: NDArray[np.integer], indices: NDArray[np.integer]) -> Int64:
        """Where in the blocks the entries of a lower triangle stand, in the order of the unknowns.

        They are kept for the last pattern that was asked for.
        """
        kept = self._kept
        if not (kept and same_array(kept[0], indptr) and same_array(kept[1], indices)):
            found = blocks.find_entries(
                indptr.astype(np.int64, copy=False), indices.astype(np.int32, copy=False),
                self.position, self.layout)
            kept[:] = [indptr, indices, found]
        return np.asarray(kept[2])

    @cached_property
    def _kept(self) -> list[NDArray[np.integer]]:
        """Pattern and places."""
        return []

    @cached_property
    def schedule(self) -> Schedule:
        """Who works on which blocks."""
        return make_schedule(self.layout, self.flops)

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return int(self.order.size)

    @property
    def tallest(self) -> int:
        """Most rows of any block."""
        return int(self.height.max(initial=1))

    @property
    def factor_nonzeros(self) -> int:
        """Non-zeros of L, diagonal included."""
        return int(self.count.sum(dtype=np.int64))

    @cached_property
    def flops(self) -> float:
        """Σ c² over the columns of L."""
        return float(np.square(self.count, dtype=np.float64).sum())

    @property
    def stored(self) -> int:
        """Numbers stored for the blocks, unused triangles and merged zeros included."""
        return int(self.value_start[-1])


@dataclass(frozen=True, slots=True)
class Counts:
    """Column counts of L under one ordering.

    Attributes
    ----------
    order : ndarray of int32, shape (n,)
        The ordering, brought into postorder of its elimination tree: the same fill.
    parent, count : ndarray of int32, shape (n,)
    start, earlier : ndarray
        Earlier pivots that each pivot is joined to.
    """

    order: Int32
    parent: Int32
    count: Int32
    start: Int64
    earlier: Int32

    @property
    def factor_nonzeros(self) -> int:
        """Non-zeros of L, diagonal included."""
        return int(self.count.sum(dtype=np.int64))

    @property
    def flops(self) -> float:
        """Σ c² over the columns of L."""
        return float(np.square(self.count, dtype=np.float64).sum())


def count_columns(lower: sparse.csc_array, order: NDArray[np.integer]) -> Counts:
    """Elimination tree and exact column counts of L for one ordering.

    Parameters
    ----------
    lower
        Lower triangle, (n, n); only the pattern is used.
    order
        Unknown eliminated at every pivot, shape (n,).

    Notes
    -----
    Nearly linear in the non-zeros of the matrix.
    """
    indptr = lower.indptr.astype(np.int64, copy=False)
    indices = lower.indices.astype(np.int32, copy=False)
    pivots: Int32 = np.asarray(order, dtype=np.int32)
    start, earlier = etree.earlier_neighbours(indptr, indices, _inverse(pivots))
    parent = etree.elimination_tree(start, earlier)
    visit = etree.postorder(parent)
    if np.any(visit[1:] < visit[:-1]):
        pivots = pivots[visit]
        start, earlier = etree.earlier_neighbours(indptr, indices, _inverse(pivots))
        parent = etree.elimination_tree(start, earlier)
    count = etree.column_counts(start, earlier, parent)
    return Counts(pivots, parent, count, start, earlier)


def build_structure(counts: Counts) -> Structure:
    """Blocks of L: relaxed supernodes, cut into panels of bounded width.

    Linear in the lengths of the row lists of the supernodes.
    """
    begin = etree.supernodes(counts.parent, counts.count, MERGE_ALLOWANCE)
    pointer, rows = etree.supernode_rows(
        counts.start, counts.earlier, counts.parent, counts.count, begin
    )
    width = np.diff(begin).astype(np.int64)
    panels = -(-width // PANEL)
    owner = np.repeat(np.arange(width.size), panels)
    nth = np.arange(owner.size) - np.repeat(np.cumsum(panels) - panels, panels)
    # panels of one supernode are equally wide, to within one column
    cut = nth * width[owner] // panels[owner]
    first = np.append(begin[owner] + cut, counts.order.size).astype(np.int32)
    height = np.diff(pointer)[owner] - cut
    stored = height * np.diff(first)
    return Structure(
        order=counts.order,
        parent=counts.parent,
        count=counts.count,
        first=first,
        row_start=pointer[:-1][owner] + cut,
        height=height.astype(np.int32),
        value_start=np.concatenate([[0], np.cumsum(stored, dtype=np.int64)]),
        rows=rows,
        home=np.repeat(np.arange(owner.size, dtype=np.int32), np.diff(first)),
    )


def _inverse(order: Int32) -> Int32:
    position = np.empty_like(order)
    position[order] = np.arange(order.size, dtype=np.int32)
    return position


def same_array(one: NDArray[np.integer], other: NDArray[np.integer]) -> bool:
    """Whether two arrays are one, or equal."""
    return one is other or np.array_equal(one, other)
