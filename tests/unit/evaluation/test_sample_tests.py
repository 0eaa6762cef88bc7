"""Tests of normality and of equal spread against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from breedeval.evaluation import sample_tests as own

RNG = np.random.default_rng(17)
SAMPLES = {
    "normal": RNG.normal(3.0, 2.0, 400), "skew": RNG.exponential(size=60),
    "heavy": RNG.standard_t(3, 5000), "flat": RNG.uniform(size=37), "rounded": np.round(
        RNG.normal(size=150), 1), "five": RNG.normal(size=5), "six": RNG.normal(size=6),
    "eleven": RNG.normal(size=11), "twelve": RNG.normal(size=12),
    "outlier": np.append(np.zeros(9) + RNG.normal(0.0, 1e-6, 9), 50.0),
}


@pytest.mark.parametrize("x", SAMPLES.values(), ids=SAMPLES)
def test_shape_and_shapiro_wilk(x: np.ndarray) -> None:
    assert own.skewness(x) == pytest.approx(stats.skew(x), rel=1e-12, abs=1e-14)
    assert own.excess_kurtosis(x) == pytest.approx(stats.kurtosis(x), rel=1e-12)
    found, expected = own.shapiro_wilk(x), stats.shapiro(x)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-6)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-4)


def test_weights_of_shapiro_and_wilk_as_printed() -> None:
    """Shapiro & Wilk (1965), table 5, n = 10, to the four digits that Royston's weights reach."""
    printed = np.array([0.5739, 0.3291, 0.2141, 0.1224, 0.0399])
    weights = np.append(-printed, printed[::-1])
    assert own.shapiro_wilk(weights).statistic == pytest.approx(1.0, abs=5e-5)


def test_a_sample_that_fits_perfectly_is_no_surprise() -> None:
    assert own.shapiro_wilk(np.arange(5.0)).p_value > 0.9


@pytest.mark.parametrize("size", [20, 500, 6000])
@pytest.mark.parametrize("kind", ["normal", "gumbel", "laplace"])
def test_dagostino_pearson(kind: str, size: int) -> None:
    x = getattr(np.random.default_rng(size), kind)(size=size)
    found, expected = own.dagostino_pearson(x), stats.normaltest(x)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8, abs=1e-300)


def test_brown_forsythe() -> None:
    rng = np.random.default_rng(5)
    groups = [rng.normal(k, 1.0 + 0.3 * k, 8 + 5 * k) for k in range(4)]
    found, expected = own.brown_forsythe(groups), stats.levene(*groups, center="median")
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert own.brown_forsythe([np.array([1.0, 1, 3, 3]), np.array([1.0, 1, 9, 9])]).p_value == 0.0
