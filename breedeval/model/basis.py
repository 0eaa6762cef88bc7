"""Functions of a covariate: powers, normalised Legendre polynomials and B-splines."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from breedeval.model.terms import BSpline, Legendre, Polynomial

Values = NDArray[np.float64]
Regression = Legendre | Polynomial | BSpline


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


def b_splines(x: Values, knots: Values, degree: int) -> Values:
    """B-splines of a degree on rising knots, the outer ones repeated; they add up to 1.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        Values outside the outer knots are extrapolated from the last piece.
    knots : ndarray of float64, shape (k,)
    degree : int

    Returns
    -------
    ndarray of float64, shape (n, k − 1 + degree)

    References
    ----------
    De Boor (1978) A Practical Guide to Splines.
    """
    from scipy.interpolate import BSpline as Spline  # slow to load, and seldom needed

    full = np.concatenate([np.repeat(knots[0], degree), knots, np.repeat(knots[-1], degree)])
    return np.asarray(Spline.design_matrix(x, full, degree, extrapolate=True).toarray())


def knots_of(basis: BSpline, ends: tuple[float, float]) -> Values:
    """Places of the knots; ``ends`` are those of the covariate when none are given."""
    if isinstance(basis.knots, tuple):
        return np.asarray(basis.knots)
    return np.linspace(*(basis.range or ends), basis.knots)


def evaluate_basis(basis: Regression, x: Values, ends: tuple[float, float]) -> Values:
    """Functions of the basis at x; ``ends`` are those of the covariate when none are given."""
    if isinstance(basis, Legendre):
        low, high = basis.range or ends
        return normalised_legendre(x, basis.degree, low, high)
    if isinstance(basis, BSpline):
        return b_splines(x, knots_of(basis, ends), basis.degree)
    return powers(x, basis.degree)


def function_names(basis: Regression) -> tuple[str, ...]:
    """Labels of the functions, as in ``solutions.csv``."""
    if isinstance(basis, Legendre):
        return tuple(f"legendre({basis.column})[{k}]" for k in range(basis.degree + 1))
    if isinstance(basis, BSpline):
        return tuple(f"bspline({basis.column})[{k}]" for k in range(basis.width))
    return tuple(basis.column if k == 1 else f"{basis.column}^{k}"
                 for k in range(1, basis.degree + 1))


def smallest_share(basis: Regression, values: Values) -> float:
    """Least 1 − R² of a function of the basis on the constant and the functions before it.

    It is what double precision has to tell the function by: its solution has a relative error
    of about 4e-15 over this share.

    Parameters
    ----------
    basis : Legendre, BSpline or Polynomial
    values : ndarray of float64, shape (n, k)
        As :func:`evaluate_basis` gives them.

    Notes
    -----
    Cost: a QR decomposition, O(nk²).
    """
    columns = values
    if isinstance(basis, Polynomial):
        columns = np.column_stack([np.ones(values.shape[0]), values])
    norms = np.linalg.norm(columns, axis=0)
    if not norms.all() or columns.shape[0] < columns.shape[1]:
        return 0.0
    triangle = np.linalg.qr(columns / norms, mode="r")
    return float((np.diagonal(triangle) ** 2).min())
