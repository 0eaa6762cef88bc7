"""One step on a quadratic model of the likelihood, between bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from breedeval.covariance.structure import Matrix, Vector

LEAST_INFORMATION = 1e-10
"""Eigenvalue of an information matrix, scaled to a unit diagonal, that counts as 0."""

LEAST_SHARE = 1e-12
"""Share of the information of complete data about one parameter that counts as 0."""


@dataclass(frozen=True, eq=False)
class Curvature:
    """An information matrix that can be inverted, and the directions it knew nothing of.

    Parameters
    ----------
    matrix : ndarray of float64, shape (f, f)
        The information, made up in the directions of ``unknown``.
    unknown : ndarray of float64, shape (f, k)
        Directions in which the data carry no information; k = 0 as a rule.
    """

    matrix: Matrix
    unknown: Matrix


def regular(information: Matrix, complete: Matrix) -> Curvature:
    """Replace what the data do not tell: eigenvalues 0 of D^−½ID^−½, D = diag(I), become 1.

    Parameters
    ----------
    information : ndarray of float64, shape (f, f)
    complete : ndarray of float64, shape (f, f)
        That of complete data, beside which the information about one parameter may be nothing.
    """
    size = len(information)
    own = np.diagonal(information)
    told = own > LEAST_SHARE * np.diagonal(complete)
    spread = np.sqrt(np.where(told, own, 1.0))
    roots, vectors = np.linalg.eigh(information / np.outer(spread, spread))
    nothing = roots < LEAST_INFORMATION
    if not nothing.any():
        return Curvature(information, np.zeros((size, 0)))
    root = spread[:, None] * vectors * np.where(nothing, 1.0, np.sqrt(np.maximum(roots, 0.0)))
    return Curvature(root @ root.T, vectors[:, nothing] / spread[:, None])


def bounded_step(slope: Vector, curvature: Matrix, low: Vector, high: Vector) -> Vector:
    """The d that maximises slope′d − ½d′Hd between low ≤ d ≤ high, where low ≤ 0 ≤ high.

    The primal active-set method (Nocedal & Wright 2006, algorithm 16.3); H⁻¹ slope where no bound
    is met.

    Parameters
    ----------
    slope : ndarray of float64, shape (f,)
    curvature : ndarray of float64, shape (f, f)
        H, positive definite.
    low, high : ndarray of float64, shape (f,)
    """
    step = np.zeros(slope.size)
    held = ((low >= 0) & (slope < 0)) | ((high <= 0) & (slope > 0)) | (low >= high)
    for _ in range(10 * slope.size + 10):
        free = np.flatnonzero(~held)
        if free.size:
            target = np.linalg.solve(
                curvature[np.ix_(free, free)],
                slope[free] - curvature[np.ix_(free, np.flatnonzero(held))] @ step[held])
            away = target - step[free]
            edge = np.where(away < 0, low[free], high[free])
            with np.errstate(divide="ignore", invalid="ignore"):
                reach = np.where(away != 0, (edge - step[free]) / away, np.inf)
            first = int(np.argmin(reach))
            if reach[first] < 1:
                step[free] += max(float(reach[first]), 0.0) * away
                step[free[first]] = edge[first]
                held[free[first]] = True
                continue
            step[free] = target
        rest = slope - curvature @ step
        wrong = held & (low < high) & np.where(step <= low, rest > 0, rest < 0)
        if not wrong.any():
            break
        spread = np.sqrt(np.maximum(np.diagonal(curvature), np.finfo(float).tiny))
        held[np.argmax(np.where(wrong, np.abs(rest) / spread, -1.0))] = False
    return step


def rise(slope: Vector, curvature: Matrix, step: Vector) -> float:
    """slope′d − ½d′Hd."""
    return float(slope @ step - 0.5 * step @ curvature @ step)
