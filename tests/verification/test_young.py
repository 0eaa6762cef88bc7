"""Markers tell of young animals what theory says, and single-step takes it all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.verification.young import replicated


@pytest.fixture(scope="module")
def tables() -> pd.DataFrame:
    """Ten populations with parents at random."""
    return replicated("random")


def mean_and_error(figures: pd.Series) -> tuple[float, float]:
    return figures.mean(), max(figures.std(ddof=1) / np.sqrt(len(figures)), 0.005)


@pytest.mark.verification
def test_single_step_is_more_accurate_than_the_pedigree(tables: pd.DataFrame) -> None:
    gain = tables.xs("single_step", level=1) - tables.xs("pedigree", level=1)
    mean, error = mean_and_error(gain["accuracy"] - gain["expected"])
    assert (gain["accuracy"] > 0.1).all()
    assert abs(mean) < 4 * error


@pytest.mark.verification
@pytest.mark.parametrize("model", ["pedigree", "single_step"])
def test_dispersion_is_near_one(tables: pd.DataFrame, model: str) -> None:
    mean, error = mean_and_error(tables.xs(model, level=1)["slope"])
    assert abs(mean - 1) < 4 * error + 0.05
