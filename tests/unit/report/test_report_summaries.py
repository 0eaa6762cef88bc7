"""What the pictures are drawn from, against pandas and numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from breedeval.report.summaries import record_classes, spread_of, trend_of


def test_trend_is_the_mean_by_whole_year() -> None:
    rng = np.random.default_rng(1)
    when = rng.uniform(1990, 1999.9, 500)
    values = 0.3 * when + rng.standard_normal(500)
    values[:20], when[20:40] = np.nan, np.nan
    trend = trend_of(values, when)
    known = np.isfinite(values) & np.isfinite(when)
    groups = pd.Series(values[known]).groupby(np.floor(when[known]))
    assert trend is not None
    np.testing.assert_array_equal(trend.at, groups.mean().index)
    np.testing.assert_allclose(trend.mean, groups.mean())
    np.testing.assert_allclose(trend.sd, groups.std(ddof=0))
    np.testing.assert_allclose(trend.high, groups.max())
    np.testing.assert_array_equal(trend.individuals, groups.size())
    slope = np.polyfit(np.floor(when[known]), values[known], 1)[0]
    np.testing.assert_allclose(trend.slope, slope)


def test_one_year_is_no_trend() -> None:
    assert trend_of(np.ones(5), np.full(5, 1999.0)) is None
    assert trend_of(np.ones(5), np.full(5, np.nan)) is None


def test_classes_of_records() -> None:
    reliability = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9, np.nan])
    records = np.array([0.0, 0.0, 0.0, 2.0, 7.0, 250.0, 1.0])
    classes = record_classes(reliability, records)
    assert classes is not None
    assert classes.labels == ["0", "2", "5–9", "100+"]
    np.testing.assert_allclose(classes.median, [0.2, 0.6, 0.7, 0.9])
    np.testing.assert_array_equal(classes.individuals, [3, 1, 1, 1])
    assert record_classes(np.array([np.nan]), np.array([1.0])) is None


def test_spread() -> None:
    spread = spread_of(np.arange(101.0))
    assert (spread.quarter, spread.median, spread.three_quarters, spread.top) == (25, 50, 75, 95)
    assert spread.decimals == 1
