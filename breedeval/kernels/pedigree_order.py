"""Parents before progeny: one depth-first walk over a pedigree, loops caught on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]

_rows = array("i4", 1)

_UNSEEN = -1
_OPEN = -2


@kernel(f"({_rows}, {_rows})")
def walk_parents_first(sire: Int32, dam: Int32) -> tuple[Int32, Int32, Int32, Int32, int]:
    """Walk every pedigree path upwards once; place an individual after its parents.

    Individuals are taken in the given order, and whoever is met is placed as soon as both parents
    are, so that an order which is parents-first already comes back unchanged. A parent that is
    still open when it is met again closes a loop: the loop is kept and the link is left out of
    the walk.

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Row of the parent, −1 unknown.

    Returns
    -------
    order : int32, shape (n,)
        Rows, parents before progeny.
    generation : int32, shape (n,)
        Of every row: 0 without known parents, else 1 + the larger of the parents'.
    loop_rows : int32
        Rows of the loops, one loop after the other; within one, each row is followed by its
        parent, and the first row is a parent of the last. As many loops as fit into n rows.
    loop_ends : int32
        End of every kept loop within ``loop_rows``.
    n_loops : int
        All loops met, also those not kept.
    """
    n = sire.size
    order = np.empty(n, np.int32)
    generation = np.full(n, _UNSEEN, np.int32)
    path = np.empty(n, np.int32)
    stage = np.empty(n, np.int8)
    loop_rows = np.empty(0, np.int32)
    loop_ends = np.empty(0, np.int32)
    n_loops = 0
    n_kept = 0
    filled = 0
    placed = 0
    for start in range(n):
        if generation[start] != _UNSEEN:
            continue
        top = 0
        path[0] = start
        stage[0] = 0
        generation[start] = _OPEN
        while top >= 0:
            row = path[top]
            if stage[top] < 2:
                parent = sire[row] if stage[top] == 0 else dam[row]
                stage[top] += 1
                if parent < 0:
                    continue
                if generation[parent] == _UNSEEN:
                    generation[parent] = _OPEN
                    top += 1
                    path[top] = parent
                    stage[top] = 0
                elif generation[parent] == _OPEN:
                    n_loops += 1
                    first = top
                    while path[first] != parent:
                        first -= 1
                    length = top - first + 1
                    if n_loops == 1:
                        loop_rows = np.empty(n, np.int32)
                        loop_ends = np.empty(n, np.int32)
                    if filled + length <= n:
                        loop_rows[filled:filled + length] = path[first:top + 1]
                        filled += length
                        loop_ends[n_kept] = filled
                        n_kept += 1
                continue
            oldest = -1
            if sire[row] >= 0:
                oldest = generation[sire[row]]
            if dam[row] >= 0:
                oldest = max(oldest, generation[dam[row]])
            generation[row] = max(oldest, -1) + 1
            order[placed] = row
            placed += 1
            top -= 1
    return order, generation, loop_rows[:filled], loop_ends[:n_kept], n_loops
