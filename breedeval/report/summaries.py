"""What the pictures are drawn from: spreads, trends and classes of the breeding values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.report.numbers import decimals_for

Numbers = NDArray[np.float64]

_CLASSES = [0, 1, 2, 3, 4, 5, 10, 20, 50, 100]     # lower ends of the classes of records


@dataclass(frozen=True)
class Spread:
    """Where the middle, the quarters and the best twentieth of the values lie."""

    number: int
    mean: float
    quarter: float
    median: float
    three_quarters: float
    top: float
    decimals: int


@dataclass(frozen=True, eq=False)
class Trend:
    """Values by birth year or generation.

    Parameters
    ----------
    at, mean, sd, high : ndarray of float64, shape (k,)
        Year or generation, mean, standard deviation and highest value.
    individuals : ndarray of int64, shape (k,)
        How many the mean is of.
    slope : float
        Change a step: regression of the values on the year.
    """

    at: Numbers
    mean: Numbers
    sd: Numbers
    high: Numbers
    individuals: NDArray[np.int64]
    slope: float


@dataclass(frozen=True, eq=False)
class RecordClasses:
    """Reliability by number of records: median, tenth and ninetieth percentile."""

    labels: list[str]
    median: Numbers
    low: Numbers
    high: Numbers
    individuals: NDArray[np.int64]


def spread_of(values: Numbers) -> Spread:
    """Quantiles of finite values, shape (n,)."""
    quarter, median, three_quarters, top = np.quantile(values, [0.25, 0.5, 0.75, 0.95])
    return Spread(values.size, float(values.mean()), float(quarter), float(median),
                  float(three_quarters), float(top), decimals_for(values))


def trend_of(values: Numbers, when: Numbers) -> Trend | None:
    """Mean, deviation and highest value by whole year (or generation); None for fewer than two.

    slope = Σ(t − t̄)(v − v̄) / Σ(t − t̄)², over individuals.

    Parameters
    ----------
    values, when : ndarray of float64, shape (n,)
        NaN where unknown.
    """
    known = np.isfinite(values) & np.isfinite(when)
    value, year = values[known], np.floor(when[known])
    at, place = np.unique(year, return_inverse=True)
    if at.size < 2:
        return None
    number = np.bincount(place)
    mean = np.bincount(place, value) / number
    variance = np.bincount(place, (value - mean[place]) ** 2) / number
    high = np.full(at.size, -np.inf)
    np.maximum.at(high, place, value)
    centred = year - year.mean()
    slope = float(centred @ value / (centred @ centred))
    return Trend(at, mean, np.sqrt(variance), high, number.astype(np.int64), slope)


def record_classes(reliability: Numbers, records: Numbers) -> RecordClasses | None:
    """Quantiles of reliability by classes of records; None when none is known."""
    known = np.isfinite(reliability) & np.isfinite(records)
    reliability, records = reliability[known], records[known]
    if reliability.size == 0:
        return None
    ends = np.array([*_CLASSES, np.inf])
    place = np.searchsorted(ends, records, side="right") - 1
    labels, quantiles, number = [], [], []
    for k in np.unique(place):
        inside = reliability[place == k]
        labels.append(_class_label(ends[k], ends[k + 1]))
        quantiles.append(np.quantile(inside, [0.5, 0.1, 0.9]))
        number.append(inside.size)
    median, low, high = np.array(quantiles).T
    return RecordClasses(labels, median, low, high, np.array(number, np.int64))


def _class_label(first: float, beyond: float) -> str:
    if np.isinf(beyond):
        return f"{first:.0f}+"
    return f"{first:.0f}" if beyond - first == 1 else f"{first:.0f}–{beyond - 1:.0f}"
