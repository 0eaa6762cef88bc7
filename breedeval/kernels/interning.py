"""Names to codes by one hash table, without copying a name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

_bytes = array("u1", 1)
_edges = array("i8", 1)
_valid = array("b1", 1)

_BASIS = np.uint64(14695981039346656037)
_PRIME = np.uint64(1099511628211)
_FOLD = np.uint64(32)
_HALF = np.uint64(0x7FFFFFFF)
_EMPTY = -1
_BATCH = 64


@kernel(f"({_bytes}, {_edges}, {_valid}, i8)")
def intern_names(
    data: Bytes, edges: Int64, valid: Bools, expected: int
) -> tuple[Int32, Int64]:
    """Codes of names in order of first appearance.

    Open addressing with linear probing. A slot holds half of the name's hash (FNV-1a, folded) and
    its code; the name stays where it first stood. Names are taken in batches: memory that a batch
    will ask for is touched first, many places at a time, as waiting for it is the main cost.

    Parameters
    ----------
    data : uint8
        All names, one after the other.
    edges : int64, shape (m + 1,)
        Name k is ``data[edges[k]:edges[k + 1]]``.
    valid : bool, shape (m,)
        False where there is no name.
    expected : int
        How many different names there may be; more are possible and cost a little time.

    Returns
    -------
    codes : int32, shape (m,)
        −1 where there is no name.
    first : int64, shape (q,)
        Of every code, the position of its first name.

    Notes
    -----
    Cost: linear; 24 to 48 bytes for every different name.
    """
    m = valid.size
    codes = np.full(m, -1, np.int32)
    n_slots = 64
    while n_slots < 2 * expected:
        n_slots *= 2
    slots = np.full(n_slots, _EMPTY, np.int64)
    first = np.empty(n_slots // 2, np.int64)
    digests = np.empty(_BATCH, np.int64)
    places = np.empty(_BATCH, np.int64)
    touched = np.empty(_BATCH, np.uint8)
    known = 0
    for batch in range(0, m, _BATCH):
        size = min(_BATCH, m - batch)
        if 2 * (known + size) > n_slots:
            n_slots *= 2
            wider = np.full(n_slots, _EMPTY, np.int64)
            for slot in slots:
                if slot != _EMPTY:
                    at = (slot >> 32) & (n_slots - 1)
                    while wider[at] != _EMPTY:
                        at = (at + 1) & (n_slots - 1)
                    wider[at] = slot
            slots = wider
            longer = np.empty(n_slots // 2, np.int64)
            longer[:known] = first[:known]
            first = longer
        for j in range(size):
            wide = _BASIS
            for k in range(edges[batch + j], edges[batch + j + 1]):
                wide = (wide ^ np.uint64(data[k])) * _PRIME
            digests[j] = np.int64((wide ^ (wide >> _FOLD)) & _HALF)
        for j in range(size):
            places[j] = slots[digests[j] & (n_slots - 1)]
        for j in range(size):
            places[j] = first[places[j] & 0xFFFFFFFF] if places[j] != _EMPTY else batch
        for j in range(size):
            places[j] = edges[places[j]]
        for j in range(size):
            touched[j] = data[places[j]] if places[j] < data.size else 0
        for j in range(size):
            name = batch + j
            if not valid[name]:
                continue
            begin, length = edges[name], edges[name + 1] - edges[name]
            at = digests[j] & (n_slots - 1)
            while slots[at] != _EMPTY:
                if slots[at] >> 32 == digests[j]:
                    other = first[slots[at] & 0xFFFFFFFF]
                    if edges[other + 1] - edges[other] == length:
                        start = edges[other]
                        k = 0
                        while k < length and data[start + k] == data[begin + k]:
                            k += 1
                        if k == length:
                            break
                at = (at + 1) & (n_slots - 1)
            if slots[at] == _EMPTY:
                slots[at] = (digests[j] << 32) | known
                first[known] = name
                known += 1
            codes[name] = slots[at] & 0xFFFFFFFF
    return codes, first[:known].copy()
