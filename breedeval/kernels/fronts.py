"""Small supernodal blocks of a subtree, front by front: the Cholesky factor and its inverse.

The front of a block is the dense matrix over its rows: its w own columns and the b rows below.
Factorising it leaves an update U = −L₂L₂′ for the rows below, which is added to the front of the
parent; inverting it needs the inverse at the rows below, which is part of the parent's front. So a
block deals with its parent alone, and everything dense is a plain loop down a column, which is
quicker than a call of a library for the dozens of rows that most blocks have. Blocks of more than
``LIMIT`` operations are left to the caller, who has such a library.

``layout`` is the tuple (first, row_start, height, value_start, rows, home) of ``Structure``, and
``tree`` the tuple (parent, start, place): block s has its rows below, in order, at the rows
``place[start[s]:]`` of the front of block ``parent[s]``. Every front has a place in ``room``
behind that of its parent, so that what is there at a time is one path to a root.

References
----------
Liu (1992), The multifrontal method for sparse matrix solution: theory and practice, SIAM Review 34,
82–109.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import kernel, part

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Layout = tuple[Int32, Int64, Int32, Int64, Int32, Int32]
Tree = tuple[Int32, Int64, Int32]

LAYOUT = "Tuple((i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1]))"
TREE = "Tuple((i4[::1], i8[::1], i4[::1]))"
LIMIT = 400_000
FRESH, BEGUN, FACTORISED = np.int8(0), np.int8(1), np.int8(2)  # what is in a front


@kernel(f"Tuple((i4[::1], i8[::1], i4[::1]))({LAYOUT})")
def make_tree(layout: Layout) -> Tree:
    """Parent of every block, and where its rows below stand in the parent's row list."""
    first, row_start, height, _, rows, home = layout
    count = height.size
    parent = np.full(count, -1, np.int32)
    start = np.zeros(count + 1, np.int64)
    for s in range(count):
        start[s + 1] = start[s] + height[s] - (first[s + 1] - first[s])
    place = np.empty(start[count], np.int32)
    for s in range(count):
        width = first[s + 1] - first[s]
        if height[s] == width:
            continue
        below = rows[row_start[s] + width : row_start[s] + height[s]]
        p = home[below[0]]
        parent[s] = p
        own = rows[row_start[p] : row_start[p] + height[p]]
        at = 0
        for r in range(below.size):
            while own[at] != below[r]:
                at += 1
            place[start[s] + r] = at
    return parent, start, place


@kernel(f"Tuple((i8[::1], i8[::1], i8[::1]))({LAYOUT}, i4[::1], i8, i8)")
def make_room(layout: Layout, parent: Int32, begin: int, end: int) -> tuple[Int64, Int64, Int64]:
    """Rows below each block that are columns of the range, and places of its update and front.

    The last of the places of updates and fronts is the room that all of them need.
    """
    first, row_start, height, _, rows, _ = layout
    size = end - begin
    inside = np.empty(size, np.int64)
    updates, fronts = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    behind = np.zeros((size, 2), np.int64)
    for k in range(size - 1, -1, -1):
        s = begin + k
        width = first[s + 1] - first[s]
        below = rows[row_start[s] + width : row_start[s] + height[s]]
        inside[k] = np.searchsorted(below, first[end])
        p = parent[s]
        if 0 <= p < end:
            updates[k], fronts[k] = behind[p - begin, 0], behind[p - begin, 1]
        behind[k, 0] = updates[k] + below.size * inside[k]
        behind[k, 1] = fronts[k] + np.int64(height[s]) * height[s]
        updates[size] = max(updates[size], behind[k, 0])
        fronts[size] = max(fronts[size], behind[k, 1])
    return inside, updates, fronts


@part
def _subtract(
    target: Float64, source: Float64, at: Any, step: Any, factor: Float64, stride: Any, count: Any,
) -> None:
    """Take from ``target`` columns of ``source`` that start at at, at + step, … times factors.

    The factors are ``factor[0]``, ``factor[stride]``, …; four columns at a time.
    """
    size = target.size
    k = 0
    while k + 4 <= count:
        a = source[at : at + size]
        b = source[at + step : at + step + size]
        c = source[at + 2 * step : at + 2 * step + size]
        d = source[at + 3 * step : at + 3 * step + size]
        e, f = factor[k * stride], factor[(k + 1) * stride]
        g, h = factor[(k + 2) * stride], factor[(k + 3) * stride]
        for i in range(size):
            target[i] -= (a[i] * e + b[i] * f) + (c[i] * g + d[i] * h)
        at += 4 * step
        k += 4
    while k < count:
        a = source[at : at + size]
        e = factor[k * stride]
        for i in range(size):
            target[i] -= a[i] * e
        at += step
        k += 1


