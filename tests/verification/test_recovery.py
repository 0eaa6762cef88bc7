"""Simulated variances are estimated again, and their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, f, kstest

from tests.verification.recovery import (
    GROUPS,
    MODELS,
    PER_GROUP,
    no_variance,
    recovered,
    replicates,
)

pytestmark = pytest.mark.verification

FAR = 4.0
"""Monte Carlo standard errors that a figure may be off: one in 16 thousand is further."""
CHANCE = 6e-5
"""The same as a probability, on both sides."""
NOTHING = 1e-6
"""2ΔL that stopping early can make."""


@pytest.fixture(scope="module", params=MODELS)
def figures(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Means, spreads and coverage of one model over 200 replicates."""
    return recovered(replicates(MODELS[request.param]))


def test_the_mean_of_the_estimates_is_the_truth(figures: pd.DataFrame) -> None:
    away = (figures["mean"] - figures["true"]) / figures["error"]
    assert (away.abs() < FAR).all(), figures


def test_standard_errors_are_the_spread_of_the_estimates(figures: pd.DataFrame) -> None:
    """A variance from n replicates has itself a relative standard error of √(2/(n − 1))."""
    ratio = (figures["sd"] / figures["se"]) ** 2
    assert ((ratio - 1).abs() < FAR * np.sqrt(2 / (figures["inside"] - 1))).all(), figures


def test_intervals_hold_the_truth_as_often_as_they_say(figures: pd.DataFrame) -> None:
    for number, share in (("inside", "coverage"), ("profiled", "profile")):
        known = figures[figures[number] > 0]
        low, high = binom.interval(1 - CHANCE, known[number].astype(int), 0.95)
        held = known[share] * known[number]
        assert ((low <= held) & (held <= high)).all(), figures


@pytest.fixture(scope="module")
def nothing_there() -> pd.DataFrame:
    """Replicates in which a variance is 0."""
    return replicates(no_variance)


def test_a_variance_of_zero_is_estimated_as_zero_half_of_the_time(
    nothing_there: pd.DataFrame,
) -> None:
    """In a balanced one-way model exactly as often as its F is below 1, a little over half."""
    share = f.cdf(1, GROUPS - 1, GROUPS * (PER_GROUP - 1))
    low, high = binom.interval(1 - CHANCE, len(nothing_there), share)
    boundary = nothing_there["status"] == "boundary"
    assert low <= boundary.sum() <= high
    assert (nothing_there.loc[boundary, "statistic"].abs() < NOTHING).all()


def test_likelihood_ratios_of_zero_variances_follow_the_mixture(
    nothing_there: pd.DataFrame,
) -> None:
    """p is 1 where the estimate is 0, and uniform below ½ elsewhere."""
    above = nothing_there[nothing_there["statistic"] > NOTHING]
    assert kstest(2 * above["p_value"], "uniform").pvalue > CHANCE
    found = (nothing_there["p_value"] < 0.05).sum()
    assert found <= binom.ppf(1 - CHANCE, len(nothing_there), 0.05)
