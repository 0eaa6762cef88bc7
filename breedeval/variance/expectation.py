"""Expectation–maximisation, plain and parameter-expanded, from gradients and counts.

With the u of an effect known, the information about its Σ is that of q independent draws,

    Eᵢⱼ = (q/2) tr(Σ⁻¹Σ̇ᵢΣ⁻¹Σ̇ⱼ),

and a round of EM is θ + E⁻¹ dL/dθ: for an unstructured Σ this is Σ + (2/q) ΣΓΣ = (S + T)/q, the
usual form; for other structures it is one round of scoring within the maximisation (Lange 1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from breedeval.covariance.structure import Matrix, Vector
from breedeval.covariance.variances import Variances
from breedeval.variance.objective import Derivatives, ExpandingPoint, Point

EPSILON = float(np.finfo(float).eps)
"""ε."""

LARGEST = 1e3
"""Most by which working parameters may stretch (or shrink) standard deviations in one round."""


def complete_information(
    variances: Variances, derivatives: Derivatives, ridges: Sequence[Vector | float]
) -> Matrix:
    """E over all parameters, shape (p, p); for slopes, the average information stands in.

    Parameters
    ----------
    variances : Variances
    derivatives : Derivatives
    ridges : sequence of ndarray of shape (c,), or 0
        Added to the diagonal of each Σ: 0 for EM; a share of typical variances where E is only a
        measure of length, so that it does not forbid to leave a variance of 0.
    """
    blocks = []
    for part, count, ridge in zip(
            variances.covariances, derivatives.counts, ridges, strict=True):
        matrix = part.matrix + np.diag(np.broadcast_to(ridge, part.size))
        whitened = np.linalg.inv(matrix) @ part.derivatives()
        blocks.append(count / 2 * np.einsum("aij,bji->ab", whitened, whitened))
    slopes = variances.slices[-1]
    result = np.zeros((variances.count, variances.count))
    for own, block in zip(variances.slices, [
            *blocks, derivatives.information[slopes, slopes]], strict=True):
        result[own, own] = block
    return result


def score_rounding(variances: Variances, derivatives: Derivatives) -> Vector:
    """What rounding may make of each element of the score, shape (p,).

    Γ is a difference of q Σ⁻¹ and Σ⁻¹(S + T)Σ⁻¹, whose errors are up to ε |Σ⁻¹||Σ||Σ⁻¹| each: far
    more than ε of the score where Σ is nearly singular.
    """
    found = []
    for part, count in zip(variances.covariances, derivatives.counts, strict=True):
        inverse = np.abs(part.precision)
        size = inverse @ np.abs(part.matrix) @ inverse
        found.append(EPSILON * count / 2 * np.tensordot(np.abs(part.derivatives()), size, 2))
    return np.concatenate([*found, np.zeros(variances.slopes.size)])


def expanded(point: Point, reached: Variances) -> Variances | None:
    """EM's next Σ stretched by the working parameters: D(α)ΣD(α) (Foulley & van Dyk 2000).

    None when the point does not know them, or they are not sensible.

    Parameters
    ----------
    point : Point
        Where EM started from.
    reached : Variances
        Where plain EM goes.
    """
    if not isinstance(point, ExpandingPoint):
        return None
    alphas = point.expansion()
    if not all(np.isfinite(alpha).all() and (alpha > 0).all() for alpha in alphas):
        return None
    effects = [part.stretched(np.clip(alpha, 1 / LARGEST, LARGEST))
               for part, alpha in zip(reached.effects, alphas, strict=True)]
    return reached.replaced([*effects, *reached.residual])


def common_scale(variances: Variances, derivatives: Derivatives) -> float:
    """κ for which κV, of all multiples of V, has the highest likelihood: y′Py/(n − p).

    With t the direction of a common change of scale, dΣ = Σ for every covariance, the average
    information gives y′Py = 2t′It and the score gives n − p = y′Py − 2t′s.
    """
    along: list[Vector] = []
    for part in variances.covariances:
        derivative = part.derivatives().reshape(part.values.size, -1)
        found = np.linalg.lstsq(derivative.T, part.matrix.ravel(), rcond=None)[0]
        along.append(np.asarray(found, np.float64))
    t = np.concatenate([*along, np.zeros(variances.slopes.size)])
    quadratic = 2 * float(t @ derivatives.information @ t)
    freedom = quadratic - 2 * float(t @ derivatives.score)
    return quadratic / freedom if freedom > 0 < quadratic else 1.0


def rescaled(variances: Variances, factor: float) -> Variances:
    """Every covariance times a factor."""
    return variances.replaced([part.stretched(np.full(part.size, np.sqrt(factor)))
                               for part in variances.covariances])
