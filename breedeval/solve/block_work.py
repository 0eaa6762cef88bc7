"""Who works on which blocks: subtrees side by side, then the large blocks piece by piece.

The elimination tree is cut into subtrees that know nothing of each other, and the blocks on top
of them. The cut and the pieces depend on the structure alone, and every dense routine runs on one
thread, so that the result is the same, to the last bit, for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels import etree, supernodal
from breedeval.solve.symbolic import Structure
from breedeval.solve.threads import cores, one_blas_thread

Float64 = NDArray[np.float64]
Range = tuple[int, int]
Spread = Callable[..., list[Any]]

SHARE = 1 / 32
"""Most of the whole work that one subtree may hold."""

SMALL = 1e7
"""Operations under which cutting a factor and starting threads costs more than it saves."""

LARGE = 5e7
"""Operations from which a block on top is worked on in pieces."""

PIECES, ROWS, COLUMNS = 4, 1024, 128
"""Most pieces of a large block of the factor, their least rows; columns of those of the inverse."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Ranges of blocks: independent subtrees, and what is on top of them in order.

    Attributes
    ----------
    subtrees : tuple of (int, int)
        Ranges that can be worked on at the same time.
    top : tuple of (int, int)
        Ranges to be worked on one after the other; a large block is a range of its own.
    large : ndarray of bool, shape (blocks,)
        Blocks to be worked on in pieces.
    """

    subtrees: tuple[Range, ...]
    top: tuple[Range, ...]
    large: NDArray[np.bool_]


def schedule(structure: Structure) -> Schedule:
    """Cut the tree of blocks by the work of its subtrees; a small one is not cut."""
    s = structure
    if s.flops < SMALL:
        whole = ((0, int(s.height.size)),) if s.height.size else ()
        return Schedule(whole, (), np.zeros(s.height.size, np.bool_))
    height = s.height.astype(np.float64)
    below = s.row_start + s.width
    parent = np.full(height.size, -1, dtype=np.int32)
    inner = s.height > s.width
    parent[inner] = s.home[s.rows[below[inner]]]
    flops = s.width * height**2
    work = flops + 50.0 * s.width * height + 3000.0
    total = etree.subtree_sums(parent, work)
    on_top = total > SHARE * work.sum()
    large = on_top & (flops >= LARGE)
    root = ~on_top & ((parent == -1) | on_top[parent])
    return Schedule(_cut_below(on_top, root, work), _cut_on_top(on_top, large), large)


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


def factorise_blocks(structure: Structure, values: Float64, *, threads: int | None = None) -> int:
    """Turn the matrix in the blocks into its Cholesky factor; the first bad pivot, or −1.

    Parameters
    ----------
    structure
        The blocks.
    values
        The matrix on entry, L at return, shape (stored,).
    threads
        Threads to work with, all cores by default.
    """
    plan = schedule(structure)
    work = _Factorisation(structure, values)
    with _workers(structure, threads) as spread:
        failed = spread(lambda task: work.below(*task), plan.subtrees)
        bad: list[int] = [pivot for pivot in failed if pivot >= 0]
        if bad:
            return min(bad)
        for task in plan.subtrees:
            supernodal.link_waiting(structure.layout, *task, work.head, work.link, work.done)
        for begin, end in plan.top:
            if plan.large[begin]:
                pivot = work.large(begin, spread)
            else:
                pivot = work.range(begin, end, work.blocks)
            if pivot >= 0:
                return pivot
    return -1


class _Factorisation:
    """The lists of descendants, and the work on a subtree, a run on top, or a large block."""

    def __init__(self, structure: Structure, values: Float64) -> None:
        self.structure, self.layout, self.values = structure, structure.layout, values
        self.blas = supernodal.routines()
        self.blocks = blocks = structure.height.size
        self.head, self.link = np.full(blocks, -1, np.int32), np.full(blocks, -1, np.int32)
        self.done, self.reach = np.zeros(blocks, np.int32), np.zeros(blocks, np.int32)
        self.lists = (self.head, self.link, self.done, self.reach)

    def below(self, begin: int, end: int) -> int:
        return self.range(begin, end, end)

    def range(self, begin: int, end: int, limit: int) -> int:
        s = self.structure
        update = np.empty(int((s.height[begin:end] * s.width[begin:end]).max()))
        return int(supernodal.factorise_range(
            self.layout, self.values, self.blas, begin, end, limit, *self.lists, update,
            np.empty(s.tallest, np.int64),
        ))

    def large(self, block: int, spread: Spread) -> int:
        tall, width = int(self.structure.height[block]), int(self.structure.width[block])
        rows = max(ROWS, -(-tall // PIECES))
        supernodal.find_reach(self.layout, block, *self.lists)
        spread(self._update, _pieces(block, 0, tall, rows))
        supernodal.pass_on(self.layout, block, self.blocks, *self.lists)
        place = np.empty(1, np.int64)
        failed = supernodal.factorise_top(self.layout, self.values, self.blas, block, place)
        if failed < 0:
            spread(self._divide, _pieces(block, width, tall, rows))
        return int(failed)

    def _update(self, piece: tuple[int, int, int]) -> None:
        block, begin, end = piece
        supernodal.update_rows(
            self.layout, self.values, self.blas, block, begin, end, *self.lists,
            np.empty((end - begin) * int(self.structure.width[block])),
            np.empty(self.structure.tallest, np.int64),
        )

    def _divide(self, piece: tuple[int, int, int]) -> None:
        block, begin, end = piece
        supernodal.divide_rows(self.layout, self.values, self.blas, block, begin, end)


def invert_blocks(structure: Structure, values: Float64, *, threads: int | None = None) -> None:
    """Turn L in the blocks into the inverse of LL′ on the same pattern.

    Parameters
    ----------
    structure
        The blocks.
    values
        L on entry, the selected inverse at return, shape (stored,).
    threads
        Threads to work with, all cores by default.
    """
    s, layout, blas = structure, structure.layout, supernodal.routines()
    plan = schedule(s)
    below = s.height - s.width

    def room(begin: int, end: int) -> tuple[Float64, Float64, NDArray[np.int64]]:
        tallest = int(below[begin:end].max())
        scaled = np.empty(int((below[begin:end] * s.width[begin:end]).max()) + 1)
        return scaled, np.empty(tallest * supernodal.CHUNK + 1), np.empty(tallest + 1, np.int64)

    def run(task: Range) -> None:
        begin, end = task
        scaled, gathered, place = room(begin, end)
        supernodal.invert_range(layout, values, blas, begin, end, scaled, gathered, place)

    with _workers(s, threads) as spread:
        for begin, end in reversed(plan.top):
            if not plan.large[begin]:
                run((begin, end))
                continue
            scaled, _, place = room(begin, end)
            supernodal.prepare_inverse(layout, values, blas, begin, scaled, place)

            def multiply(piece: tuple[int, int, int], scaled: Float64 = scaled) -> None:
                _, gathered, place = room(piece[0], piece[0] + 1)
                supernodal.invert_columns(layout, values, blas, *piece, scaled, gathered, place)

            spread(multiply, _pieces(begin, 0, int(s.width[begin]), COLUMNS))
        spread(run, plan.subtrees)


def _pieces(block: int, begin: int, end: int, size: int) -> list[tuple[int, int, int]]:
    return [(block, at, min(at + size, end)) for at in range(begin, end, size)]


@contextmanager
def _workers(structure: Structure, threads: int | None) -> Iterator[Spread]:
    """A map over tasks, on several threads where it pays, with the BLAS held to one."""
    count = threads or cores()
    if structure.flops < SMALL:
        count = 1

    def in_turn(work: Callable[..., Any], tasks: Iterable[object]) -> list[Any]:
        return [work(task) for task in tasks]

    with one_blas_thread():
        if count == 1:
            yield in_turn
            return
        with ThreadPoolExecutor(count) as pool:
            yield lambda work, tasks: list(pool.map(work, tasks))