@part
def _factorise_block(values: Float64, top: Any, tall: Any, width: Any) -> Any:
    """Columns of L in place; the number of the first pivot that is not positive, or −1."""
    for j in range(width):
        column = values[top + j * tall + j : top + (j + 1) * tall]
        _subtract(column, values, top + j, tall, values[top + j :], tall, j)
        if not column[0] > 0.0:
            return j
        root = np.sqrt(column[0])
        column[0] = root
        scale = 1.0 / root
        for i in range(1, column.size):
            column[i] *= scale
    return -1


@part
def _pass_up(
    layout: Layout, tree: Tree, s: Any, values: Float64, update: Float64, count: Any,
    above: Float64, begun: Any,
) -> None:
    """Add the first columns of an update to the front of the parent: its block and ``above``."""
    first, _, height, value_start, _, _ = layout
    parent, start, place = tree
    p = parent[s]
    width, tall = np.int64(first[p + 1] - first[p]), np.int64(height[p])
    under = tall - width
    there = place[start[s] : start[s + 1]]
    below = there.size
    if not begun:
        above[:] = 0.0
    for c in range(count):
        source = update[c * below + c : (c + 1) * below]
        column = np.int64(there[c])
        if column < width:
            into = values[value_start[p] + column * tall : value_start[p] + (column + 1) * tall]
            shift = np.int64(0)
        else:
            into = above[(column - width) * under : (column - width + 1) * under]
            shift = width
        if there[below - 1] - column == below - 1 - c:
            beside = into[column - shift :]
            for i in range(source.size):
                beside[i] += source[i]
        else:
            for i in range(source.size):
                into[there[c + i] - shift] += source[i]


@kernel(
    f"i8({LAYOUT}, {TREE}, f8[::1], i8, i8, i8, i8[::1], i8[::1], f8[::1], i1[::1], i4[::1])")
def factorise_fronts(
    layout: Layout, tree: Tree, values: Float64, begin: int, at: int, end: int, inside: Int64,
    updates: Int64, room: Float64, state: Int8, done: Int32,
) -> np.int64:
    """Factorise blocks of a range that holds whole subtrees, from block ``at`` on.

    Returns the block at which it stopped: ``end``; one of more than ``LIMIT`` operations, which
    the caller factorises, with its update, before going on from there; or −1 − j for a pivot j
    that is not positive. Σ c² operations over the columns.

    Parameters
    ----------
    layout, tree
        The blocks and their tree.
    values
        The matrix in the blocks on entry, L at return.
    begin, at, end
        The range, and where to go on.
    inside, updates
        As :func:`make_room` gives them.
    room
        For the updates.
    state
        ``FRESH``; ``BEGUN`` once a front has something of its children; ``FACTORISED`` by the
        caller.
    done
        Rows of each block that the range has dealt with.
    """
    first, _, height, value_start, _, _ = layout
    parent = tree[0]
    for s in range(at, end):
        k = s - begin
        width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
        below, count, top = tall - width, inside[k], value_start[s]
        update = room[updates[k] : updates[k] + below * count]
        if state[k] != FACTORISED:
            if width * tall * tall > LIMIT:
                return np.int64(s)
            failed = _factorise_block(values, top, tall, width)
            if failed >= 0:
                return np.int64(-1 - (first[s] + failed))
            for c in range(count):
                column = update[c * below + c : (c + 1) * below]
                if state[k] == FRESH:
                    column[:] = 0.0
                row = top + width + c
                _subtract(column, values, row, tall, values[row:], tall, width)
        done[s] = width + count
        if count > 0:
            p = parent[s] - begin
            size = (height[p + begin] - (first[p + begin + 1] - first[p + begin])) * inside[p]
            above = room[updates[p] : updates[p] + size]
            _pass_up(layout, tree, s, values, update, count, above, state[p] != FRESH)
            state[p] = BEGUN
    return np.int64(end)


