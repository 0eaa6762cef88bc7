"""An approximate inverse of the coefficient matrix, for conjugate gradients.

T B T′: in unknowns that are nearly independent, where B is the inverse of a diagonal. Relationships
that are known by products say what their unknowns are (``spread``), and have a B of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from breedeval.equations.henderson import Equations, Vector
from breedeval.relationship.precision import ByProducts


def make_preconditioner(equations: Equations) -> Callable[[Vector], Vector] | None:
    """The product with T B T′; None where T is the identity, and B that of the diagonal of C."""
    special = [(effect, precision) for effect, precision in enumerate(equations.precisions)
               if isinstance(precision, ByProducts)]
    if not special:
        return None
    diagonal, information = equations.diagonal(), equations.information_diagonal()
    inverses = []
    for effect, precision in special:
        number = equations.number[equations.layout.random_slice(effect)]
        covariance = equations.covariances[effect]
        told = information[number].reshape(-1, covariance.size)
        inverses.append([precision.spread_inverse(told[:, k], covariance.precision[k, k])
                         for k in range(covariance.size)])
        diagonal[number] = 1.0
    scale = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)

    def precondition(residual: Vector) -> Vector:
        x = scale * residual
        for (effect, precision), own in zip(special, inverses, strict=True):
            number = equations.number[equations.layout.random_slice(effect)]
            cells = precision.gather(equations.random(effect, x))
            cells = np.column_stack([
                inverse(np.ascontiguousarray(cells[:, k])) for k, inverse in enumerate(own)])
            x[number] = precision.spread(cells).ravel()
        return x

    return precondition
