"""Confidence intervals of Wald, each on the scale where its sampling is nearest to normal.

f(θ̂) ± 1.96 f′(θ̂) se, taken back by f⁻¹: with f = log for a variance, logit for a share of the
variance, tanh⁻¹ for a correlation, and none for a covariance, a slope, or what may leave 0 … 1.
They keep to the values that the quantity may have. A variance or a share nearer than one standard
error to the end of its scale, where f is so steep that the interval would hold nearly everything,
has θ̂ ± 1.96 se, cut off at the end: its standard error does not shrink on the way there, as that
of a correlation does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Scale = Literal["variance", "share", "correlation", "plain"]

NORMAL = 1.959963984540054
"""Φ⁻¹(0.975)."""

COLUMNS = ["lower", "upper"]

_SHARES = ("heritability", "repeatability", "variance_ratio")


def intervals(
    scales: Sequence[Scale], estimates: ArrayLike, errors: ArrayLike
) -> NDArray[np.float64]:
    """Lower and upper ends of the 95 % intervals.

    Parameters
    ----------
    scales : sequence of str, length m
        What each quantity is.
    estimates, errors : array_like of float64, shape (m,)
        θ̂ and its standard error.

    Returns
    -------
    ndarray of float64, shape (m, 2)
        NaN where there is no standard error, or the estimate is outside its scale.
    """
    theta, se = np.asarray(estimates, np.float64), np.asarray(errors, np.float64)
    kinds = np.asarray(scales, object)
    reach = NORMAL * np.outer(se, [-1.0, 1.0])
    found = theta[:, None] + reach
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        on_log = theta[:, None] * np.exp(reach / theta[:, None])
        odds = (theta / (1 - theta))[:, None] * np.exp(reach / (theta * (1 - theta))[:, None])
        turned = np.tanh(np.arctanh(theta)[:, None] + reach / (1 - theta**2)[:, None])
        on_logit = 1 / (1 + 1 / odds)
    for kind, values, (least, most) in (
            ("variance", on_log, (0.0, np.inf)), ("share", on_logit, (0.0, 1.0)),
            ("correlation", turned, (-1.0, 1.0))):
        own = kinds == kind
        room = np.minimum(theta - least, most - theta)[own, None]
        near = (se[own, None] > room) & (kind != "correlation")
        ends = np.where(near, np.clip(found[own], least, most), values[own])
        found[own] = np.where(room > 0, ends, np.nan)
    return found


def with_intervals(frame: pd.DataFrame, scales: Sequence[Scale]) -> pd.DataFrame:
    """A table of estimates and standard errors, with the ends of intervals beside them."""
    ends = intervals(scales, frame["estimate"].to_numpy(np.float64),
                     frame["se"].to_numpy(np.float64))
    return frame.assign(**dict(zip(COLUMNS, ends.T, strict=True)))


def scale_of(parameter: str) -> Scale:
    """That of a genetic parameter, by its name."""
    if parameter == "phenotypic_variance":
        return "variance"
    if parameter in _SHARES:
        return "share"
    return "correlation" if parameter.endswith("correlation") else "plain"
