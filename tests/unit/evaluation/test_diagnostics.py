"""What is said of residuals that are well-behaved, and of such as are not."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.diagnostics import FAR, residual_diagnostics

SEX = ("f", "m", "unknown")


def diagnose(z: Any, *, predicted: Any = None, standardised: bool = True, codes: Any = None
             ) -> dict[str, Any]:
    """One trait, and a class effect of three levels of which the last is rare."""
    z = np.asarray(z, np.float64)
    n = z.size
    codes = np.arange(n) % 2 if codes is None else codes
    term = SimpleNamespace(name="sex", trait=0, is_class=True, levels=SEX, codes=codes)
    predicted = np.linspace(0, 1, n) if predicted is None else predicted
    residual = np.nan_to_num(2.0 * z)
    table = pd.DataFrame({
        "record": np.arange(n) + 1, "observed": predicted + residual, "residual": residual,
        "marginal_residual": residual, "deletion_residual": residual,
        "standardised": z if standardised else np.nan})
    design: Any = SimpleNamespace(traits=("t",), fixed=[term], of_trait=lambda _: np.arange(n))
    found = residual_diagnostics(table, design)["t"]
    json.dumps(found, allow_nan=False)
    return found


@pytest.mark.parametrize(("n", "test"), [(400, "Shapiro–Wilk"), (6000, "D'Agostino–Pearson")])
def test_normal_residuals_are_left_in_peace(n: int, test: str) -> None:
    found = diagnose(np.random.default_rng(4).normal(size=n))
    assert found["normality"]["test"] == test
    assert found["normality"]["p_value"] > 0.001
    assert found["outliers"] == []
    assert found["far"]["expected"] == pytest.approx(n * 4.65e-4, rel=1e-3)
    assert found["by_predicted"]["p_value"] > 0.001
    assert found["sd"] == pytest.approx(2.0, rel=0.1)


def test_an_outlier_is_named_by_its_row() -> None:
    z = np.random.default_rng(5).normal(size=200)
    z[[17, 80]] = -6.0, 4.0
    found = diagnose(z)
    assert [entry["record"] for entry in found["outliers"]] == [18, 81]
    assert found["outliers"][0]["standardised"] == -6.0
    # 200 × 2(1 − Φ(4)) = 0.01267
    assert found["outliers"][1]["p_value"] == pytest.approx(0.01267, abs=5e-6)
    assert found["far"] == {"beyond": FAR, "count": 2, "expected": found["far"]["expected"]}
    assert found["normality"]["p_value"] < 0.001


def test_growing_spread_is_seen_along_the_predicted_values() -> None:
    rng = np.random.default_rng(6)
    predicted = rng.uniform(1, 3, 600)
    by = diagnose(rng.normal(size=600) * predicted, predicted=predicted)["by_predicted"]
    sd = [entry["sd"] for entry in by["classes"]]
    assert sd == sorted(sd)
    assert [entry["observations"] for entry in by["classes"]] == [200, 200, 200]
    assert by["p_value"] < 1e-6


def test_spread_by_class_leaves_rare_classes_out() -> None:
    rng = np.random.default_rng(7)
    codes = np.arange(300) % 2
    codes[:3] = 2
    by, = diagnose(rng.normal(size=300) * np.where(codes == 1, 3.0, 1.0), codes=codes)["by_class"]
    assert [entry["class"] for entry in by["classes"]] == ["f", "m"]
    assert by["effect"] == "sex"
    assert by["p_value"] < 1e-6


def test_skewness_and_kurtosis_are_those_of_the_definition() -> None:
    z = np.random.default_rng(8).gamma(2.0, size=50)
    found = diagnose(z)
    centred = z - z.mean()
    assert found["skewness"] == pytest.approx((centred**3).mean() / z.std() ** 3)
    assert found["kurtosis"] == pytest.approx((centred**4).mean() / z.std() ** 4 - 3)


def test_without_leverages_residuals_are_scaled_by_their_own_spread() -> None:
    z = np.random.default_rng(9).normal(size=100)
    z[3] = 9.0
    found = diagnose(z, standardised=False)
    assert not found["standardised"]
    assert found["outliers"][0]["record"] == 4
    assert found["outliers"][0]["standardised"] == pytest.approx(9.0 / z.std())


def test_those_that_are_fitted_exactly_are_left_out() -> None:
    z = np.random.default_rng(10).normal(size=60)
    z[7] = np.nan
    assert diagnose(z)["far"]["expected"] == pytest.approx(59 * 4.6526e-4, rel=1e-4)


@pytest.mark.parametrize("z", [[0.0] * 10, [1.0, 2.0], []])
def test_nothing_is_said_where_there_is_nothing_to_say(z: list[float]) -> None:
    assert diagnose(z) == {"observations": len(z), "standardised": len(z) > 0}
