"""First principal components of a relationship matrix: the structure of those who are in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from breedeval.levels import Levels
from breedeval.relationship.precision import Vector

COUNT = 4
"""Components computed."""
WHOLE = 300
"""Individuals up to which all eigenvalues are."""
MOST = 20_000
"""Individuals beyond which none are: every product with the matrix takes a second."""
ACCURACY = 1e-4
"""Of the eigenvalues; enough for a picture."""


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Scores of individuals on the first components.

    Parameters
    ----------
    individuals : Levels, length n
    scores : ndarray of float64, shape (n, k)
        Eigenvectors times the roots of their eigenvalues; the largest score is positive.
    shares : ndarray of float64, shape (k,)
        Of the variance among individuals.
    """

    individuals: Levels
    scores: Vector
    shares: Vector


def principal_components(matrix: Vector, individuals: Levels) -> PrincipalComponents | None:
    """Eigenvectors of the matrix centred in rows and columns, largest first.

    None for fewer than three individuals, or more than :data:`MOST`. Cost some hundred products
    with the matrix.
    """
    size = len(matrix)
    if not 3 <= size <= MOST:
        return None
    means = matrix.mean(axis=0)
    total = float(np.trace(matrix) - size * means.mean())
    if total <= 1e-9:
        return None
    if size <= WHOLE:
        centred = matrix - means - means[:, None] + means.mean()
        values, vectors = scipy.linalg.eigh(centred)
    else:
        values, vectors = _largest(matrix)
    order = np.argsort(-values)[:COUNT]
    values, vectors = np.clip(values[order], 0.0, None), vectors[:, order]
    peaks = np.abs(vectors).argmax(axis=0)
    signs = np.sign(vectors[peaks, np.arange(order.size)])
    return PrincipalComponents(individuals, vectors * signs * np.sqrt(values), values / total)


def _largest(matrix: Vector) -> tuple[Vector, Vector]:
    def product(x: Vector) -> Vector:
        found = matrix @ (x - x.mean())
        return np.asarray(found - found.mean())

    size = len(matrix)
    start = np.random.default_rng(1).normal(size=size)
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    try:
        values, vectors = eigsh(operator, k=COUNT, v0=start, tol=ACCURACY, maxiter=300)
    except ArpackNoConvergence as error:
        values, vectors = error.eigenvalues, error.eigenvectors
    return values, vectors
