"""An approximate inverse of the coefficient matrix, for conjugate gradients.

T D⁻¹ T′: a diagonal in unknowns that are nearly independent. T is the identity but for
relationships that are known by products, which say in what unknowns theirs are (``spread``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from breedeval.equations.henderson import Equations, Vector
from breedeval.relationship.precision import ByProducts


def make_preconditioner(equations: Equations) -> Callable[[Vector], Vector] | None:
    """The product with T D⁻¹ T′; None where T is the identity, and D the diagonal of C."""
    special = [(effect, precision) for effect, precision in enumerate(equations.precisions)
               if isinstance(precision, ByProducts)]
    if not special:
        return None
    diagonal, information = equations.diagonal(), equations.information_diagonal()
    for effect, precision in special:
        number = equations.number[equations.layout.random_slice(effect)]
        covariance = equations.covariances[effect]
        told = information[number].reshape(-1, covariance.size)
        own = [precision.spread_diagonal(told[:, k], covariance.precision[k, k])
               for k in range(covariance.size)]
        diagonal[number] = np.column_stack(own).ravel()
    scale = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)

    def precondition(residual: Vector) -> Vector:
        x = residual.copy()
        for effect, precision in special:
            number = equations.number[equations.layout.random_slice(effect)]
            x[number] = precision.gather(equations.random(effect, x)).ravel()
        x *= scale
        for effect, precision in special:
            number = equations.number[equations.layout.random_slice(effect)]
            x[number] = precision.spread(equations.random(effect, x)).ravel()
        return x

    return precondition
