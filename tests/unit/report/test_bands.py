"""Bands of curves stay where the quantity can be."""

from __future__ import annotations

import pandas as pd
import pytest

from breedeval.report.variance_plots import band_of


@pytest.mark.parametrize(("quantity", "low", "high"), [
    ("heritability", 0.0, 1.0), ("variance_ratio", 0.0, 1.0), ("variance", 0.0, 1.292)])
def test_a_band_keeps_to_possible_values(quantity: str, low: float, high: float) -> None:
    rows = pd.DataFrame({"quantity": [quantity], "estimate": [0.9], "se": [0.2]})
    assert band_of(rows)[1][0] == pytest.approx(high, abs=1e-4)
    assert band_of(rows.assign(estimate=0.1))[0][0] == low
