"""Parents-first order, loops, and inbreeding with the Mendelian variances, over plain arrays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breedeval.kernels import inbreeding as kernels
from breedeval.kernels import parents as numbering
from breedeval.kernels.pedigree_order import walk_parents_first

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]


_SHARES = 8  # shares of work a thread takes in one generation, so that none waits long


class ParentsFirst(NamedTuple):
    """An order in which parents come before progeny.

    Attributes
    ----------
    order : ndarray of int32, shape (n,)
        Rows in their new order: ``sire[order]`` are the sires in that order (still old rows).
    generation : ndarray of int32, shape (n,)
        Of every *given* row: 0 without known parents, else 1 + the larger of the parents'.
    """

    order: Int32
    generation: Int32


@dataclass(frozen=True, slots=True, eq=False)
class Inbreeding:
    """Inbreeding coefficients and Mendelian variances.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (n,)
        F, one less than the diagonal of A.
    mendelian : ndarray of float64, shape (n,)
        D of A = T D T′: the part of an individual's variance that its parents do not explain,
        in units of the additive variance. Of a metafounder: its own γ.
    """

    coefficients: Float64
    mendelian: Float64


def parents_first(sire: ArrayLike, dam: ArrayLike) -> ParentsFirst:
    """Order individuals so that parents come before progeny, and count generations.

    An order that is parents-first already comes back unchanged; otherwise an individual that
    stands too late is moved to just before its first progeny.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Row of the parent, in any order; −1 unknown.

    Returns
    -------
    ParentsFirst
        ``order`` and ``generation``.

    Raises
    ------
    ValueError
        If somebody is its own ancestor; :func:`find_loops` tells who.

    Notes
    -----
    Cost O(n); 13 bytes an individual beside the result.
    """
    order, generation, loop_rows, _, n_loops = walk_parents_first(*_parents(sire, dam))
    if n_loops:
        raise ValueError(f"row {loop_rows[0]} is its own ancestor; {n_loops} such loops in all")
    return ParentsFirst(order, generation)


def find_loops(sire: ArrayLike, dam: ArrayLike) -> list[Int32]:
    """Every loop met in one walk up all pedigree paths.

    Taking out one link of each loop in the list leaves a pedigree without loops, except that
    loops past n rows in all are not listed.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Row of the parent, in any order; −1 unknown.

    Returns
    -------
    list of ndarray of int32
        In a loop each row is followed by its parent, the last by the first.

    Notes
    -----
    Cost O(n) and the length of the loops.
    """
    _, _, rows, ends, _ = walk_parents_first(*_parents(sire, dam))
    return np.split(rows, ends[:-1]) if ends.size else []


def inbreeding(
    sire: ArrayLike,
    dam: ArrayLike,
    *,
    selfings: ArrayLike | None = None,
    gamma: ArrayLike | None = None,
    reduction: float | None = None,
    constants: ArrayLike | None = None,
    threads: int = 1,
) -> Inbreeding:
    """Inbreeding coefficients and Mendelian variances of everybody.

    F⁰ = ½ a(sire, dam), F = 1 − (1 − F⁰)/2ᵏ after k generations of selfing, and
    D = ½ − ¼(F_sire + F_dam) + F − F⁰, with F = −1 for an unknown parent.

    Parameters
    ----------
    sire, dam : array_like of int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown. The same row twice is a selfing.
    selfings : array_like of float64, shape (n,), optional
        k, generations of selfing after the cross (or, for a founder, from a non-inbred plant);
        infinity for a doubled haploid.
    gamma : array_like of float64, shape (m, m), optional
        Relationships among metafounders, who are the first m individuals.
    reduction : float, optional
        Given for autotetraploids: the probability w of double reduction, that two genes of a
        gamete are copies of one gene of the parent. The coefficients are then three times F.
    constants : array_like of float64, shape (n,), optional
        Of partial relationships: c of the diagonal c + ½ a(sire, dam), in place of 1; the
        coefficients are one less than this diagonal.
    threads : int
        Threads; the result is the same to the last bit for any number.

    Returns
    -------
    Inbreeding
        Coefficients and Mendelian variances.

    Raises
    ------
    ValueError
        If a parent does not come before its progeny, or shapes do not fit.

    References
    ----------
    Legarra, Christensen, Vitezica, Aguilar & Misztal (2015), Genetics 200:455; Kerr et al. (2012),
    Theor. Appl. Genet. 124:1271 (autotetraploids).
    """
    doubled = -1.0 if reduction is None else float(reduction)
    instead = np.zeros(0) if constants is None else np.ascontiguousarray(constants, np.float64)
    rows = _parents(sire, dam)
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    block = _metafounder_block(gamma, *rows)
    remaining = _remaining(selfings, rows[0].size)
    parents = _number_parents(*rows, len(block))
    crosses = _list_crosses(*rows, parents)
    coefficients = np.zeros(rows[0].size)
    coefficients[: len(block)] = np.diag(block) - 1.0
    by_number = np.empty(parents.size)
    with ThreadPoolExecutor(threads) as pool:
        workers = _Workers(pool, [_Workspace(parents) for _ in range(threads)])
        for numbers in parents.generations():
            kernels.finish_parents(
                numbers, parents.row, *rows, remaining, doubled, instead, len(block), coefficients,
                by_number
            )
            _evaluate(numbers, parents, crosses, by_number, block, coefficients, workers)
    mendelian = np.empty(rows[0].size)
    kernels.finish_all(
        *rows, parents.number, remaining, doubled, instead, by_number, len(block), coefficients,
        mendelian
    )
    return Inbreeding(coefficients, mendelian)


def _parents(sire: ArrayLike, dam: ArrayLike) -> tuple[Int32, Int32]:
    rows = np.ascontiguousarray(sire, np.int32), np.ascontiguousarray(dam, np.int32)
    if rows[0].size != rows[1].size:
        raise ValueError(f"sire has {rows[0].size} rows, dam {rows[1].size}")
    return rows


def _metafounder_block(gamma: ArrayLike | None, sire: Int32, dam: Int32) -> Float64:
    if gamma is None:
        return np.zeros((0, 0))
    block = np.ascontiguousarray(gamma, np.float64)
    if block.ndim != 2 or block.shape[0] != block.shape[1] or block.shape[0] > sire.size:
        raise ValueError(f"gamma has shape {block.shape} for {sire.size} individuals")
    with_parent = np.flatnonzero(np.maximum(sire, dam)[: block.shape[0]] >= 0)
    if with_parent.size:
        raise ValueError(f"metafounder {with_parent[0]} has a parent")
    return block


def _remaining(selfings: ArrayLike | None, n: int) -> Float64:
    """2⁻ᵏ, the part of 1 − F that k selfings leave; empty without selfings."""
    if selfings is None:
        return np.empty(0)
    generations = np.asarray(selfings, np.float64)
    if generations.shape != (n,):
        raise ValueError(f"selfings has shape {generations.shape} for {n} individuals")
    if not (generations >= 0.0).all():
        raise ValueError("selfings must not be negative or missing")
    return np.ascontiguousarray(np.exp2(-generations))


@dataclass(frozen=True, slots=True, eq=False)
class _Parents:
    """Parents under numbers of their own (see the kernel): inner, founders, metafounders."""

    number: Int32
    row: Int32
    parents: Int32
    first_founder: int
    founder_end: int
    n_meta: int
    order: Int32
    starts: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Numbers, gaps included; also the number that stands for nobody."""
        return self.row.size

    def generations(self) -> Iterator[Int32]:
        """Numbers of each generation, founders first."""
        for begin, end in pairwise(self.starts.tolist()):
            yield self.order[begin:end]


