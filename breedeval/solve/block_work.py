"""The factor and the selected inverse by blocks: subtrees side by side, then what is on top.

Every dense routine runs on one thread, and the cut of the work depends on the structure alone
(see :mod:`breedeval.solve.schedule`), so that the result is the same, to the last bit, for any
number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels import fronts, supernodal
from breedeval.solve.schedule import SMALL, Part
from breedeval.solve.symbolic import Structure
from breedeval.threads import cores, one_blas_thread

Float64 = NDArray[np.float64]
Piece = tuple[int, int, int]
Spread = Callable[..., list[Any]]

PIECES, ROWS, COLUMNS = 4, 1024, 128
"""Most pieces of a large block of the factor, their least rows; columns of those of the inverse."""


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
    plan = structure.schedule
    work = _Factorisation(structure, values)
    with _workers(structure, threads) as spread:
        failed = spread(work.below, plan.subtrees)
        bad: list[int] = [pivot for pivot in failed if pivot >= 0]
        if bad:
            return min(bad)
        for part in plan.subtrees if plan.top else ():
            supernodal.link_waiting(
                structure.layout, part.begin, part.end, work.head, work.link, work.done)
        for begin, end in plan.top:
            one = plan.large[begin]
            pivot = work.large(begin, spread) if one else work.range(begin, end)
            if pivot >= 0:
                return pivot
    return -1


class _Factorisation:
    """The lists of descendants, and the work on a subtree, a run on top, or a large block."""

    def __init__(self, structure: Structure, values: Float64) -> None:
        self.structure, self.layout, self.values = structure, structure.layout, values
        self.blas = supernodal.routines()
        blocks = structure.height.size
        self.head, self.link = np.full(blocks, -1, np.int32), np.full(blocks, -1, np.int32)
        self.done, self.reach = np.zeros(blocks, np.int32), np.zeros(blocks, np.int32)
        self.lists = (self.head, self.link, self.done, self.reach)

    def below(self, part: Part) -> int:
        """Front by front; the large ones here."""
        tree = self.structure.schedule.tree
        room, state = np.empty(int(part.updates[-1])), np.zeros(part.end - part.begin, np.int8)
        at = part.begin
        while True:
            at = int(fronts.factorise_fronts(
                self.layout, tree, self.values, part.begin, at, part.end, part.inside,
                part.updates, room, state, self.done))
            if at < 0:
                return -1 - at
            if at == part.end:
                return -1
            k = at - part.begin
            failed = int(supernodal.factorise_front(
                self.layout, self.values, self.blas, at, int(part.inside[k]),
                room[part.updates[k]:], float(state[k])))
            if failed >= 0:
                return failed
            state[k] = fronts.FACTORISED

    def range(self, begin: int, end: int) -> int:
        s = self.structure
        update = np.empty(int((s.height[begin:end] * s.width[begin:end]).max()))
        return int(supernodal.factorise_range(
            self.layout, self.values, self.blas, begin, end, *self.lists, update,
            np.empty(s.tallest, np.int64),
        ))

    def large(self, block: int, spread: Spread) -> int:
        tall, width = int(self.structure.height[block]), int(self.structure.width[block])
        rows = max(ROWS, -(-tall // PIECES))
        supernodal.find_reach(self.layout, block, *self.lists)
        spread(self._update, _pieces(block, 0, tall, rows))
        supernodal.pass_on(self.layout, block, *self.lists)
        place = np.empty(1, np.int64)
        failed = supernodal.factorise_top(self.layout, self.values, self.blas, block, place)
        if failed < 0:
            spread(self._divide, _pieces(block, width, tall, rows))
        return int(failed)

    def _update(self, piece: Piece) -> None:
        block, begin, end = piece
        supernodal.update_rows(
            self.layout, self.values, self.blas, block, begin, end, *self.lists,
            np.empty((end - begin) * int(self.structure.width[block])),
            np.empty(self.structure.tallest, np.int64),
        )

    def _divide(self, piece: Piece) -> None:
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
    plan, work = structure.schedule, _Inversion(structure, values)
    with _workers(structure, threads) as spread:
        for begin, end in reversed(plan.top):
            if plan.large[begin]:
                work.large(begin, spread)
            else:
                work.range(begin, end)
        spread(work.below, plan.subtrees)


class _Inversion:
    """The work on a subtree, a run on top, or a large block."""

    def __init__(self, structure: Structure, values: Float64) -> None:
        self.structure, self.layout, self.values = structure, structure.layout, values
        self.blas, self.rows_below = supernodal.routines(), structure.height - structure.width

    def below(self, part: Part) -> None:
        """Front by front; the large ones here."""
        tree = self.structure.schedule.tree
        room = np.empty(int(part.fronts[-1]))
        at = part.end
        while True:
            at = int(fronts.invert_fronts(
                self.layout, tree, self.values, part.begin, at, part.end, part.fronts, room))
            if at < part.begin:
                return
            scaled, _, place = self._room(at, at + 1)
            supernodal.invert_front(self.layout, self.values, self.blas, at,
                                    room[part.fronts[at - part.begin]:], scaled, place)

    def range(self, begin: int, end: int) -> None:
        supernodal.invert_range(
            self.layout, self.values, self.blas, begin, end, *self._room(begin, end))

    def large(self, block: int, spread: Spread) -> None:
        scaled, _, place = self._room(block, block + 1)
        supernodal.prepare_inverse(self.layout, self.values, self.blas, block, scaled, place)

        def multiply(piece: Piece) -> None:
            _, gathered, place = self._room(block, block + 1)
            supernodal.invert_columns(
                self.layout, self.values, self.blas, *piece, scaled, gathered, place)

        spread(multiply, _pieces(block, 0, int(self.structure.width[block]), COLUMNS))

    def _room(self, begin: int, end: int) -> tuple[Float64, Float64, NDArray[np.int64]]:
        below = self.rows_below[begin:end]
        tallest = int(below.max())
        scaled = np.empty(int((below * self.structure.width[begin:end]).max()) + 1)
        return scaled, np.empty(tallest * supernodal.CHUNK + 1), np.empty(tallest + 1, np.int64)


def _pieces(block: int, begin: int, end: int, size: int) -> list[Piece]:
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
