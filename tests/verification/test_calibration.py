"""Breeding values of simulated populations are as reliable as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.verification.calibration import calibration, evaluate_simulated

SEEDS = range(1, 6)
MODELS = {
    "dairy-like": (),
    "repeated records, both sexes": ("--recorded", "all", "--records", "3"),
    "selected on phenotype": ("--selection", "phenotype"),
}


@pytest.fixture(scope="module", params=MODELS)
def replicates(request, tmp_path_factory):
    """Tables of five populations of 20 thousand, stacked: seed × group."""
    place = tmp_path_factory.mktemp("calibration")
    tables = {}
    for seed in SEEDS:
        folder = place / f"seed{seed}"
        tables[seed] = calibration(folder, evaluate_simulated(
            folder, 20_000, seed, *MODELS[request.param]))
    return request.param, pd.concat(tables)


def _mean_and_error(figures: pd.Series) -> tuple[float, float]:
    """Mean over replicates and its standard error, at least 0.2 %: five tell it poorly."""
    return figures.mean(), max(figures.std(ddof=1) / np.sqrt(len(figures)), 0.002)


@pytest.mark.verification
def test_squared_errors_are_the_prediction_error_variances(replicates):
    _, tables = replicates
    for group in tables.index.unique(level=1):
        rows = tables.xs(group, level=1)
        mean, error = _mean_and_error(rows["error"] / rows["pev"])
        assert abs(mean - 1) < 4 * error, group


@pytest.mark.verification
def test_true_values_regress_on_breeding_values_with_slope_one(replicates):
    _, tables = replicates
    for group in tables.index.unique(level=1):
        mean, error = _mean_and_error(tables.xs(group, level=1)["slope"])
        assert abs(mean - 1) < 4 * error, group


@pytest.mark.verification
def test_correlation_is_the_root_of_mean_reliability(replicates):
    model, tables = replicates
    if model == "selected on phenotype":
        pytest.skip("reliability refers to the unselected base; the population has a trend")
    for group in ("all", "with records"):
        rows = tables.xs(group, level=1)
        assert rows["correlation"].mean() == pytest.approx(rows["accuracy"].mean(), abs=0.02)