def _number_parents(sire: Int32, dam: Int32, n_meta: int) -> _Parents:
    number = np.empty(sire.size, np.int32)
    n_inner, n_founders, late = numbering.find_parents(sire, dam, n_meta, number)
    if late >= 0:
        parent = max(sire[late], dam[late])
        raise ValueError(f"row {late}: its parent is row {parent}; parents must come first")
    first_founder = _round_up(n_inner, kernels.WORD)
    founder_end = first_founder + n_founders
    size = _round_up(founder_end, kernels.WORD**2)
    row = np.empty(size, np.int32)
    parents = np.empty((size + 1, 2), np.int32)
    numbering.number_parents(sire, dam, n_meta, n_inner, founder_end, number, row, parents)
    order = np.empty(n_inner + n_founders, np.int32)
    starts = numbering.order_by_generation(row, parents, np.empty(size + 1, np.int32), order)
    return _Parents(
        number, row, parents, first_founder, founder_end, n_meta, order, starts
    )


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


@dataclass(frozen=True, slots=True, eq=False)
class _Crosses:
    """Progeny and mates of each leading parent, one list after the other."""

    start: NDArray[np.int64]
    progeny: Int32
    mates: Int32


def _list_crosses(sire: Int32, dam: Int32, parents: _Parents) -> _Crosses:
    """Crosses by the sex that has fewer parents in them."""
    numbers = np.empty((2, sire.size), np.int32)
    counts = np.zeros((2, parents.size + 1), np.int64)
    numbering.count_crosses(
        sire, dam, parents.number, parents.first_founder, parents.founder_end - parents.n_meta,
        numbers[0], numbers[1], counts[0], counts[1],
    )
    lead = int(np.count_nonzero(counts[1]) < np.count_nonzero(counts[0]))
    leader, mate, start = numbers[lead], numbers[1 - lead], counts[lead].copy()
    progeny = np.empty(start.sum(), np.int32)
    mates = np.empty_like(progeny)
    numbering.list_crosses(leader, mate, start, progeny, mates)
    return _Crosses(start, progeny, mates)


