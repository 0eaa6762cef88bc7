"""Intervals on the scale where sampling is nearest to normal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from breedeval.evaluation.intervals import NORMAL, intervals, scale_of, with_intervals
from tests.unit.evaluation.flock import ANIMAL, PEN, estimated


def test_each_scale_by_its_formula() -> None:
    found = intervals(["variance", "share", "correlation", "plain"], [4.0, 0.3, -0.9, -2.0],
                      [1.0, 0.1, 0.05, 0.5])
    logit = np.log(0.3 / 0.7) + NORMAL * 0.1 / (0.3 * 0.7) * np.array([-1, 1])
    turned = np.arctanh(-0.9) + NORMAL * 0.05 / (1 - 0.81) * np.array([-1, 1])
    np.testing.assert_allclose(found, [
        4 * np.exp(NORMAL * 0.25 * np.array([-1, 1])), 1 / (1 + np.exp(-logit)), np.tanh(turned),
        -2 + NORMAL * 0.5 * np.array([-1, 1])])


def test_nothing_is_known_without_a_standard_error_or_outside_the_scale() -> None:
    scales = ["variance", "share", "share", "share", "correlation", "plain", "variance"]
    found = intervals(scales, [0.0, 0.0, 1.0, 1.1, 1.0, np.nan, 2.0],  # type: ignore[arg-type]
                      [0.1] * 6 + [np.nan])
    assert np.isnan(found).all()


@given(estimate=st.floats(1e-6, 1 - 1e-6), error=st.floats(1e-6, 1e3))
def test_ends_are_values_that_the_quantity_may_have(estimate: float, error: float) -> None:
    found = intervals(["variance", "share", "correlation"], [estimate] * 3, [error] * 3)
    assert (found[:, 0] <= estimate).all()
    assert (found[:, 1] >= estimate).all()
    assert found[0, 0] >= 0
    assert (found[1] >= 0).all()
    assert (np.abs(found[1:]) <= 1).all()


@pytest.mark.parametrize(("parameter", "scale"), [
    ("phenotypic_variance", "variance"), ("phenotypic_covariance", "plain"),
    ("phenotypic_correlation", "correlation"), ("correlation", "correlation"),
    ("heritability", "share"), ("repeatability", "share"), ("variance_ratio", "share"),
    ("total_heritability", "plain")])
def test_scales_of_genetic_parameters(parameter: str, scale: str) -> None:
    """Total heritability may be below 0 and above 1."""
    assert scale_of(parameter) == scale


def test_a_table_gets_two_columns() -> None:
    frame = pd.DataFrame({"estimate": [1.0], "se": [0.5], "more": ["a"]})
    assert list(with_intervals(frame, ["plain"]).columns) == [
        "estimate", "se", "more", "lower", "upper"]
    assert with_intervals(frame.head(0), []).empty


def test_tables_of_an_estimation() -> None:
    """Empty for what is fixed or on the boundary."""
    found = estimated([ANIMAL, PEN], {"start": {"pen": 0.3}, "fix": ["pen"]})
    variances = found.variances.set_index("effect")
    assert variances.loc["pen", ["lower", "upper"]].isna().all()
    one = variances.loc["residual"]
    assert one["lower"] * one["upper"] == pytest.approx(one["estimate"]**2)
    held = variances.loc["animal"]
    assert (held["status"], held["zero"], np.isnan(held["lower"])) == ("boundary", True, True)
    assert held["estimate"] > 0     # what a solve can use
    shares = found.genetic_parameters.set_index("parameter")
    assert np.isnan(shares.loc["heritability", "upper"])
    assert shares.loc["phenotypic_variance", "lower"] > 0
