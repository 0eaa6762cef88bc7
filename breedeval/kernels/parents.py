"""Parents under numbers of their own, and the crosses that each leading parent has to answer.

Everything past this works on parents only: progeny have the smaller number, a dam mostly stands
next to her progeny, and parents without parents come last, metafounders behind the founders.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_rows = array("i4", 1)
_int32 = "i4[::1]"
_int64 = "i8[::1]"
_table = "i4[:, ::1]"

_UNKNOWN = -1
_INNER = -2
_FOUNDER = -3


@kernel(f"({_rows}, {_rows}, i8, {_int32})")
def find_parents(sire: Int32, dam: Int32, n_meta: int, number: Int32) -> tuple[int, int, int]:
    """Mark who is a parent in ``number``, and who of them has parents.

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Rows of the parents; −1 unknown.
    n_meta : int
        The first rows are metafounders: kept as if they were parents.
    number : int32, shape (n,)
        Overwritten.

    Returns
    -------
    n_inner, n_founders, late
        Parents with and without parents; the first row with a parent that does not come before
        it, or −1.
    """
    n = sire.size
    number[:] = _UNKNOWN
    number[:n_meta] = _FOUNDER
    for i in range(n):
        s, d = sire[i], dam[i]
        if s >= i or d >= i:
            return 0, 0, i
        if s >= 0:
            number[s] = _INNER
        if d >= 0:
            number[d] = _INNER
    n_inner = 0
    n_founders = 0
    for i in range(n):
        if number[i] != _UNKNOWN:
            if sire[i] < 0 and dam[i] < 0:
                number[i] = _FOUNDER
                n_founders += 1
            else:
                n_inner += 1
    return n_inner, n_founders, -1


@kernel(f"({_rows}, {_rows}, i8, i8, i8, {_int32}, {_int32}, {_table})")
def number_parents(
    sire: Int32, dam: Int32, n_meta: int, n_inner: int, founder_end: int,
    number: Int32, row: Int32, parents: Int32,
) -> None:
    """Number the parents along descending lines, and note the parents of each.

    Walking up from the youngest, first through the sire, a dam is numbered just after (that is,
    above) the progeny that led to her. Founders count down from ``founder_end``, the metafounders
    first.

    Parameters
    ----------
    sire, dam : int32, shape (n,)
    n_meta, n_inner, founder_end : int
    number : int32, shape (n,)
        From :func:`find_parents`; becomes the number of each parent.
    row : int32, shape (size,)
        Row of every number; −1 in gaps. Overwritten.
    parents : int32, shape (size + 1, 2)
        Numbers of both parents; ``size`` where unknown. Overwritten.
    """
    nobody = row.size
    row[:] = _UNKNOWN
    parents[:] = nobody
    founder = founder_end
    for i in range(n_meta):
        founder -= 1
        number[i] = founder
        row[founder] = i
    inner = n_inner
    path = np.empty(n_inner + 1, np.int32)
    for start in range(sire.size - 1, -1, -1):
        if number[start] != _INNER:
            continue
        top = 0
        path[0] = start
        while top >= 0:
            i = path[top]
            above = _UNKNOWN
            for parent in (dam[i], sire[i]):
                if parent >= 0 and number[parent] == _INNER:
                    above = parent
                elif parent >= 0 and number[parent] == _FOUNDER:
                    founder -= 1
                    number[parent] = founder
                    row[founder] = parent
            if above >= 0:
                top += 1
                path[top] = above
            else:
                inner -= 1
                number[i] = inner
                row[inner] = i
                top -= 1
    for start in range(sire.size - 1, -1, -1):
        if number[start] == _FOUNDER:
            founder -= 1
            number[start] = founder
            row[founder] = start
    for k in range(n_inner):
        s, d = sire[row[k]], dam[row[k]]
        if s >= 0:
            parents[k, 0] = number[s]
        if d >= 0:
            parents[k, 1] = number[d]


@kernel(f"({_rows}, {_table}, {_int32}, {_int32})")
def order_by_generation(row: Int32, parents: Int32, level: Int32, order: Int32) -> Int64:
    """Sort numbers by generation: 0 for founders, else 1 + the larger of the parents'.

    Parameters
    ----------
    row : int32, shape (size,)
    parents : int32, shape (size + 1, 2)
    level : int32, shape (size + 1,)
        Overwritten by the generations.
    order : int32, shape (parents in all,)
        Overwritten by the numbers.

    Returns
    -------
    int64, shape (generations + 1,)
        Where each generation begins in ``order``.
    """
    size = row.size
    level[size] = -1
    deepest = -1
    for k in range(size - 1, -1, -1):
        level[k] = 1 + max(level[parents[k, 0]], level[parents[k, 1]])
        if row[k] >= 0:
            deepest = max(deepest, level[k])
    start = np.zeros(deepest + 2, np.int64)
    for k in range(size):
        if row[k] >= 0:
            start[level[k] + 1] += 1
    for g in range(deepest + 1):
        start[g + 1] += start[g]
    fill = start.copy()
    for k in range(size):
        if row[k] >= 0:
            order[fill[level[k]]] = k
            fill[level[k]] += 1
    return start


@kernel(f"({_rows}, {_rows}, {_rows}, i8, i8, {_int32}, {_int32}, {_int64}, {_int64})")
def count_crosses(
    sire: Int32, dam: Int32, number: Int32, first_founder: int, first_meta: int,
    sire_number: Int32, dam_number: Int32, by_sire: Int64, by_dam: Int64,
) -> None:
    """Number the parents of every cross that may be inbred, and count crosses by parent.

    A founder is related to nobody who comes before it.

    Parameters
    ----------
    sire, dam : int32, shape (n,)
    number : int32, shape (n,)
    first_founder, first_meta : int
        Numbers from which on parents are founders, and metafounders.
    sire_number, dam_number : int32, shape (n,)
        Overwritten; −1 where F⁰ is zero.
    by_sire, by_dam : int64, shape (size + 1,)
        Counts are added one place further on, ready for summing up.
    """
    for i in range(sire.size):
        s, d = sire[i], dam[i]
        sire_number[i] = _UNKNOWN
        dam_number[i] = _UNKNOWN
        if s < 0 or d < 0:
            continue
        p, q = number[s], number[d]
        if s > d and first_founder <= p < first_meta:
            continue
        if d > s and first_founder <= q < first_meta:
            continue
        sire_number[i] = p
        dam_number[i] = q
        by_sire[p + 1] += 1
        by_dam[q + 1] += 1


@kernel(f"({_rows}, {_rows}, {_int64}, {_int32}, {_int32})")
def list_crosses(
    leader: Int32, mate: Int32, start: Int64, progeny: Int32, mates: Int32
) -> None:
    """Progeny and mates of every leading parent, one after the other.

    Parameters
    ----------
    leader, mate : int32, shape (n,)
        Numbers from :func:`count_crosses`.
    start : int64, shape (size + 1,)
        Counts by leader; overwritten by the beginning of each leader's list.
    progeny, mates : int32, shape (crosses,)
        Overwritten: row of the progeny, number of the mate.
    """
    for k in range(start.size - 1):
        start[k + 1] += start[k]
    fill = start[:-1].copy()
    for i in range(leader.size):
        p = leader[i]
        if p >= 0:
            progeny[fill[p]] = i
            mates[fill[p]] = mate[i]
            fill[p] += 1
