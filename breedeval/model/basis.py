"""Functions of a covariate: powers and normalised Legendre polynomials."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from breedeval.model.spec import Legendre, Polynomial

Values = NDArray[np.float64]


def powers(x: Values, degree: int) -> Values:
    """x, x², …, x^degree; shape (n, degree)."""
    return np.asarray(x[:, None] ** np.arange(1, degree + 1))


def normalised_legendre(x: Values, degree: int, low: float, high: float) -> Values:
    """φ₀(t) … φ_degree(t) with φₖ(t) = √((2k + 1)/2) Pₖ(t), t = −1 + 2(x − low)/(high − low).

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
    degree : int
    low, high : float
        Values of x that become −1 and 1; values outside are extrapolated.

    Returns
    -------
    ndarray of float64, shape (n, degree + 1)

    References
    ----------
    Kirkpatrick, Lofsvold & Bulmer (1990) Genetics 124:979.
    """
    t = -1.0 + 2.0 * (x - low) / (high - low)
    norms = np.sqrt((2 * np.arange(degree + 1) + 1) / 2)
    return np.asarray(legendre.legvander(t, degree) * norms)


def evaluate_basis(basis: Legendre | Polynomial, x: Values, ends: tuple[float, float]) -> Values:
    """Functions of the basis at x; ``ends`` are those of the covariate when none are given."""
    if isinstance(basis, Legendre):
        low, high = basis.range or ends
        return normalised_legendre(x, basis.degree, low, high)
    return powers(x, basis.degree)


def function_names(basis: Legendre | Polynomial) -> tuple[str, ...]:
    """Labels of the functions, as in ``solutions.csv``."""
    if isinstance(basis, Legendre):
        return tuple(f"legendre({basis.column})[{k}]" for k in range(basis.degree + 1))
    return tuple(basis.column if k == 1 else f"{basis.column}^{k}"
                 for k in range(1, basis.degree + 1))


def smallest_share(basis: Legendre | Polynomial, values: Values) -> float:
    """Least 1 − R² of a function of the basis on the constant and the functions before it.

    It is what double precision has to tell the function by: its solution has a relative error
    of about 4e-15 over this share.

    Parameters
    ----------
    basis : Legendre or Polynomial
    values : ndarray of float64, shape (n, k)
        As :func:`evaluate_basis` gives them.

    Notes
    -----
    Cost: a QR decomposition, O(nk²).
    """
    columns = values
    if not isinstance(basis, Legendre):
        columns = np.column_stack([np.ones(values.shape[0]), values])
    norms = np.linalg.norm(columns, axis=0)
    if not norms.all() or columns.shape[0] < columns.shape[1]:
        return 0.0
    triangle = np.linalg.qr(columns / norms, mode="r")
    return float((np.diagonal(triangle) ** 2).min())
