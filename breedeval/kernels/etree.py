"""Symbolic Cholesky: elimination tree, column counts, supernodes and their row lists.

The pattern of a symmetric matrix comes as its lower triangle, columns compressed; ``position[i]``
is the place of unknown i in the elimination order. Everything but the row lists is linear, or
nearly so, in the non-zeros of the matrix; the row lists are linear in their own length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@kernel("Tuple((i8[::1], i4[::1]))(i8[::1], i4[::1], i4[::1])")
def earlier_neighbours(indptr: Int64, indices: Int32, position: Int32) -> tuple[Int64, Int32]:
    """For every pivot, the earlier pivots it is joined to: the rows of the strict lower triangle.

    Parameters
    ----------
    indptr, indices
        Lower triangle, columns compressed, in the order of the unknowns.
    position
        Place of every unknown in the elimination order, shape (n,).

    Returns
    -------
    tuple
        Pointers (n + 1,) and the earlier pivots of each, not sorted.
    """
    n = position.size
    start = np.zeros(n + 1, np.int64)
    for column in range(n):
        a = position[column]
        for p in range(indptr[column], indptr[column + 1]):
            b = position[indices[p]]
            if a != b:
                start[max(a, b) + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    free = start[:-1].copy()
    earlier = np.empty(start[n], np.int32)
    for column in range(n):
        a = position[column]
        for p in range(indptr[column], indptr[column + 1]):
            b = position[indices[p]]
            if a != b:
                late = max(a, b)
                earlier[free[late]] = min(a, b)
                free[late] += 1
    return start, earlier


@kernel("i4[::1](i8[::1], i4[::1])")
def elimination_tree(start: Int64, earlier: Int32) -> Int32:
    """Parent of every pivot: the row of the first non-zero below the diagonal of its column of L.

    Roots have parent −1. Cost nearly linear in the non-zeros (paths are compressed).

    References
    ----------
    Liu (1986), A compact row storage scheme for Cholesky factors using elimination trees,
    ACM Transactions on Mathematical Software 12, algorithm 4.2.
    """
    n = start.size - 1
    parent = np.full(n, -1, np.int32)
    top = np.full(n, -1, np.int32)
    for row in range(n):
        for p in range(start[row], start[row + 1]):
            k = earlier[p]
            while top[k] != -1 and top[k] != row:
                above = top[k]
                top[k] = row
                k = above
            if top[k] == -1:
                top[k] = row
                parent[k] = row
    return parent


@kernel("i4[::1](i4[::1])")
def postorder(parent: Int32) -> Int32:
    """Order that visits every subtree in one piece, children before parents, early ones first.

    Returns the old pivot at every new place; a tree already in postorder keeps its order.
    """
    n = parent.size
    child = np.full(n, -1, np.int32)
    sibling = np.full(n, -1, np.int32)
    last_root = np.int32(-1)
    for k in range(n - 1, -1, -1):
        above = parent[k]
        if above == -1:
            sibling[k] = last_root
            last_root = np.int32(k)
        else:
            sibling[k] = child[above]
            child[above] = k
    order = np.empty(n, np.int32)
    stack = np.empty(n, np.int32)
    placed = 0
    root = last_root
    while root != -1:
        stack[0] = root
        depth = 1
        while depth > 0:
            k = stack[depth - 1]
            if child[k] == -1:
                order[placed] = k
                placed += 1
                depth -= 1
            else:
                stack[depth] = child[k]
                child[k] = sibling[child[k]]
                depth += 1
        root = sibling[root]
    return order


@kernel("i4[::1](i8[::1], i4[::1], i4[::1])")
def column_counts(start: Int64, earlier: Int32, parent: Int32) -> Int32:
    """Non-zeros of every column of L, diagonal included; the tree must be in postorder.

    Row i of L is the tree pruned to i and the pivots i is joined to. Counting every vertex of
    every such subtree is done without visiting it: +1 at each of its leaves, −1 at the junction
    of consecutive leaves, −1 at the parent of its root; summed towards the roots. The leaves of
    a row subtree are those earlier neighbours that are not above the one before in postorder.

    References
    ----------
    Gilbert, Ng & Peyton (1994), An efficient algorithm to compute row and column counts for
    sparse Cholesky factorization, SIAM J. Matrix Anal. Appl. 15, section 3.
    """
    n = parent.size
    later_start = np.zeros(n + 1, np.int64)
    for p in range(earlier.size):
        later_start[earlier[p] + 1] += 1
    for k in range(n):
        later_start[k + 1] += later_start[k]
    later = np.empty(earlier.size, np.int32)
    free = later_start[:-1].copy()
    size = np.ones(n, np.int32)
    weight = np.zeros(n, np.int32)
    for row in range(n):
        for p in range(start[row], start[row + 1]):
            later[free[earlier[p]]] = row
            free[earlier[p]] += 1
        if parent[row] >= 0:
            size[parent[row]] += size[row]
    leaf = np.full(n, -1, np.int32)
    joined = np.arange(n).astype(np.int32)
    for k in range(n):
        if start[k] == start[k + 1]:
            weight[k] += 1
        if parent[k] >= 0:
            weight[parent[k]] -= 1
        first_descendant = k - size[k] + 1
        for p in range(later_start[k], later_start[k + 1]):
            row = later[p]
            previous = leaf[row]
            if previous >= first_descendant:
                continue
            weight[k] += 1
            if previous >= 0:
                junction = previous
                while joined[junction] != junction:
                    junction = joined[junction]
                while previous != junction:
                    above = joined[previous]
                    joined[previous] = junction
                    previous = above
                weight[junction] -= 1
            leaf[row] = k
        if parent[k] >= 0:
            joined[k] = parent[k]
    for k in range(n):
        if parent[k] >= 0:
            weight[parent[k]] += weight[k]
    return weight


@kernel("i4[::1](i4[::1], i4[::1], f8[::1])")
def supernodes(parent: Int32, count: Int32, allowance: NDArray[np.float64]) -> Int32:
    """First columns of the relaxed supernodes, and n at the end.

    Neighbouring columns of the same structure are one supernode. A supernode is merged into its
    parent beside it when the columns together are few or the zeros so stored are few:
    ``allowance`` is four numbers: the width up to which any merge is made, then the share of
    zeros allowed up to 4, up to 12 times that width, and beyond.

    References
    ----------
    Ashcraft & Grimes (1989), The influence of relaxed supernode partitions on the multifrontal
    method, ACM Transactions on Mathematical Software 15.
    """
    n = parent.size
    begin = np.empty(n + 1, np.int32)
    zeros = np.zeros(n + 1, np.float64)
    kept = 0
    for k in range(n):
        if k > 0 and parent[k - 1] == k and count[k - 1] == count[k] + 1:
            continue
        begin[kept] = k
        kept += 1
    begin[kept] = n
    merged = 0
    for s in range(kept):
        first, end = begin[s], begin[s + 1]
        empty = 0.0
        while merged > 0:
            low = begin[merged - 1]
            above = parent[first - 1]
            if above < first or above >= end:
                break
            width, child = float(end - low), float(first - low)
            height = width + count[end - 1] - 1
            new = child * (float(end - first) + count[end - 1] - count[first - 1])
            total = empty + zeros[merged - 1] + new
            share = total / (width * height - width * (width - 1.0) / 2.0)
            if width <= allowance[0]:
                limit = 1.0
            elif width <= 4.0 * allowance[0]:
                limit = allowance[1]
            elif width <= 12.0 * allowance[0]:
                limit = allowance[2]
            else:
                limit = allowance[3]
            if share > limit:
                break
            empty = total
            merged -= 1
            first = low
        begin[merged] = first
        zeros[merged] = empty
        merged += 1
    begin[merged] = n
    return begin[: merged + 1].copy()


@kernel("Tuple((i8[::1], i4[::1]))(i8[::1], i4[::1], i4[::1], i4[::1], i4[::1])")
def supernode_rows(
    start: Int64, earlier: Int32, parent: Int32, count: Int32, begin: Int32
) -> tuple[Int64, Int32]:
    """Pointers and rows of every supernode: its own columns first, then those below, ascending.

    Row i is met by climbing from each pivot it is joined to, supernode by supernode, until one
    that has it already; rows are visited in order, so that every list comes out sorted.
    """
    n = parent.size
    m = begin.size - 1
    home = np.empty(n, np.int32)
    pointer = np.zeros(m + 1, np.int64)
    for s in range(m):
        end = begin[s + 1]
        pointer[s + 1] = pointer[s] + end - begin[s] + count[end - 1] - 1
        for k in range(begin[s], end):
            home[k] = s
    rows = np.empty(pointer[m], np.int32)
    free = pointer[:-1].copy()
    seen = np.full(m, -1, np.int32)
    for row in range(n):
        own = home[row]
        rows[free[own]] = row
        free[own] += 1
        for p in range(start[row], start[row + 1]):
            s = home[earlier[p]]
            while s < own and seen[s] != row:
                seen[s] = row
                rows[free[s]] = row
                free[s] += 1
                s = home[parent[begin[s + 1] - 1]]
    return pointer, rows


@kernel("f8[::1](i4[::1], f8[::1])")
def subtree_sums(parent: Int32, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the weights in the subtree of every vertex; parents stand behind their children."""
    total = weight.copy()
    for k in range(parent.size):
        if parent[k] >= 0:
            total[parent[k]] += total[k]
    return total
