"""The working variates V̇Py, and the average information that they give.

The average information of parameters i and j is ½ fᵢ′Pfⱼ with the working variates f = V̇Py
(Gilmour, Thompson & Cullis 1995; Johnson & Thompson 1995): f = Z(I ⊗ Σ̇Σ⁻¹)u for a parameter of Σ,
f = ṘR⁻¹e for one of R, and f′Pf = f′R⁻¹f − (W′R⁻¹f)′C⁻¹(W′R⁻¹f).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations, Fit, is_run
from breedeval.kernels import residual as residual_kernels
from breedeval.kernels import variates as kernels
from breedeval.solve import Factor

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

TOGETHER = 4096
"""Observations at a time: their variates stay in the cache while all sums over them are made."""

LANES = 16
"""Columns that a compiled loop takes at a time; of many, their number is made a multiple of it."""


def average_information(equations: Equations, factor: Factor, fit: Fit) -> Matrix:
    """½ F′PF; half a solve with p right-hand sides, shape (p, p).

    Parameters
    ----------
    equations : Equations
    factor : Factor
        Of C.
    fit : Fit
        Of its solutions.
    """
    variates = Variates(equations, fit.x, fit.residuals, fit.weighted)
    width = variates.count if variates.count < LANES else -(-variates.count // LANES) * LANES
    within, sides = np.zeros((width, width)), np.zeros((equations.size, width))
    records = equations.design.records
    step = max(1, TOGETHER * records // max(equations.design.size, 1))
    for begin in range(0, records, step):
        end = min(begin + step, records)
        f = variates.of_records(begin, end, width)
        weighted = _weighted(equations, begin, end, f)
        within += f.T @ weighted
        own = slice(*equations.groups.start[[begin, end]])
        kernels.add_transposed(equations.columns[own], equations.values[own], weighted, sides)
    found = (within - factor.quadratic(sides))[:variates.count, :variates.count]
    return np.asarray((found + found.T) / 4)


def working_variates(equations: Equations, x: Vector, residuals: Vector) -> Matrix:
    """V̇Py for every parameter, shape (N, p); linear in the solutions and the residuals together.

    Parameters
    ----------
    equations : Equations
    x : ndarray of float64, shape (size,)
        Solutions for some y.
    residuals : ndarray of float64, shape (N,)
        y − Wx.
    """
    variates = Variates(equations, x, residuals, equations.residual.weighted(residuals))
    return variates.of_records(0, equations.design.records, variates.count)


def _weighted(equations: Equations, begin: int, end: int, f: Matrix) -> Matrix:
    """R⁻¹f of some records."""
    residual, groups = equations.residual, equations.groups
    first, last = groups.start[[begin, end]]
    own = slice(first, last)
    if len(equations.design.traits) == 1:
        return np.asarray(residual.diagonal[own, None] * f)
    return np.asarray(residual_kernels.block_product(
        groups.start[begin:end + 1] - first, equations.design.trait[own],
        groups.group[begin:end], residual.blocks, residual.scale[own], f))


class Variates:
    """Working variates of all parameters, a range of records at a time.

    Parameters
    ----------
    equations : Equations
    x : ndarray of float64, shape (size,)
    residuals, weighted : ndarray of float64, shape (N,)
        e = y − Wx, and R⁻¹e.
    """

    def __init__(
        self, equations: Equations, x: Vector, residuals: Vector, weighted: Vector
    ) -> None:
        self.equations, self.residuals, self.weighted = equations, residuals, weighted
        self.placed = [_placed(equations, effect, x) for effect in range(len(equations.precisions))]
        parts = [part.derivatives() for part in equations.variances.residual]
        self.first = np.cumsum([0, *(len(part) for part in parts)])
        self.derivatives = np.ascontiguousarray(np.concatenate(parts).transpose(1, 2, 0))
        self.before = sum(part.shape[1] for part in self.placed)

    @property
    def count(self) -> int:
        """Number of parameters p."""
        return int(self.before + self.first[-1] + self.equations.residual.slopes.size)

    def of_records(self, begin: int, end: int, width: int) -> Matrix:
        """F of the observations of some records, shape (n, width), 0 beyond the parameters."""
        equations, groups = self.equations, self.equations.groups
        design, residual = equations.design, equations.residual
        first, last = groups.start[[begin, end]]
        own = slice(first, last)
        found, at = np.zeros((last - first, width)), 0
        for placed, (low, high) in zip(self.placed, equations.parts, strict=True):
            kernels.add_products(equations.columns[own], equations.values[own], low, high, placed,
                                 at, found)
            at += placed.shape[1]
        kernels.residual_variates(
            groups.start[begin:end + 1] - first, design.trait[own],
            groups.classes[groups.group[begin:end]].astype(np.int32), self.weighted[own],
            residual.scale[own], self.derivatives, self.first, at, found)
        if residual.slopes.size:
            covariates = design.residual.covariates[design.unit[own]]
            found[:, at + self.first[-1]:self.count] = covariates * self.residuals[own, None]
        return found


def _placed(equations: Equations, effect: int, x: Vector) -> Matrix:
    """(I ⊗ Σ̇Σ⁻¹)u of every parameter of a random effect, by equation, shape (size, p)."""
    covariance = equations.covariances[effect]
    derivatives = covariance.derivatives()
    turned = derivatives.transpose(1, 2, 0).reshape(covariance.size, -1)
    own = equations.deviations(effect, x) @ covariance.precision
    values = (own @ turned).reshape(-1, len(derivatives))
    number = equations.number[equations.layout.random_slice(effect)]
    placed = np.zeros((equations.size, len(derivatives)))
    if is_run(number):
        placed[number[0]:number[-1] + 1] = values
    else:
        placed[number[number >= 0]] = values[number >= 0]
    return placed
