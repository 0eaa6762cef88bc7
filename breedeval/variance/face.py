"""Singular matrices: how one may change and stay singular, and how it wants to leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from breedeval.covariance.structure import Matrix, Vector
from breedeval.variance.room import SINGULAR, TOUCHING


@dataclass(frozen=True, eq=False)
class Face:
    """The positive semi-definite matrices of the same rank around a singular one.

    Parameters
    ----------
    span : ndarray of float64, shape (c, r)
        DU: the directions that have variance.
    null : ndarray of float64, shape (c, c − r)
        DN: those that have none, D typical standard deviations.
    """

    span: Matrix
    null: Matrix

    def tangents(self) -> Matrix:
        """Changes of the lower triangle that stay on the face, to first order.

        Those of D(UAU′ + NXU′ + UX′N′)D for a basis of A symmetric and X; r(2c − r + 1)/2 columns.

        Returns
        -------
        ndarray of float64, shape (c(c + 1)/2, r(2c − r + 1)/2)
        """
        rank = self.span.shape[1]
        one, other = np.tril_indices(rank)
        left = np.hstack([self.span[:, one], np.repeat(self.null, rank, axis=1)])
        right = np.hstack([self.span[:, other], np.tile(self.span, self.null.shape[1])])
        rows, columns = np.tril_indices(len(self.span))
        return np.asarray(left[rows] * right[columns] + right[rows] * left[columns])

    def strongest_pull(self, gradient: Matrix) -> Vector:
        """The direction without variance in which the likelihood rises most, or falls least.

        Parameters
        ----------
        gradient : ndarray of float64, shape (c, c)
            Γ.

        Returns
        -------
        ndarray of float64, shape (c(c + 1)/2,)
            Change of the lower triangle as it appears.
        """
        turns = np.linalg.eigh(self.null.T @ gradient @ self.null)[1]
        direction = self.null @ turns[:, -1]
        rows, columns = np.tril_indices(direction.size)
        return np.asarray(direction[rows] * direction[columns])


def face_of(matrix: Matrix, scale: Vector) -> Face:
    """The face that a matrix lies on; of full rank when it is not singular.

    Parameters
    ----------
    matrix : ndarray of float64, shape (c, c)
    scale : ndarray of float64, shape (c,)
        Typical variances, of which ``SINGULAR`` stands for none.
    """
    spread = np.sqrt(scale)
    roots, vectors = np.linalg.eigh(matrix / np.outer(spread, spread))
    has = roots > TOUCHING * SINGULAR
    scaled = spread[:, None] * vectors
    return Face(scaled[:, has], scaled[:, ~has])
