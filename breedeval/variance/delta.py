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

from breedeval.covariance.reduced_rank import ReducedRank
from breedeval.covariance.variances import Variances

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

PRECEDENCE = ("estimated", "tied", "boundary", "bound", "fixed")
"""What a cell is called that several parameters make: the first that one of them is."""
NEGLIGIBLE = 1e-6
"""Standard error of a ratio or correlation that does not vary, as at a boundary."""


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
    """

    names: tuple[str, ...]
    covariance: Matrix
    statuses: tuple[str, ...]


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

    def __getitem__(self, rows: NDArray[np.int64]) -> Quantities:
        return Quantities(self.values[rows], self.gradients[rows])

    def __add__(self, other: Quantities) -> Quantities:
        return Quantities(self.values + other.values, self.gradients + other.gradients)

    def times(self, factor: float) -> Quantities:
        """A multiple."""
        return Quantities(factor * self.values, factor * self.gradients)

    def over(self, one: Quantities, other: Quantities) -> Quantities:
        """q = n/√(d₁d₂), with dq = dn/√(d₁d₂) − ½q(dd₁/d₁ + dd₂/d₂)."""
        spread = np.sqrt(one.values * other.values)
        values = self.values / spread
        relative = (one.gradients / one.values[:, None]
                    + other.gradients / other.values[:, None])
        return Quantities(
            values, self.gradients / spread[:, None] - 0.5 * values[:, None] * relative)

    def errors(self, sampling: Sampling | None, *, least: float = 0.0) -> Vector:
        """√(g′Vg), shape (m,); NaN for given variances.

        NaN, too, at or below ``least``: what no estimated parameter moves has no standard error.
        """
        if sampling is None:
            return np.full(self.values.size, np.nan)
        variance = np.einsum(
            "mp,pq,mq->m", self.gradients, sampling.covariance, self.gradients, optimize=True)
        found = np.sqrt(np.maximum(variance, 0.0))
        return np.where(found > least, found, np.nan)


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
    gradients = np.zeros((len(left), variances.count))
    gradients[:, variances.slices[number]] = np.einsum(
        "mi,pij,mj->mp", left, part.derivatives(), right, optimize=True)
    return Quantities(np.einsum("mi,ij,mj->m", left, part.matrix, right), gradients)


def lower_cells(variances: Variances, number: int) -> Quantities:
    """The lower triangle of one covariance matrix, row by row."""
    each = np.eye(variances.covariances[number].size)
    rows, columns = np.tril_indices(len(each))
    return bilinear(variances, number, each[rows], each[columns])


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

    ``given`` without estimation; ``structure`` where no parameter moves the cell; ``boundary``
    throughout a matrix that is held at less than full rank; else by :data:`PRECEDENCE`.
    """
    part = variances.covariances[number]
    count = part.size * (part.size + 1) // 2
    if sampling is None:
        return ["given"] * count
    if isinstance(part, ReducedRank):
        return ["boundary"] * count
    own = np.array(sampling.statuses)[variances.slices[number]]
    moves = part.derivatives()[:, *np.tril_indices(part.size)].T != 0
    return [next((status for status in PRECEDENCE if status in own[row]), "structure")
            for row in moves]
