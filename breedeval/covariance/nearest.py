"""The structure nearest to a given covariance matrix."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from breedeval.covariance.structure import Covariance, Matrix, Vector

Some = TypeVar("Some", bound=Covariance)


def divergence(covariance: Covariance, target: Matrix) -> float:
    """log|Σ| + tr(Σ⁻¹S): twice the Kullback–Leibler divergence from N(0, S), but for a constant."""
    return covariance.log_determinant + float(np.sum(covariance.precision * target))


def slope_and_information(covariance: Covariance, target: Matrix) -> tuple[Vector, Matrix]:
    """−∂/∂θ of the divergence, tr(Σ⁻¹Σ̇Σ⁻¹(S − Σ)), and its expected curvature tr(Σ⁻¹Σ̇ᵢΣ⁻¹Σ̇ⱼ)."""
    whitened = covariance.precision @ covariance.derivatives()
    apart = covariance.precision @ target - np.eye(covariance.size)
    slope = np.einsum("aij,ji->a", whitened, apart)
    return slope, np.einsum("aij,bji->ab", whitened, whitened)


def nearest(start: Some, target: Matrix, *, rounds: int = 200, tolerance: float = 1e-24) -> Some:
    """The values at which a structure is nearest to a positive-definite matrix S.

    Minimises log|Σ(θ)| + tr(Σ(θ)⁻¹S), which is maximum likelihood for a sample covariance matrix
    S, by Fisher scoring with halved steps (Jöreskog 1967 for factor analysis).

    Parameters
    ----------
    start : Covariance, c × c
    target : ndarray of float64, shape (c, c)
        S.
    rounds : int
        Most rounds.
    tolerance : float
        Stops where a round is to win less, relative to c.

    Notes
    -----
    Cost: p²c² + pc³ a round.
    """
    present, reached = start, divergence(start, target)
    for _ in range(rounds):
        slope, information = slope_and_information(present, target)
        step = np.asarray(np.linalg.pinv(information, rcond=1e-13, hermitian=True) @ slope)
        if slope @ step <= tolerance * start.size:
            break
        for _ in range(40):
            try:
                tried = present.moved(step)
            except np.linalg.LinAlgError:
                step = step / 2
                continue
            found = divergence(tried, target)
            if found < reached:
                break
            step = step / 2
        else:
            break
        present, reached = tried, found
    return present
