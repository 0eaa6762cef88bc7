"""Tests of normality and spread against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from breedeval.evaluation.normality import (
    brown_forsythe,
    dagostino_pearson,
    kurtosis,
    shapiro_wilk,
    skewness,
)

SAMPLES = {"normal": lambda rng, n: rng.normal(3, 2, n),
           "skewed": lambda rng, n: rng.gamma(2, 1, n),
           "rounded": lambda rng, n: rng.normal(0, 2, n).round(),
           "heavy": lambda rng, n: rng.standard_t(3, n)}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 11, 12, 40, 500, 5000])
def test_shapiro_wilk(n: int, name: str) -> None:
    z = SAMPLES[name](np.random.default_rng(n), n)
    expected, found = stats.shapiro(z), shapiro_wilk(z)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-8)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("n", [20, 300, 6000])
def test_moments(n: int, name: str) -> None:
    z = SAMPLES[name](np.random.default_rng(n), n)
    assert skewness(z) == pytest.approx(float(stats.skew(z)), rel=1e-12)
    assert kurtosis(z) == pytest.approx(float(stats.kurtosis(z)), rel=1e-12)
    expected, found = stats.normaltest(z), dagostino_pearson(z)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)


def test_spread_of_groups() -> None:
    rng = np.random.default_rng(4)
    groups = [rng.normal(0, sd, n) for sd, n in ((1, 8), (2, 15), (1, 30))]
    expected, found = stats.levene(*groups, center="median"), brown_forsythe(groups)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
