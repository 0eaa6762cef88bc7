"""Confidence intervals on the scale of each quantity, and near its ends."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.evaluation.intervals import NORMAL, Scale, intervals


def test_each_on_its_own_scale() -> None:
    found = intervals(["variance", "share", "correlation", "plain"], [4.0, 0.3, 0.5, -2.0],
                      [1.0, 0.1, 0.2, 5.0])
    back = {
        0: np.exp(np.log(4) + NORMAL / 4 * np.array([-1, 1])),
        1: 1 / (1 + np.exp(-(np.log(3 / 7) + NORMAL * 0.1 / 0.21 * np.array([-1, 1])))),
        2: np.tanh(np.arctanh(0.5) + NORMAL * 0.2 / 0.75 * np.array([-1, 1])),
        3: -2 + NORMAL * 5 * np.array([-1, 1])}
    for row, ends in back.items():
        np.testing.assert_allclose(found[row], ends, rtol=1e-12)


@pytest.mark.parametrize(("kind", "estimate", "se", "ends"), [
    ("variance", 0.0125, 1.195, (0.0, 0.0125 + NORMAL * 1.195)),
    ("share", 0.001, 0.085, (0.0, 0.001 + NORMAL * 0.085)),
    ("share", 0.99, 0.05, (0.99 - NORMAL * 0.05, 1.0)),
    ("correlation", 0.9, 0.12, tuple(np.tanh(
        np.arctanh(0.9) + NORMAL * 0.12 / 0.19 * np.array([-1, 1]))))])
def test_nearer_to_an_end_than_its_standard_error(
    kind: Scale, estimate: float, se: float, ends: tuple[float, float]
) -> None:
    """On the scale of logs the first would be 1e-83 to 1e+79."""
    np.testing.assert_allclose(intervals([kind], [estimate], [se])[0], ends, rtol=1e-12)


def test_none_without_a_standard_error_or_outside_its_scale() -> None:
    found = intervals(["variance", "correlation", "share", "plain"], [2.0, 1.0, -0.1, 1.0],
                      [np.nan, 0.1, 0.1, np.nan])
    assert np.isnan(found).all()
