"""Breeding values, and their variances, of all traits together, from dense matrices.

û = (G ⊗ A)Z′Py and var(û) = (G ⊗ A)Z′PZ(G ⊗ A) with P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻X′V⁻¹ (Henderson 1975):
the variance of predictions that an index of them is judged by.
"""

from __future__ import annotations

import numpy as np

Matrix = np.ndarray


def predictions(
    y: Matrix, x: Matrix, z: Matrix, relationship: Matrix, genetic: Matrix, residual: Matrix
) -> tuple[Matrix, Matrix]:
    """û of shape (n, t), and its covariance as (n, t, n, t), for records of all t traits.

    Parameters
    ----------
    y : ndarray, shape (r, t)
    x : ndarray, shape (r, p)
        The same for every trait.
    z : ndarray, shape (r, n)
    relationship : ndarray, shape (n, n)
    genetic, residual : ndarray, shape (t, t)
    """
    t, n = y.shape[1], z.shape[1]
    big_z, big_x = np.kron(z, np.eye(t)), np.kron(x, np.eye(t))
    g = np.kron(relationship, genetic)
    v = big_z @ g @ big_z.T + np.kron(np.eye(len(y)), residual)
    inverse = np.linalg.inv(v)
    vx = inverse @ big_x
    p = inverse - vx @ np.linalg.pinv(big_x.T @ vx) @ vx.T
    gz = g @ big_z.T
    return (gz @ p @ y.ravel()).reshape(n, t), (gz @ p @ gz.T).reshape(n, t, n, t)
