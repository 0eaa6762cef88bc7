"""Standard errors of functions of the (co)variances: the delta method.

A function q of the parameters θ has the sampling variance g′Vg to first order, with g = ∂q/∂θ and
V the sampling covariance of θ̂, the inverse average information (Lynch & Walsh 1998, appendix 1).
Everything wanted of the variances is a covariance n, or one over the geometric mean of two
variances, n/√(d₁d₂): a ratio where the two are the same, a correlation where they are not. Such
functions are carried with their exact gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

PRECEDENCE = ("estimated", "tied", "boundary", "bound", "fixed")
"""What a cell is called that several parameters make: the first that one of them is."""
SENSIBLE = (1e-6, 10.0)
"""Between these a ratio or a correlation has a standard error: below it is held by a boundary,
above it is not determined, as that of a variance of 0."""
APART = 1e-6
"""Share of a gradient along an unknown direction above which it is not rounding."""


@dataclass(frozen=True, eq=False)
class Sampling:
    """What is known of the sampling of the estimates, in the order of ``Variances.values``.

    Parameters
    ----------
    names : tuple of str, length p
    covariance : ndarray of float64, shape (p, p)
        Inverse average information; rows of 0 for parameters that were held.
    statuses : tuple of str, length p
        ``estimated``, ``fixed``, ``boundary``, ``tied`` or ``bound``.
    unknown : ndarray of float64, shape (p, k), optional
        Directions of θ of which the data say nothing: parameters that they cannot separate.
    zeros : tuple of bool, length p or 0
        Which variances are held at the least that stands for 0.
    """

    names: tuple[str, ...]
    covariance: Matrix
    statuses: tuple[str, ...]
    unknown: Matrix | None = None
    zeros: tuple[bool, ...] = ()

    def determines(self, gradients: Matrix) -> NDArray[np.bool_]:
        """Whether functions with these gradients (m, p) do not change in unknown directions."""
        if self.unknown is None:
            return np.ones(len(gradients), np.bool_)
        along = np.abs(gradients @ self.unknown)
        return np.asarray((along <= APART * (np.abs(gradients) @ np.abs(self.unknown))).all(axis=1))


@dataclass(frozen=True, eq=False)
class Quantities:
    """m functions of the parameters, at their present values.

    Parameters
    ----------
    values : ndarray of float64, shape (m,)
    gradients : ndarray of float64, shape (m, p)
        ∂q/∂θ.
    """

    values: Vector
    gradients: Matrix

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_] | list[int]) -> Quantities:
        return Quantities(self.values[rows], self.gradients[rows])

    def __add__(self, other: Quantities) -> Quantities:
        return Quantities(self.values + other.values, self.gradients + other.gradients)

    def times(self, factor: float) -> Quantities:
        """A multiple."""
        return Quantities(factor * self.values, factor * self.gradients)

    def over(self, one: Quantities, other: Quantities) -> Quantities:
        """q = n/√(d₁d₂), with dq = dn/√(d₁d₂) − ½q(dd₁/d₁ + dd₂/d₂); NaN where a variance is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt(one.values * other.values)
            values = self.values / spread
            relative = (one.gradients / one.values[:, None]
                        + other.gradients / other.values[:, None])
            gradients = self.gradients / spread[:, None] - 0.5 * values[:, None] * relative
        return Quantities(values, gradients)

    def errors(
        self, sampling: Sampling | None, limits: tuple[float, float] = (0.0, np.inf)
    ) -> Vector:
        """√(g′Vg), shape (m,); NaN for given variances, and for what is not determined.

        NaN, too, outside ``limits``: what no estimated parameter moves has no standard error; and
        for what hangs on parameters at their boundary alone, as a correlation of ±1.
        """
        if sampling is None:
            return np.full(self.values.size, np.nan)
        variance = np.einsum(
            "mp,pq,mq->m", self.gradients, sampling.covariance, self.gradients, optimize=True)
        found = np.sqrt(np.maximum(variance, 0.0))
        low, high = limits
        kept = (found > low) & (found < high) & sampling.determines(self.gradients)
        inside = np.array([status != "boundary" for status in sampling.statuses], np.bool_)
        kept &= (self.gradients[:, inside] != 0).any(axis=1)
        return np.where(kept, found, np.nan)


def joined(parts: Sequence[Quantities], variances: Variances) -> Quantities:
    """One after the other; there may be none."""
    return Quantities(
        np.concatenate([np.zeros(0), *(part.values for part in parts)]),
        np.concatenate([np.zeros((0, variances.count)), *(part.gradients for part in parts)]))


def bilinear(variances: Variances, number: int, left: Matrix, right: Matrix) -> Quantities:
    """a′Σb of one covariance matrix.

    Parameters
    ----------
    variances : Variances
    number : int
        Which of its covariances.
    left, right : ndarray of float64, shape (m, c)
        a and b, row by row.
    """
    part = variances.covariances[number]
    rows, columns = (np.flatnonzero(loads.any(axis=0)) for loads in (left, right))
    left, right = left[:, rows], right[:, columns]
    gradients = np.zeros((len(left), variances.count))
    gradients[:, variances.slices[number]] = np.einsum(
        "mi,pij,mj->mp", left, part.derivatives()[:, rows[:, None], columns], right, optimize=True)
    values = np.einsum("mi,ij,mj->m", left, part.matrix[rows[:, None], columns], right)
    return Quantities(values, gradients)


def lower_cells(variances: Variances, number: int) -> Quantities:
    """The lower triangle of one covariance matrix, row by row."""
    part = variances.covariances[number]
    cells = np.tril_indices(part.size)
    gradients = np.zeros((cells[0].size, variances.count))
    gradients[:, variances.slices[number]] = part.derivatives()[:, *cells].T
    return Quantities(part.matrix[cells], gradients)


def stretched(residual: Quantities, variances: Variances, covariates: Matrix) -> Quantities:
    """exp(x′b) times (co)variances of residuals, b the slopes of log variance.

    Parameters
    ----------
    residual : Quantities, m of them
    variances : Variances
    covariates : ndarray of float64, shape (m, k)
        x.
    """
    factor = np.exp(covariates @ variances.slopes)
    values = factor * residual.values
    gradients = factor[:, None] * residual.gradients
    gradients[:, variances.slices[-1]] += values[:, None] * covariates
    return Quantities(values, gradients)


def cell_statuses(
    variances: Variances, number: int, sampling: Sampling | None
) -> Sequence[str]:
    """How each cell of a lower triangle was had: row by row.

    ``given`` without estimation; ``structure`` where no parameter moves the cell; else by
    :data:`PRECEDENCE`.
    """
    part = variances.covariances[number]
    count = part.size * (part.size + 1) // 2
    if sampling is None:
        return ["given"] * count
    own = np.array(sampling.statuses)[variances.slices[number]]
    moves = part.derivatives()[:, *np.tril_indices(part.size)].T != 0
    return [next((status for status in PRECEDENCE if status in own[row]), "structure")
            for row in moves]


def cells_of_zero(
    variances: Variances, number: int, sampling: Sampling | None
) -> Sequence[bool]:
    """Which cells of a lower triangle are variances of 0: row by row."""
    part = variances.covariances[number]
    cells = np.tril_indices(part.size)
    if sampling is None or not sampling.zeros:
        return [False] * cells[0].size
    own = np.array(sampling.zeros)[variances.slices[number]]
    moves = part.derivatives()[:, *cells].T != 0
    return [bool(i == j and row.any() and own[row].all())
            for i, j, row in zip(*cells, moves, strict=True)]
