"""Intensities of selection, of large and of small numbers of candidates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from breedeval.selection.intensity import finite_intensity, infinite_intensity
from breedeval.selection.responses import response, strength, superiority

# Falconer & Mackay (1996), Appendix tables A and B, as printed
PRINTED = [(0.01, 2.665), (0.05, 2.063), (0.10, 1.755), (0.20, 1.400), (0.50, 0.798)]
ORDERED = [(10, 1, 1.54), (10, 2, 1.27), (10, 5, 0.74), (5, 1, 1.16), (4, 2, 0.66), (2, 1, 0.56)]


@pytest.mark.parametrize(("fraction", "printed"), PRINTED)
def test_large_populations(fraction: float, printed: float) -> None:
    assert infinite_intensity(fraction) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize(("candidates", "selected", "printed"), ORDERED)
def test_small_populations(candidates: int, selected: int, printed: float) -> None:
    assert finite_intensity(candidates, selected) == pytest.approx(printed, abs=5e-3)


@pytest.mark.parametrize(("n", "k"), [(7, 3), (50, 1), (50, 49)])
def test_mean_of_order_statistics(n: int, k: int) -> None:
    def density(x: float, rank: int) -> float:  # of the rank-th largest
        return float(x * n * stats.norm.pdf(x) * stats.binom.pmf(rank - 1, n - 1, stats.norm.sf(x)))

    expected = np.mean([integrate.quad(density, -9, 9, args=(rank,), epsabs=1e-12)[0]
                        for rank in range(1, k + 1)])
    assert finite_intensity(n, k) == pytest.approx(expected, abs=1e-8)


def test_everybody_selected_is_no_selection() -> None:
    assert finite_intensity(5, 5) == 0.0 == infinite_intensity(1.0)


def test_strength_and_response_of_a_small_selection() -> None:
    index = np.array([3.0, 1, 2, 0, 9])
    females = np.array([True, True, False, False, False])
    males = np.array([False, False, True, True, False])
    shares = np.array([0.5, 0, 0.5, 0, 0])
    found = strength(index, females, shares, deviation=2.0)
    assert (found.candidates, found.selected) == (2, 1)
    assert found.reached == pytest.approx(1 / np.sqrt(2))
    assert found.expected_deviation == pytest.approx(0.5)
    values = np.column_stack([index, -index])
    np.testing.assert_allclose(superiority(values, females, shares), [1, -1])
    np.testing.assert_allclose(
        response(values, {"female": females, "male": males}, shares), [1, -1])
    only = np.where(females, shares, 0.0)  # males are not selected, and give half of the genes
    np.testing.assert_allclose(
        response(values, {"female": females, "male": males}, only), [0.5, -0.5])
