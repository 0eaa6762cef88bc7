"""How well fixed effects are known, and how that changes with the (co)variances.

With T = C⁻¹[e₁, e₂, …], the columns of C⁻¹ of some fixed effects, and S = V⁻¹XΦ their columns of
V⁻¹X(X′V⁻¹X)⁻¹,

    Φ = T_bb,   S = R⁻¹WT,   ∂Φ/∂θ = S′V̇S,   Φ(Q_ij − P_iΦP_j)Φ = (V̇ᵢS)′P(V̇ⱼS)

in the notation of Kenward & Roger (1997). V̇S has the form of the working variates of the average
information, and P that of its f′Pf, so that everything comes from solutions with C: neither V nor a
relationship is formed, and unknown-parent groups are fixed effects like others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.variance.variates import working_variates

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

TOGETHER = 64
"""Right-hand sides solved at once where only Φ is wanted."""


class SolvesC(Protocol):
    """What gives columns of C⁻¹: a factor, or V."""

    @property
    def nnz(self) -> int:
        """Numbers that one solution goes through."""
        ...

    def solve(self, rhs: Vector) -> Vector:
        """C⁻¹ rhs for rhs of shape (size,) or (size, k)."""
        ...


@dataclass(frozen=True, eq=False)
class Marginal:
    """Φ of some fixed effects and what the uncertainty of the (co)variances does to it.

    Parameters
    ----------
    equations : ndarray of int64, shape (k,)
        Their equations.
    covariance : ndarray of float64, shape (k, k)
        Φ.
    changes : ndarray of float64, shape (g, k, k)
        ∂Φ in each direction w of W = Σ ww′.
    inflation : ndarray of float64, shape (k, k)
        Λ = Σ Φ(Q_ww − P_wΦP_w)Φ; 0 when not asked for.
    """

    equations: Codes
    covariance: Matrix
    changes: Matrix
    inflation: Matrix


def directions(covariance: Matrix) -> Matrix:
    """w of W = Σ ww′ as columns, shape (p, g); g is the rank of W.

    Parameters
    ----------
    covariance : ndarray of float64, shape (p, p)
        W, of the (co)variances; rows of 0 for those that are not estimated.
    """
    spread = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    free = spread > 0
    scaled = covariance[np.ix_(free, free)] / np.outer(spread[free], spread[free])
    roots, vectors = np.linalg.eigh(scaled)
    kept = roots > free.size * np.finfo(float).eps
    result = np.zeros((spread.size, int(kept.sum())))
    result[free] = spread[free, None] * vectors[:, kept] * np.sqrt(roots[kept])
    return result


def covariance_only(equations: Equations, factor: SolvesC, own: Codes) -> Marginal:
    """Φ alone; one solution a column, a few columns in memory at a time."""
    found = np.empty((own.size, own.size))
    for first in range(0, own.size, TOGETHER):
        some = own[first:first + TOGETHER]
        found[:, first:first + some.size] = factor.solve(_unit(equations, some))[own]
    nothing = np.zeros((own.size, own.size))
    return Marginal(own, (found + found.T) / 2, np.zeros((0, *nothing.shape)), nothing)


def with_changes(equations: Equations, factor: SolvesC, own: Codes, along: Matrix) -> Marginal:
    """Φ and its derivatives; one solution a column.

    Parameters
    ----------
    equations : Equations
    factor : SolvesC
        Of C.
    own : ndarray of int64, shape (k,)
        Equations of the fixed effects.
    along : ndarray of float64, shape (p, g)
        Directions of the (co)variances.
    """
    columns = _Columns(equations, factor, own)
    return columns.marginal([along.T @ (variates.T @ columns.weighted)
                             for variates in columns.variates()])


def with_inflation(equations: Equations, factor: SolvesC, own: Codes, along: Matrix) -> Marginal:
    """The same and Λ; 1 + g solutions a column, and g·N numbers a column are kept."""
    columns = _Columns(equations, factor, own)
    changed = np.array([variates @ along for variates in columns.variates()])
    changes = [one.T @ columns.weighted for one in changed]
    flat = changed.reshape(own.size, -1)
    inflation = np.empty((own.size, own.size))
    for first in range(0, own.size, TOGETHER):
        some = changed[first:first + TOGETHER]
        wide = _projected(equations, factor, np.concatenate(some, axis=1))
        parts = wide.reshape(wide.shape[0], len(some), -1).swapaxes(0, 1)
        inflation[:, first:first + len(some)] = flat @ parts.reshape(len(some), -1).T
    return columns.marginal(changes, inflation)


class _Columns:
    """T, WT and S of some fixed effects."""

    def __init__(self, equations: Equations, factor: SolvesC, own: Codes) -> None:
        self.equations, self.own = equations, own
        self.solved = factor.solve(_unit(equations, own))
        self.fitted = equations.fitted(self.solved)
        self.weighted = equations.residual.weighted(self.fitted)

    def variates(self) -> Iterator[Matrix]:
        """V̇S, one column of S after the other: all parameters, shape (N, p)."""
        for solved, fitted in zip(self.solved.T, self.fitted.T, strict=True):
            yield working_variates(
                self.equations, np.ascontiguousarray(-solved), np.ascontiguousarray(fitted))

    def marginal(self, changes: list[Matrix], inflation: Matrix | None = None) -> Marginal:
        """With a row (g × k) of the changes for each column."""
        phi = self.solved[self.own]
        empty = np.zeros_like(phi)
        return Marginal(
            self.own, (phi + phi.T) / 2, _symmetric(np.array(changes).swapaxes(0, 1)),
            empty if inflation is None else _symmetric(inflation))


def _projected(equations: Equations, factor: SolvesC, f: Matrix) -> Matrix:
    """Pf = R⁻¹(f − WC⁻¹W′R⁻¹f), shape (N, g)."""
    residual = equations.residual
    weighted = residual.weighted(f)
    fitted = equations.fitted(factor.solve(equations.transposed(weighted)))
    return residual.weighted(f - fitted)


def _symmetric(values: Matrix) -> Matrix:
    return np.asarray((values + values.swapaxes(-1, -2)) / 2)


def _unit(equations: Equations, own: Codes) -> Matrix:
    unit = np.zeros((equations.size, own.size))
    unit[own, np.arange(own.size)] = 1.0
    return unit
