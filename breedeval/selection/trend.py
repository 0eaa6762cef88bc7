"""Genetic trends with confidence bands, and the base that breeding values are told against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
NORMAL_95 = 1.959963984540054
Errors = Callable[[sp.csc_array], Vector]
"""From weights of n individuals, one column a mean, the variance of the errors of each."""


@dataclass(frozen=True, eq=False)
class Base:
    """The individuals whose mean is the zero point.

    Parameters
    ----------
    members : ndarray of bool, shape (n,)
    mean, sd : float
        Of their breeding values.
    """

    members: Mask
    mean: float
    sd: float


def make_base(values: Vector, members: Mask) -> Base:
    """The base of one column of breeding values."""
    own = values[members & np.isfinite(values)]
    spread = float(own.std(ddof=1)) if own.size > 1 else float("nan")
    return Base(members, float(own.mean()) if own.size else float("nan"), spread)


def relative(values: Vector, base: Base) -> Vector:
    """Deviations from the mean of the base."""
    return values - base.mean


def standardised(values: Vector, base: Base, *, mean: float, sd: float) -> Vector:
    """mean + sd (u − ū)/s, with mean and standard deviation s of the base; NaN where s is 0."""
    if not base.sd > 0:
        return np.full(values.size, np.nan)
    return mean + sd * (values - base.mean) / base.sd


def trend_table(
    values: Vector, by: Vector, within: pd.Series | None, base: Base | None,
    errors: Errors | None,
) -> pd.DataFrame:
    """Mean breeding value of everybody born (or whatever ``by`` says) together.

    With k the weights of a mean, less those of the base's mean, its prediction error variance is
    k′C⁻¹k, and the band is its 95 % interval.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    by : ndarray of float64, shape (n,)
        NaN leaves an individual out.
    within : Series of length n, or None
        Classes with trends of their own; a missing one leaves an individual out.
    base : Base or None
    errors : callable or None
        None where errors are not known.

    Returns
    -------
    DataFrame
        group, at, individuals, mean, sd, se, lower, upper: mean relative to the base; in order of
        group and of ``at``.
    """
    frame = pd.DataFrame({"group": "" if within is None else within, "at": by, "value": values})
    frame = frame[frame.notna().all(axis=1)]
    columns = ["group", "at", "individuals", "mean", "sd", "se", "lower", "upper"]
    if frame.empty:
        return pd.DataFrame(columns=columns)
    grouped = frame.groupby(["group", "at"], sort=True)
    table = grouped["value"].agg(individuals="size", mean="mean", sd="std").reset_index()
    table["mean"] -= 0.0 if base is None else base.mean
    table["se"] = np.nan
    if errors is not None:
        means = _means(frame.index.to_numpy(np.int64), np.asarray(grouped.ngroup(), np.int64),
                       len(values))
        if base is not None:
            means = means - _of_base(base, means.shape[1])
        table["se"] = np.sqrt(np.maximum(errors(sp.csc_array(means)), 0.0))
    table["lower"] = table["mean"] - NORMAL_95 * table["se"]
    table["upper"] = table["mean"] + NORMAL_95 * table["se"]
    return table[columns]


def _means(rows: NDArray[np.int64], group: NDArray[np.int64], count: int) -> sp.csc_array:
    """Weights of the mean of every group, shape (n, g)."""
    sizes = np.bincount(group)
    return sp.csc_array(
        (1.0 / sizes[group], (rows, group)), shape=(count, sizes.size))


def _of_base(base: Base, columns: int) -> sp.csc_array:
    """Weights of the base's mean, once a column."""
    rows = np.flatnonzero(base.members)
    return sp.csc_array(
        (np.full(rows.size * columns, 1.0 / max(rows.size, 1)),
         (np.tile(rows, columns), np.repeat(np.arange(columns), rows.size))),
        shape=(base.members.size, columns))