@part
def _gather_above(layout: Layout, values: Float64, s: Any, front: Float64) -> None:
    """The inverse at the rows below a block into its front, from the blocks of those rows."""
    first, row_start, height, value_start, rows, home = layout
    width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
    wanted = rows[row_start[s] + width : row_start[s] + tall]
    below = wanted.size
    place = np.empty(below, np.int64)
    q = 0
    while q < below:
        p = home[wanted[q]]
        own = rows[row_start[p] : row_start[p] + height[p]]
        at = np.int64(wanted[q] - first[p])
        for r in range(q, below):
            if own[at] != wanted[r]:
                at += np.searchsorted(own[at:], wanted[r])
            place[r] = at
            at += 1
        while q < below and wanted[q] < first[p + 1]:
            source = values[value_start[p] + place[q] * height[p] :]
            for r in range(q, below):
                entry = source[place[r]]
                front[(width + q) * tall + width + r] = entry
                front[(width + r) * tall + width + q] = entry
            q += 1


@part
def _gather_parent(
    layout: Layout, tree: Tree, s: Any, front: Float64, above: Float64
) -> None:
    """The same, from the front of the parent."""
    first, _, height, _, _, _ = layout
    parent, start, place = tree
    tall = np.int64(height[s])
    width = np.int64(first[s + 1] - first[s])
    wide = np.int64(height[parent[s]])
    there = place[start[s] : start[s + 1]]
    for c in range(there.size):
        source = above[there[c] * wide : (there[c] + 1) * wide]
        target = front[(width + c) * tall + width : (width + c + 1) * tall]
        for r in range(there.size):
            target[r] = source[there[r]]


@part
def _invert_block(
    values: Float64, front: Float64, top: Any, tall: Any, width: Any
) -> None:
    """Own columns of a front from L in the block and the inverse below; last column first."""
    for j in range(width - 1, -1, -1):
        factor = values[top + j * tall + j + 1 : top + (j + 1) * tall]
        column = front[j * tall + j + 1 : (j + 1) * tall]
        scale = 1.0 / values[top + j * tall + j]
        size = column.size
        for i in range(size):
            factor[i] *= scale
            column[i] = 0.0
        _subtract(column, front, (j + 1) * (tall + 1), tall, factor, 1, size)
        one = two = three = four = 0.0
        i = 0
        while i + 3 < size:
            one += factor[i] * column[i]
            two += factor[i + 1] * column[i + 1]
            three += factor[i + 2] * column[i + 2]
            four += factor[i + 3] * column[i + 3]
            i += 4
        while i < size:
            one += factor[i] * column[i]
            i += 1
        front[j * (tall + 1)] = scale * scale - ((one + two) + (three + four))
        for i in range(size):
            front[(j + 1 + i) * tall + j] = column[i]
    for j in range(width):
        for i in range(j, tall):
            values[top + j * tall + i] = front[j * tall + i]


@kernel(f"i8({LAYOUT}, {TREE}, f8[::1], i8, i8, i8, i8[::1], f8[::1])")
def invert_fronts(
    layout: Layout, tree: Tree, values: Float64, begin: int, at: int, end: int, fronts: Int64,
    room: Float64,
) -> np.int64:
    """Replace L by the inverse in blocks of a range, from block at − 1 down.

    Column j of the front, with y the rest of L's column over its pivot l and Z the inverse at the
    rows behind it, which is known by then: z = −Zy and zⱼⱼ = 1/l² − y′z.

    Returns the block at which it stopped: ``begin − 1``, or one of more than ``LIMIT`` operations,
    in whose front the rows below are set, and which the caller inverts, front and block.

    References
    ----------
    Takahashi, Fagan & Chin (1973); Erisman & Tinney (1975), On computing certain elements of
    the inverse of a sparse matrix, Communications of the ACM 18, 177–179.
    """
    first, _, height, value_start, _, _ = layout
    parent = tree[0]
    for s in range(at - 1, begin - 1, -1):
        k = s - begin
        width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
        front = room[fronts[k] : fronts[k] + tall * tall]
        if tall > width:
            p = parent[s]
            if p < end:
                wide = np.int64(height[p])
                above = room[fronts[p - begin] : fronts[p - begin] + wide * wide]
                _gather_parent(layout, tree, s, front, above)
            else:
                _gather_above(layout, values, s, front)
        if width * tall * tall > LIMIT:
            return np.int64(s)
        _invert_block(values, front, value_start[s], tall, width)
    return np.int64(begin - 1)
