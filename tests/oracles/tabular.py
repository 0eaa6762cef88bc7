"""A by the tabular method, one cell at a time: slow, obvious, and the judge of everything else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def tabular(
    sire: Sequence[int],
    dam: Sequence[int],
    selfings: Sequence[float] | None = None,
    gamma: Float64 | None = None,
) -> Float64:
    """A, parents-first: a_ij = ½(a_sj + a_dj) for j before i; a_ii = 1 + F_i.

    F⁰ = ½ a_sd for a cross, 0 if a parent is unknown; k selfings halve 1 − F k times. The first
    individuals are metafounders with relationships ``gamma``.
    """
    n = len(sire)
    m = 0 if gamma is None else len(gamma)
    a = np.zeros((n, n))
    for i in range(n):
        if gamma is not None and i < m:
            a[i, :m] = gamma[i]
            continue
        s, d = sire[i], dam[i]
        for j in range(i):
            from_sire = a[s, j] if s >= 0 else 0.0
            from_dam = a[d, j] if d >= 0 else 0.0
            a[i, j] = a[j, i] = 0.5 * (from_sire + from_dam)
        f = 0.5 * a[s, d] if s >= 0 and d >= 0 else 0.0
        if selfings is not None:
            f = 1.0 - (1.0 - f) * 0.5 ** selfings[i]
        a[i, i] = 1.0 + f
    return a


def tetraploid(sire: Sequence[int], dam: Sequence[int], reduction: float) -> Float64:
    """A of autotetraploids (four times the coancestry), parents first.

    Two genes of an individual drawn without replacement are one from each parent (4 of 6 pairs:
    identical with probability ¼ a_sd), or both of one gamete (1 of 6 each): copies of one gene of
    the parent with probability w, else of two, which are identical with its own F. So
    F = ⅙(γ_s + γ_d) + ⅙ a_sd, γ = w + (1 − w)F_parent, and a_ii = 1 + 3F.
    """
    n = len(sire)
    a, f = np.zeros((n, n)), np.zeros(n)
    for i in range(n):
        s, d = sire[i], dam[i]
        for j in range(i):
            a[i, j] = a[j, i] = 0.5 * sum(a[p, j] for p in (s, d) if p >= 0)
        if s >= 0 or d >= 0:
            within = [reduction + (1 - reduction) * (f[p] if p >= 0 else 0.0) for p in (s, d)]
            between = a[s, d] if s >= 0 and d >= 0 else 0.0
            f[i] = (sum(within) + between) / 6
        a[i, i] = 1 + 3 * f[i]
    return a


def partial(
    sire: Sequence[int], dam: Sequence[int], shares: Float64, other: Float64 | None = None
) -> Float64:
    """A of one breed with shares f, or of the segregation between two (García-Cortés & Toro 2006).

    a_ii is f_i + ½ a_sd, or 2(f_s f_s* + f_d f_d*) + ½ a_sd; a_ij is ½(a_sj + a_dj).
    """
    n = len(sire)
    a = np.zeros((n, n))
    for i in range(n):
        s, d = sire[i], dam[i]
        known = [p for p in (s, d) if p >= 0]
        for j in range(i):
            a[i, j] = a[j, i] = 0.5 * sum(a[p, j] for p in known)
        own = shares[i] if other is None else 2 * sum(shares[p] * other[p] for p in known)
        a[i, i] = own + (0.5 * a[s, d] if len(known) == 2 else 0.0)
    return a


def group_fractions(
    sire: Sequence[int],
    dam: Sequence[int],
    sire_group: Sequence[int],
    dam_group: Sequence[int],
    n_groups: int,
) -> Float64:
    """Q by following every unknown parent to its group."""
    q = np.zeros((len(sire), n_groups))
    for i in range(len(sire)):
        for parent, group in ((sire[i], sire_group[i]), (dam[i], dam_group[i])):
            if parent >= 0:
                q[i] += 0.5 * q[parent]
            elif group >= 0:
                q[i, group] += 0.5
    return q
