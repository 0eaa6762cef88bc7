"""Inbreeding by parents: eight columns of A at a time, cut down to the ancestors that matter.

F of a cross is half the relationship of its parents, and one column of A gives the relationships
of a parent with all its mates: c = T v, v = D T′ e. The column needs D of that parent and its
ancestors only, so that parents of one generation do not wait for each other. One parent of every
cross leads, so that there are few columns; eight leading parents share a visit as the lanes of a
cache line.

Only parents are visited, under their numbers from ``parents.py``: progeny before parents, those
without parents last. Numbers still to be visited are bits in a bitmap with a summary above it;
taking the lowest bit visits progeny first. Whoever is visited gets a slot, a row of eight lanes;
slot 0 is nobody and, past the leaders' ancestors, every founder: zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, inlined, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Float64 = NDArray[np.float64]

_rows = array("i4", 1)
_starts = array("i8", 1)
_vector = array("f8", 1)
_matrix = array("f8", 2)
_int32 = "i4[::1]"
_uint64 = "u8[::1]"
_float64 = "f8[::1]"
_table = "i4[:, ::1]"
_lanes = "f8[:, ::1]"

LANES = 8
WORD = 64
SLOT = 2

_ONE = np.uint64(1)
_NONE = np.uint64(0)
_HASH = np.uint64(67)  # the powers of two below 2⁶⁴ differ modulo 67
_BIT_OF = np.zeros(67, np.int32)
for _bit in range(WORD):
    _BIT_OF[2**_bit % 67] = _bit


@kernel(f"({_rows}, {_rows}, {_rows}, {_rows}, {_vector}, f8, {_vector}, i8, {_float64}, "
        f"{_float64})")
def finish_parents(
    numbers: Int32, row: Int32, sire: Int32, dam: Int32, remaining: Float64, reduction: float,
    constants: Float64, n_meta: int, coefficients: Float64, mendelian: Float64,
) -> None:
    """F from F⁰, and D, of parents whose own parents are finished.

    F = 1 − (1 − F⁰)/2ᵏ;  D = ½ − ¼(F_s + F_d) + F − F⁰. Of autotetraploids, for F one less than
    the diagonal of A, F = F⁰ + ½(γ_s + γ_d) with γ = w + (1 − w)F/3 of the genes of one gamete.

    Parameters
    ----------
    numbers : int32
    row : int32, shape (size,)
    sire, dam : int32, shape (n,)
    remaining : float64, shape (n,) or (0,)
        2⁻ᵏ.
    reduction : float
        w, the probability of double reduction in autotetraploids; below 0 for diploids.
    constants : float64, shape (n,) or (0,)
        Of partial relationships: what the diagonal has beside F⁰, in place of 1.
    n_meta : int
        Left alone: metafounders have their F from the beginning.
    coefficients : float64, shape (n,)
        F⁰ on entry, F on return.
    mendelian : float64, shape (size,)
        Overwritten, by number.
    """
    for k in numbers:
        i = row[k]
        mendelian[k] = 1.0
        if i < n_meta:
            continue
        from_sire = coefficients[sire[i]] if sire[i] >= 0 else -1.0
        from_dam = coefficients[dam[i]] if dam[i] >= 0 else -1.0
        cross = coefficients[i]
        if remaining.size > 0:
            coefficients[i] = 1.0 - (1.0 - cross) * remaining[i]
        if reduction >= 0.0 and (sire[i] >= 0 or dam[i] >= 0):
            coefficients[i] = cross + reduction + (1.0 - reduction) * (
                max(from_sire, 0.0) + max(from_dam, 0.0)) / 6.0
        if constants.size > 0:
            coefficients[i] = cross + constants[i] - 1.0
        mendelian[k] = 0.5 - 0.25 * (from_sire + from_dam) + (coefficients[i] - cross)


@kernel(f"({_rows}, {_rows}, {_rows}, {_vector}, f8, {_vector}, {_vector}, i8, {_float64}, "
        f"{_float64})")
def finish_all(
    sire: Int32, dam: Int32, number: Int32, remaining: Float64, reduction: float,
    constants: Float64, by_number: Float64, n_meta: int, coefficients: Float64,
    mendelian: Float64,
) -> None:
    """F and D of those who are nobody's parent; D of parents put in its place.

    Parameters
    ----------
    sire, dam, number : int32, shape (n,)
    remaining : float64, shape (n,) or (0,)
    reduction : float
    constants : float64, shape (n,) or (0,)
    by_number : float64, shape (size,)
        D of parents.
    n_meta : int
    coefficients, mendelian : float64, shape (n,)
        F⁰ of non-parents becomes F; D.
    """
    for i in range(sire.size):
        if i < n_meta:
            mendelian[i] = 1.0 + coefficients[i]
        elif number[i] >= 0:
            mendelian[i] = by_number[number[i]]
        else:
            from_sire = coefficients[sire[i]] if sire[i] >= 0 else -1.0
            from_dam = coefficients[dam[i]] if dam[i] >= 0 else -1.0
            cross = coefficients[i]
            if remaining.size > 0:
                coefficients[i] = 1.0 - (1.0 - cross) * remaining[i]
            if reduction >= 0.0 and (sire[i] >= 0 or dam[i] >= 0):
                coefficients[i] = cross + reduction + (1.0 - reduction) * (
                    max(from_sire, 0.0) + max(from_dam, 0.0)) / 6.0
            if constants.size > 0:
                coefficients[i] = cross + constants[i] - 1.0
            mendelian[i] = 0.5 - 0.25 * (from_sire + from_dam) + (coefficients[i] - cross)


@inlined
def _slot_of(
    k: int, nodes: Int32, waiting: UInt64, done: UInt64, summary: UInt64, used: int
) -> tuple[int, int]:
    """The slot of a number, a new one if it was not met yet; no branch to mispredict."""
    w = k >> 6
    bit = np.uint64(k & 63)
    fresh = ~((waiting[w] | done[w]) >> bit) & _ONE
    waiting[w] |= fresh << bit
    summary[w >> 6] |= fresh << np.uint64(w & 63)
    new = np.int64(fresh)
    here = nodes[k, SLOT] + (used - nodes[k, SLOT]) * new
    nodes[k, SLOT] = here
    return int(here), int(used + new)


@inlined
def _sweep(
    nodes: Int32, waiting: UInt64, done: UInt64, summary: UInt64, path: Int32, length: int,
    used: int,
) -> tuple[int, int]:
    """Visit all that waits and its ancestors, progeny first; append to the path.

    Giving a parent its slot brings its own parents, in the same cache line, nearer to hand.
    """
    for upper in range(summary.size - 1):
        while summary[upper] != _NONE:
            low = summary[upper] & (~summary[upper] + _ONE)
            w = upper * 64 + _BIT_OF[low % _HASH]
            while waiting[w] != _NONE:
                bit = waiting[w] & (~waiting[w] + _ONE)
                k = w * 64 + _BIT_OF[bit % _HASH]
                waiting[w] ^= bit
                first, second = nodes[k, 0], nodes[k, 1]
                path[length, 0] = nodes[k, SLOT]
                path[length, 1], used = _slot_of(first, nodes, waiting, done, summary, used)
                path[length, 2], used = _slot_of(second, nodes, waiting, done, summary, used)
                path[length, 3] = k
                length += 1
            summary[upper] ^= low
    return length, used


@kernel(
    f"({_rows}, {_starts}, {_rows}, {_rows}, {_vector}, {_matrix}, i8, i8, {_float64}, "
    f"{_table}, {_uint64}, {_uint64}, {_uint64}, {_uint64}, {_table}, {_lanes})")
def evaluate_crosses(
    leaders: Int32, start: Int64, progeny: Int32, mates: Int32,
    mendelian: Float64, gamma: Float64, first_founder: int, founder_end: int,
    coefficients: Float64, nodes: Int32, waiting: UInt64, done: UInt64, never: UInt64,
    summary: UInt64, path: Int32, lanes: Float64,
) -> None:
    """F⁰ of all progeny of some leading parents whose generation is finished.

    For eight leaders at a time: visit their ancestors (whose v is not zero), then the other
    ancestors of their mates; sum up T′e and scale it by D, or for metafounders by Γ; come down
    again, parents first; read the mates' lanes.

    Parameters
    ----------
    leaders : int32, shape (l,)
        Numbers.
    start : int64, shape (size + 1,)
    progeny, mates : int32, shape (crosses,)
        From :func:`breedeval.kernels.parents.list_crosses`.
    mendelian : float64, shape (size,)
        D by number; 1 for metafounders.
    gamma : float64, shape (m, m)
    first_founder, founder_end : int
        Numbers of founders; the last m, backwards, are the metafounders.
    coefficients : float64, shape (n,)
        F⁰ of the progeny is written here.
    nodes : int32, shape (size + 1, 4)
        Numbers of both parents, then the slot: zero for founders and nobody on entry and return.
    waiting, done, never, summary : uint64
        Bitmaps: waiting and summary are zero but for the word of nobody; done has founders and
        nobody; never has only nobody.
    path : int32, shape (parents in all, 4)
    lanes : float64, shape (parents in all + 1, 8)
        Workspace, not initialised.
    """
    m = gamma.shape[0]
    up = np.empty((m, LANES))
    for begin in range(0, leaders.size, LANES):
        width = min(LANES, leaders.size - begin)
        used = 1
        for a in range(m):
            _, used = _slot_of(founder_end - 1 - a, nodes, waiting, never, summary, used)
        for lane in range(width):
            _, used = _slot_of(leaders[begin + lane], nodes, waiting, never, summary, used)
        n_up, used = _sweep(nodes, waiting, never, summary, path, 0, used)
        n_slots = used
        for at in range(n_up):
            k = path[at, 3]
            done[k >> 6] |= _ONE << np.uint64(k & 63)
        for lane in range(width):
            p = leaders[begin + lane]
            for c in range(start[p], start[p + 1]):
                _, used = _slot_of(mates[c], nodes, waiting, done, summary, used)
        n_path, used = _sweep(nodes, waiting, done, summary, path, n_up, used)

        lanes[:n_slots] = 0.0
        for lane in range(width):
            lanes[nodes[leaders[begin + lane], SLOT], lane] = 1.0
        for at in range(n_up):
            t = np.uint64(path[at, 0])
            s = np.uint64(path[at, 1])
            d = np.uint64(path[at, 2])
            variance = mendelian[path[at, 3]]
            for lane in range(LANES):
                half = 0.5 * lanes[t, lane]
                lanes[s, lane] += half
                lanes[d, lane] += half
                lanes[t, lane] *= variance
        lanes[0] = 0.0
        for a in range(m):
            up[a] = lanes[nodes[founder_end - 1 - a, SLOT]]
        for a in range(m):
            t = np.uint64(nodes[founder_end - 1 - a, SLOT])
            lanes[t] = 0.0
            for b in range(m):
                for lane in range(LANES):
                    lanes[t, lane] += gamma[a, b] * up[b, lane]
        for at in range(n_up - 1, -1, -1):
            t = np.uint64(path[at, 0])
            s = np.uint64(path[at, 1])
            d = np.uint64(path[at, 2])
            for lane in range(LANES):
                lanes[t, lane] += 0.5 * (lanes[s, lane] + lanes[d, lane])
        for at in range(n_path - 1, n_up - 1, -1):
            t = np.uint64(path[at, 0])
            s = np.uint64(path[at, 1])
            d = np.uint64(path[at, 2])
            for lane in range(LANES):
                lanes[t, lane] = 0.5 * (lanes[s, lane] + lanes[d, lane])
        for lane in range(width):
            p = leaders[begin + lane]
            for c in range(start[p], start[p + 1]):
                coefficients[progeny[c]] = 0.5 * lanes[nodes[mates[c], SLOT], lane]
        for at in range(n_up):
            k = path[at, 3]
            if k < first_founder:
                done[k >> 6] = _NONE
            else:
                nodes[k, SLOT] = 0