class _Workspace:
    """What one thread needs to evaluate crosses; big parts are touched only where used."""

    def __init__(self, parents: _Parents) -> None:
        words = parents.size // kernels.WORD
        self.nodes = np.zeros((parents.size + 1, 4), np.int32)
        self.nodes[:, : kernels.SLOT] = parents.parents
        self.waiting = np.zeros(words + 1, np.uint64)
        self.done = np.zeros(words + 1, np.uint64)
        self.done[parents.first_founder // kernels.WORD :] = ~np.uint64(0)
        self.never = np.zeros(words + 1, np.uint64)
        self.never[-1] = ~np.uint64(0)
        self.summary = np.zeros(words // kernels.WORD + 1, np.uint64)
        self.path = np.empty((parents.order.size, 4), np.int32)
        self.lanes = np.empty((parents.order.size + 1, kernels.LANES))


@dataclass(frozen=True, slots=True, eq=False)
class _Workers:
    """Threads, and as many workspaces: whoever works takes one and puts it back."""

    pool: ThreadPoolExecutor
    free: list[_Workspace]


def _evaluate(
    numbers: Int32,
    parents: _Parents,
    crosses: _Crosses,
    by_number: Float64,
    block: Float64,
    coefficients: Float64,
    workers: _Workers,
) -> None:
    """F⁰ of the crosses that one generation leads, in shares that fill whole cache lines."""
    leaders = numbers[crosses.start[numbers + 1] > crosses.start[numbers]]

    def work(share: Int32) -> None:
        space = workers.free.pop()
        kernels.evaluate_crosses(
            share, crosses.start, crosses.progeny, crosses.mates, by_number, block,
            parents.first_founder, parents.founder_end, coefficients, space.nodes, space.waiting,
            space.done, space.never, space.summary, space.path, space.lanes,
        )
        workers.free.append(space)

    threads = len(workers.free)
    size = _round_up(-(-leaders.size // (threads * _SHARES)), kernels.LANES)
    if threads == 1 or leaders.size <= size:
        work(leaders)
    else:
        shares = [leaders[begin : begin + size] for begin in range(0, leaders.size, size)]
        list(workers.pool.map(work, shares))
