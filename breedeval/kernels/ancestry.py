"""Passes up and down a pedigree whose parents come before their progeny."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

_rows = array("i4", 1)


@kernel(f"({_rows}, {_rows}, b1[::1])")
def mark_ancestors(sire: Int32, dam: Int32, marked: Bools) -> None:
    """Mark, in place, every ancestor of the marked individuals. O(n)."""
    for row in range(sire.size - 1, -1, -1):
        if marked[row]:
            if sire[row] >= 0:
                marked[sire[row]] = True
            if dam[row] >= 0:
                marked[dam[row]] = True


@kernel(f"({_rows}, {_rows})")
def equivalent_generations(sire: Int32, dam: Int32) -> Float64:
    """Equivalent complete generations: Σ over known parents of ½ (1 + the parent's). O(n)."""
    known = np.zeros(sire.size)
    for row in range(sire.size):
        if sire[row] >= 0:
            known[row] += 0.5 * (1.0 + known[sire[row]])
        if dam[row] >= 0:
            known[row] += 0.5 * (1.0 + known[dam[row]])
    return known


@kernel(f"({_rows}, {_rows}, f8[::1])")
def send_to_parents(sire: Int32, dam: Int32, share: Float64) -> None:
    """Add to each parent, in place, half of what each of its progeny has in the end: T′x. O(n).

    With ``share`` 1/N for N individuals and 0 elsewhere, it becomes the expected genetic
    contribution of everybody to these N (James & McBride 1958).
    """
    for row in range(sire.size - 1, -1, -1):
        half = 0.5 * share[row]
        if half != 0.0:
            if sire[row] >= 0:
                share[sire[row]] += half
            if dam[row] >= 0:
                share[dam[row]] += half


@kernel(f"({_rows}, {_rows}, f8[::1], i8, f8)")
def marginal_contributions(
    sire: Int32, dam: Int32, reference: Float64, most: int, enough: float
) -> tuple[Int32, Float64]:
    """Ancestors by marginal contribution: each explains what those before it do not.

    The ancestor with the largest p_k = q_k (1 − a_k) is taken, where q is the contribution through
    a pedigree in which the taken ones have no parents, and a_k the part of k's genes that comes
    from them; then again (Boichard, Maignel & Verrier 1997, method 3).

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Row of the parent, parents first; −1 unknown.
    reference : float64, shape (n,)
        1/N for the N individuals of the reference population, else 0.
    most : int
        How many ancestors at most.
    enough : float
        Stop when this part of the gene pool is explained.

    Returns
    -------
    ancestors : int32, shape (k,)
    contributions : float64, shape (k,)
        Falling.

    Notes
    -----
    Cost: O(n) for each ancestor.
    """
    n = sire.size
    sires, dams = sire.copy(), dam.copy()
    taken = np.zeros(n, np.bool_)
    ancestors = np.empty(most, np.int32)
    contributions = np.empty(most)
    share = np.empty(n)
    explained = np.empty(n)
    found = 0
    total = 0.0
    while found < most and total < enough:
        share[:] = reference
        for row in range(n - 1, -1, -1):
            half = 0.5 * share[row]
            if half != 0.0:
                if sires[row] >= 0:
                    share[sires[row]] += half
                if dams[row] >= 0:
                    share[dams[row]] += half
        best = -1
        best_part = 1e-12
        for row in range(n):
            explained[row] = 0.0
            if taken[row]:
                explained[row] = 1.0
                continue
            if sires[row] >= 0:
                explained[row] += 0.5 * explained[sires[row]]
            if dams[row] >= 0:
                explained[row] += 0.5 * explained[dams[row]]
            part = share[row] * (1.0 - explained[row])
            if part > best_part:
                best = row
                best_part = part
        if best < 0:
            break
        ancestors[found] = best
        contributions[found] = best_part
        found += 1
        total += best_part
        taken[best] = True
        sires[best] = -1
        dams[best] = -1
    return ancestors[:found].copy(), contributions[:found].copy()
