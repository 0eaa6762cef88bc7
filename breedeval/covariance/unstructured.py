"""An unstructured covariance among the coefficients of a random effect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Unstructured:
    """Σ, given: symmetric positive definite, in the order of the effect's coefficients.

    Parameters
    ----------
    matrix : ndarray of float64, shape (c, c)
        Σ, component-major.

    Raises
    ------
    numpy.linalg.LinAlgError
        When Σ is not positive definite (the run file is checked before it comes to this).
    """

    matrix: NDArray[np.float64]

    def __post_init__(self) -> None:
        np.linalg.cholesky(self.matrix)

    @property
    def size(self) -> int:
        """Number of coefficients c."""
        return int(self.matrix.shape[0])

    @cached_property
    def precision(self) -> NDArray[np.float64]:
        """Σ⁻¹."""
        inverse = np.linalg.inv(self.matrix)
        return (inverse + inverse.T) / 2

    @cached_property
    def log_determinant(self) -> float:
        """log|Σ|."""
        return float(np.linalg.slogdet(self.matrix)[1])
