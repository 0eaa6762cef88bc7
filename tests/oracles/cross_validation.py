"""Validation of predictions by dense matrices, one fold and one individual at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def predict(
    y: Float64, x: Float64, k: Float64, there: NDArray[np.bool_], variance: float, residual: float
) -> tuple[Float64, Float64]:
    """û of all individuals, one record each, and b̂, from the records that are there.

    û = σ²K[:, t]V⁻¹(y − Xb̂) with V = σ²K[t, t] + σ²ₑI.
    """
    v = variance * k[np.ix_(there, there)] + residual * np.eye(int(there.sum()))
    inverse = np.linalg.inv(v)
    own = x[there]
    b = np.linalg.solve(own.T @ inverse @ own, own.T @ inverse @ y[there])
    return variance * k[:, there] @ inverse @ (y[there] - own @ b), b


def statistics(
    predicted: Float64, corrected: Float64, whole: Float64, k: Float64, variance: float
) -> dict[str, float]:
    """Every statistic of one fold; ``k`` is of the individuals tested."""
    n = predicted.size
    covariance = np.cov(np.stack([predicted, corrected, whole]))
    pairs = [k[i, j] for i in range(n) for j in range(n) if i != j]
    expected = variance * (np.mean(np.diag(k)) - np.mean(pairs))
    return {
        "predictive_ability": np.corrcoef(predicted, corrected)[0, 1],
        "accuracy": covariance[0, 1] / np.sqrt(covariance[0, 0] * expected),
        "dispersion": np.polyfit(predicted, corrected, 1)[0],
        "bias": predicted.mean() - corrected.mean(),
        "mean_squared_error": np.mean((corrected - predicted) ** 2),
        "lr_bias": predicted.mean() - whole.mean(),
        "lr_dispersion": np.polyfit(predicted, whole, 1)[0],
        "lr_correlation": np.corrcoef(predicted, whole)[0, 1],
        "lr_reliability_ratio": np.polyfit(whole, predicted, 1)[0],
        "lr_accuracy": np.sqrt(covariance[0, 2] / expected)}
