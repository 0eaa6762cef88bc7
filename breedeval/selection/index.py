"""Selection indices: weights of several sources of information, and what they are expected to do.

With x the information on a candidate (phenotypes, or breeding values), u its true breeding values,
P = var(x), G = cov(x, u) and C = var(u), the index I = b′x for the aggregate H = a′u has

    b = P⁻¹Ga                                          economic weights (Smith 1936; Hazel 1943)
    b = [I − P⁻¹GK(K′G′P⁻¹GK)⁻¹K′G′] P⁻¹Ga             no gain in K′u (Kempthorne & Nordskog 1959)
    b = P⁻¹GK(K′G′P⁻¹GK)⁻¹d                            gains K′u in proportion to d
                                                       (Pesek & Baker 1969: G⁻¹d where K = I and
                                                       G is square)

and one standard deviation of selection on I changes u by G′b/√(b′Pb), and the accuracy of I as a
prediction of H is b′Ga/√(b′Pb · a′Ca). For breeding values by BLUP from all traits together
P = G, so that b = a (Henderson 1963).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
ROUNDING = 1e-10
"""Eigenvalues of a correlation matrix below which its sources say the same."""


class NoIndexError(ValueError):
    """An index that there is not: ``found`` and ``remedy`` say why, and what to do."""

    def __init__(self, found: str, remedy: str) -> None:
        self.found, self.remedy = found, remedy
        super().__init__(found)


@dataclass(frozen=True, eq=False)
class Information:
    """What an index is made of.

    Parameters
    ----------
    variance : ndarray of float64, shape (m, m)
        P, of the information.
    covariance : ndarray of float64, shape (m, k)
        G, of the information with the true values of k criteria.
    genetic : ndarray of float64, shape (k, k)
        C, of the true values.
    """

    variance: Matrix
    covariance: Matrix
    genetic: Matrix

    def response(self, b: Vector) -> Vector:
        """G′b/√(b′Pb): the gain in every criterion for one standard deviation of selection.

        Nothing is gained by an index b = 0.
        """
        found: Vector = self.covariance.T @ b / (self.deviation(b) or 1.0)
        return found

    def deviation(self, b: Vector) -> float:
        """√(b′Pb), the standard deviation of the index."""
        return float(np.sqrt(b @ self.variance @ b))

    def accuracy(self, b: Vector, a: Vector) -> float:
        """b′Ga/√(b′Pb · a′Ca), the correlation of the index with the aggregate a′u; 0 for b = 0."""
        deviation = self.deviation(b) or 1.0
        return float(b @ self.covariance @ a / (deviation * np.sqrt(a @ self.genetic @ a)))


def economic_index(information: Information, a: Vector) -> Vector:
    """b = P⁻¹Ga, shape (m,).

    Raises
    ------
    NoIndexError
        When P is singular.

    References
    ----------
    Hazel (1943) Genetics 28:476.
    """
    return _solve(information.variance, information.covariance @ a)


def restricted_index(information: Information, a: Vector, held: NDArray[np.int64]) -> Vector:
    """The index for a that leaves the criteria ``held`` as they are, shape (m,).

    Where that leaves no freedom, such as with one source of information, it is exactly 0.

    References
    ----------
    Kempthorne & Nordskog (1959) Biometrics 15:10.
    """
    own = economic_index(information, a)
    g = information.covariance[:, held]
    per_gain = _solve(information.variance, g)
    found: Vector = own - per_gain @ _solve(g.T @ per_gain, g.T @ own)
    if information.deviation(found) <= ROUNDING * information.deviation(own):
        return np.zeros_like(found)
    return found


def desired_gains_index(information: Information, d: Vector, of: NDArray[np.int64]) -> Vector:
    """The index whose gains in the criteria ``of`` are in proportion to d, shape (m,).

    Among those, the one with the largest gains for its standard deviation.

    References
    ----------
    Pesek & Baker (1969) Can. J. Plant Sci. 49:803; Brascamp (1984) Anim. Breed. Abstr. 52:645.
    """
    g = information.covariance[:, of]
    per_gain = _solve(information.variance, g)
    found: Vector = per_gain @ _solve(g.T @ per_gain, d)
    return found


def _solve(matrix: Matrix, right: Matrix) -> Matrix:
    """matrix⁻¹ right, of a covariance matrix; refused where rows depend on each other."""
    scale = np.sqrt(np.diagonal(matrix))
    if not np.all(scale > 0):
        raise NoIndexError("a source of information of the index does not vary",
                           "Leave its criterion out, or widen the candidates")
    correlation = matrix / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < ROUNDING:
        raise NoIndexError("sources of information of the index depend on each other, so that "
                           "their weights are not determined",
                           "Leave a criterion out, or widen the candidates")
    shape = (-1,) + (1,) * (right.ndim - 1)
    found: Matrix = np.linalg.solve(correlation, right / scale.reshape(shape))
    return found / scale.reshape(shape)
