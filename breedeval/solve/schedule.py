"""Who works on which blocks: subtrees side by side, then the large blocks piece by piece.

The elimination tree is cut into subtrees that know nothing of each other, and the blocks on top
of them. The cut and the pieces depend on the structure alone, so that the result is the same, to
the last bit, for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels import etree, fronts

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Layout = tuple[Int32, Int64, Int32, Int64, Int32, Int32]
Range = tuple[int, int]

SHARE = 1 / 32
"""Most of the whole work that one subtree may hold."""

SMALL = 1e7
"""Operations under which cutting a factor and starting threads costs more than it saves."""

LARGE = 5e7
"""Operations from which a block on top is worked on in pieces."""


@dataclass(frozen=True, slots=True)
class Part:
    """A range of blocks that holds whole subtrees.

    Attributes
    ----------
    begin, end : int
    inside : ndarray of int64, shape (end − begin,)
        Rows below each block that are columns of the range.
    updates, fronts : ndarray of int64, shape (end − begin + 1,)
        Places of the update and of the front of each block in the room for them, and its size.
    """

    begin: int
    end: int
    inside: Int64
    updates: Int64
    fronts: Int64


@dataclass(frozen=True, slots=True)
class Schedule:
    """Ranges of blocks: independent subtrees, and what is on top of them in order.

    Attributes
    ----------
    tree : tuple
        Parent of every block, as the kernels of fronts take it.
    subtrees : tuple of Part
        Ranges that can be worked on at the same time.
    top : tuple of (int, int)
        Ranges to be worked on one after the other; a large block is a range of its own.
    large : ndarray of bool, shape (blocks,)
        Blocks to be worked on in pieces.
    """

    tree: tuple[Int32, Int64, Int32]
    subtrees: tuple[Part, ...]
    top: tuple[Range, ...]
    large: NDArray[np.bool_]

    @property
    def room(self) -> int:
        """Numbers that the fronts of the largest subtree need."""
        return max((int(part.fronts[-1]) for part in self.subtrees), default=0)


def make_schedule(layout: Layout, flops: float) -> Schedule:
    """Cut the tree of blocks by the work of its subtrees; a small one is not cut.

    Parameters
    ----------
    layout
        The blocks.
    flops
        Operations of the factorisation.
    """
    tree = fronts.make_tree(layout)
    parent, height = tree[0], layout[2].astype(np.float64)
    if flops < SMALL:
        whole = ((0, height.size),) if height.size else ()
        return Schedule(tree, _parts(layout, parent, whole), (), np.zeros(height.size, np.bool_))
    width = np.diff(layout[0]).astype(np.float64)
    own = width * height**2
    work = own + 50.0 * width * height + 3000.0
    total = etree.subtree_sums(parent, work)
    on_top = total > SHARE * work.sum()
    large = on_top & (own >= LARGE)
    root = ~on_top & ((parent == -1) | on_top[parent])
    below = _cut_below(on_top, root, work)
    return Schedule(tree, _parts(layout, parent, below), _cut_on_top(on_top, large), large)


def _parts(layout: Layout, parent: Int32, ranges: tuple[Range, ...]) -> tuple[Part, ...]:
    return tuple(Part(begin, end, *fronts.make_room(layout, parent, begin, end))
                 for begin, end in ranges)


def _cut_below(
    on_top: NDArray[np.bool_], root: NDArray[np.bool_], work: Float64
) -> tuple[Range, ...]:
    """Neighbouring subtrees, put together until they hold a share of the work below the top."""
    below = np.flatnonzero(~on_top)
    if below.size == 0:
        return ()
    running = np.cumsum(np.where(on_top, 0.0, work))
    ends = np.flatnonzero(root)
    share = np.floor(running[ends] / (SHARE * running[-1]))
    before_top = np.append(on_top, True)[ends + 1]
    ends = ends[before_top | np.append(share[1:] != share[:-1], True)]
    begins = below[np.concatenate([[0], np.searchsorted(below, ends[:-1]) + 1])]
    return tuple(zip(begins.tolist(), (ends + 1).tolist(), strict=True))


def _cut_on_top(on_top: NDArray[np.bool_], large: NDArray[np.bool_]) -> tuple[Range, ...]:
    """Runs of neighbouring blocks on top; a large block alone."""
    top = np.flatnonzero(on_top)
    if top.size == 0:
        return ()
    new = (np.diff(top) > 1) | large[top[1:]] | large[top[:-1]]
    begins = top[np.append(True, new)]
    ends = top[np.append(new, True)] + 1
    return tuple(zip(begins.tolist(), ends.tolist(), strict=True))
