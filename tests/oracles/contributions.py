"""Optimal contributions in three slow ways that share nothing with the fast one."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, NonlinearConstraint, minimize

Float64 = NDArray[np.float64]


def meuwissen(merit: Float64, a: Float64, sex: Float64, limit: float) -> Float64:
    """Meuwissen (1997): eq. 4 and 5 for the Lagrangian multipliers, eliminating negative ones.

    Maximises c'm with c'Ac/2 = limit and Q'c = ½, for A the relationships of the candidates;
    whoever has a negative contribution is eliminated for good, and the rest computed anew.
    """
    kept = np.arange(merit.size)
    while True:
        q = np.column_stack([sex[kept] == 1, sex[kept] == 2]).astype(float)
        inverse = np.linalg.inv(a[np.ix_(kept, kept)])
        inner = np.linalg.inv(q.T @ inverse @ q)
        projected = inverse - inverse @ q @ inner @ q.T @ inverse
        half = np.full(2, 0.5)
        m = merit[kept]
        squared = (m @ projected @ m) / (8 * limit - 4 * half @ inner @ half)
        if squared <= 0:
            raise ValueError("the limit cannot be kept")
        lam0 = np.sqrt(squared)
        lam = inner @ (q.T @ inverse @ m - lam0 * 2 * half)
        c = inverse @ (m - q @ lam) / (2 * lam0)
        if (c >= 0).all():
            found = np.zeros(merit.size)
            found[kept] = c
            return found
        kept = kept[c >= 0]


def by_slsqp(
    merit: Float64, k: Float64, group: NDArray[np.int64], totals: Float64, lower: Float64,
    upper: Float64, limit: float,
) -> Float64:
    """SciPy's trust-region interior-point method on the problem as it is written."""
    sums = (group[None] == np.arange(totals.size)[:, None]).astype(float)
    start = np.clip(totals[group] / sums.sum(axis=1)[group], lower, upper)
    found = minimize(
        lambda c: -merit @ c, start, jac=lambda c: -merit, method="SLSQP",
        bounds=list(zip(lower, upper, strict=True)),
        constraints=[LinearConstraint(sums, totals, totals),
                     NonlinearConstraint(lambda c: c @ k @ c, -np.inf, limit,
                                         jac=lambda c: (2 * k @ c)[None])],
        options={"maxiter": 1000, "ftol": 1e-14})
    return np.asarray(found.x)


def in_numbers(
    merit: Float64, k: Float64, group: NDArray[np.int64], slots: list[int], most: list[int],
    limit: float,
) -> tuple[float, tuple[int, ...]]:
    """The best whole numbers of uses, by trying all: n sums to ``slots`` in every group."""
    total = sum(slots)
    best = (-np.inf, ())
    for n in itertools.product(*(range(u + 1) for u in most)):
        uses = np.array(n)
        if any(uses[group == g].sum() != s for g, s in enumerate(slots)):
            continue
        c = uses / total
        if c @ k @ c <= limit + 1e-12:
            best = max(best, (float(merit @ c), n))
    return best
