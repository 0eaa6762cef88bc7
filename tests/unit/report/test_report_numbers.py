"""Numbers as people read them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from breedeval.report import numbers


@pytest.mark.parametrize(("value", "decimals", "text"), [
    (1234.5, 2, "1,234.50"), (-0.125, 2, "−0.12"), (-0.001, 2, "0.00"), (0.0, 0, "0"),
    (float("nan"), 2, "–"), (None, 2, "–"), (float("inf"), 1, "–")])
def test_fixed(value: float | None, decimals: int, text: str) -> None:
    assert numbers.fixed(value, decimals) == text


@pytest.mark.parametrize(("value", "text"), [
    (3.3954, "3.395"), (0.91, "0.91"), (18420.0, "18,420"), (-40.0, "−40"), (0.0, "0"),
    (1.25e-13, "1.250e−13"), (0.000123456, "0.0001235")])
def test_significant(value: float, text: str) -> None:
    assert numbers.significant(value) == text


@pytest.mark.parametrize(("spread", "decimals"), [(1500.0, 0), (150.0, 0), (15.0, 1), (1.5, 2),
                                                  (0.05, 4), (1e-12, 6)])
def test_decimals_follow_the_scale(spread: float, decimals: int) -> None:
    assert numbers.decimals_for([-spread, spread]) == decimals


def test_decimals_of_odd_columns() -> None:
    assert numbers.decimals_for([]) == 2
    assert numbers.decimals_for([0.0, 0.0]) == 2
    assert numbers.decimals_for([np.nan, 7.5]) == 2


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_fixed_can_be_read_back(value: float, decimals: int) -> None:
    text = numbers.fixed(value, decimals).replace(",", "").replace("−", "-")
    assert math.isclose(float(text), value, abs_tol=0.5001 * 10.0**-decimals)


def test_moments_and_lists() -> None:
    assert numbers.moment("2026-11-12T14:02:31+00:00") == "12 November 2026, 14:02 UTC"
    assert numbers.moment("2026-11-12") == "12 November 2026"
    assert numbers.moment("last week") == "last week"
    assert numbers.listed(["a"]) == "a"
    assert numbers.listed(["a", "b", "c"]) == "a, b and c"
    assert numbers.counted(1, "record") == "1 record"
    assert numbers.counted(2, "family") == "2 families"
    assert numbers.duration(4.21) == "4.2 s"
    assert numbers.duration(7500) == "2 h 05 min"
    assert numbers.memory(412.4) == "412 MB"
    assert numbers.memory(8900) == "8.9 GB"
