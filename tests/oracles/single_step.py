"""Genomic and single-step relationships, an element at a time from their definitions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def vanraden1(copies: Float64, ploidy: int = 2, frequency: Float64 | None = None) -> Float64:
    """Σ (x_i − kp)(x_j − kp) / kΣp(1 − p), for copies of shape (n, m) without missing calls."""
    p = copies.mean(axis=0) / ploidy if frequency is None else frequency
    n, m = copies.shape
    total, divisor = np.zeros((n, n)), 0.0
    for k in range(m):
        if not 0 < p[k] < 1:
            continue
        divisor += ploidy * p[k] * (1 - p[k])
        for i in range(n):
            for j in range(n):
                total[i, j] += (copies[i, k] - ploidy * p[k]) * (copies[j, k] - ploidy * p[k])
    return total / divisor


def yang(copies: Float64) -> Float64:
    """GCTA's: mean of (x_i − 2p)(x_j − 2p)/2pq; diagonal 1 + mean of (x² − (1 + 2p)x + 2p²)/2pq."""
    p = copies.mean(axis=0) / 2
    kept = (p > 0) & (p < 1)
    x, p = copies[:, kept], p[kept]
    n = len(x)
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            terms = (x[i] - 2 * p) * (x[j] - 2 * p)
            if i == j:
                terms = 2 * p * (1 - p) + x[i] ** 2 - (1 + 2 * p) * x[i] + 2 * p**2
            found[i, j] = (terms / (2 * p * (1 - p))).mean()
    return found


def dominance(copies: Float64) -> Float64:
    """Vitezica's: −2q², 2pq, −2p² for 2, 1, 0 copies, over Σ(2pq)²."""
    p = copies.mean(axis=0) / 2
    n, m = copies.shape
    w = np.zeros((n, m))
    for i in range(n):
        for k in range(m):
            q = 1 - p[k]
            if 0 < p[k] < 1:
                w[i, k] = {2: -2 * q**2, 1: 2 * p[k] * q, 0: -2 * p[k] ** 2}[int(copies[i, k])]
    return w @ w.T / ((2 * p * (1 - p)) ** 2).sum()


def single_step(
    a: Float64, rows: list[int], g: Float64, tau: float = 1.0, omega: float = 1.0
) -> Float64:
    """H, the inverse of A⁻¹ + [0, 0; 0, τG⁻¹ − ωA₂₂⁻¹]."""
    precision = np.linalg.inv(a)
    at = np.ix_(rows, rows)
    precision[at] += tau * np.linalg.inv(g) - omega * np.linalg.inv(a[at])
    return np.linalg.inv(precision)


def by_conditional(a: Float64, rows: list[int], g: Float64) -> Float64:
    """H as the genotyped with G, and the others given them as the pedigree says (Legarra 2009)."""
    n = len(a)
    others = [i for i in range(n) if i not in rows]
    a22, a12 = a[np.ix_(rows, rows)], a[np.ix_(others, rows)]
    regression = a12 @ np.linalg.inv(a22)
    h = np.zeros((n, n))
    h[np.ix_(rows, rows)] = g
    h[np.ix_(others, rows)] = regression @ g
    h[np.ix_(rows, others)] = g @ regression.T
    h[np.ix_(others, others)] = a[np.ix_(others, others)] + regression @ (g - a22) @ regression.T
    return h


def apy_inverse(k: Float64, core: list[int]) -> Float64:
    """K⁻¹ with a core: the inverse of the matrix whose others are independent given the core."""
    n = len(k)
    others = [i for i in range(n) if i not in core]
    kcc, knc = k[np.ix_(core, core)], k[np.ix_(others, core)]
    given = knc @ np.linalg.inv(kcc) @ knc.T
    implied = k.copy()
    implied[np.ix_(others, others)] = given
    implied[others, others] = np.diagonal(k)[others]
    return np.linalg.inv(implied)
