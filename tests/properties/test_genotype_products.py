"""Calls in 2 bits give what the same calls as numbers give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.genotypes.calls import Coding
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.packed import Packed, pack
from breedeval.genotypes.products import cross_products

CALLS = given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90), st.integers(1, 3))


@settings(deadline=None, max_examples=60)
@CALLS
def test_packed_products_are_those_of_numbers_exactly_on_integers(
    seed: int, m: int, n: int, sides: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 3, (m, n)).astype(np.int8)
    packed, numbers = pack(x), Dosages(np.where(x < 0, np.nan, x).astype(np.float32))
    coding = Coding(rng.integers(0, 3, m).astype(float), rng.integers(0, 4, m).astype(float))
    effects = rng.integers(-10**6, 10**6, (m, sides)).astype(np.float64)
    values = rng.integers(-10**6, 10**6, (n, sides)).astype(np.float64)
    np.testing.assert_array_equal(packed.times(effects, coding), numbers.times(effects, coding))
    np.testing.assert_array_equal(
        packed.transposed_times(values, coding), numbers.transposed_times(values, coding))
    np.testing.assert_array_equal(
        cross_products(packed, coding), cross_products(numbers, coding))
    np.testing.assert_array_equal(packed.called_by_individual(), numbers.called_by_individual())
    np.testing.assert_array_equal(packed.counts().total, numbers.counts().total)
    np.testing.assert_array_equal(packed.counts().squares, numbers.counts().squares)


def many(seed: int, missing: float) -> tuple[Packed, Dosages, Coding]:
    """Enough individuals for products by digits, where the processor has them."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (1100, 301)).astype(np.int8)
    x[rng.random(x.shape) < missing] = -1
    numbers = Dosages(np.where(x < 0, np.nan, x).astype(np.float32))
    return pack(x), numbers, Coding(rng.random(1100), rng.normal(size=1100))


@pytest.mark.parametrize("missing", [0.0, 0.002, 0.02, 0.3])
@pytest.mark.parametrize("spread", [0, 12])
def test_products_of_many_are_those_of_numbers(missing: float, spread: int) -> None:
    """To the last bits, also where some numbers are many times larger than others."""
    packed, numbers, coding = many(spread, missing)
    rng = np.random.default_rng(1)
    effects, values = (rng.normal(size=(size, 2)) * 10.0**rng.uniform(-spread, 0, (size, 2))
                       for size in (1100, 301))
    for found, expected in (
            (packed.times(effects, coding), numbers.times(effects, coding)),
            (packed.transposed_times(values, coding), numbers.transposed_times(values, coding))):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * np.abs(expected).max())
    for threads in (2, 3):
        np.testing.assert_array_equal(
            packed.times(effects, coding, threads=threads), packed.times(effects, coding))
        np.testing.assert_array_equal(packed.transposed_times(values, coding, threads=threads),
                                      packed.transposed_times(values, coding))


def test_what_is_no_number_stays_none() -> None:
    packed, _, coding = many(1, 0.0)
    effects, values = np.zeros((1100, 1)), np.zeros((301, 1))
    assert not packed.times(effects, coding).any()
    assert not packed.transposed_times(values, coding).any()
    effects[3], values[3] = np.nan, np.nan
    assert np.isnan(packed.times(effects, coding)).all()
    assert np.isnan(packed.transposed_times(values, coding)).all()


@settings(deadline=None, max_examples=30)
@CALLS
def test_order_and_choice_of_allele(seed: int, m: int, n: int, sides: int) -> None:
    """Markers in another order, and copies of the other allele, change no cross-product."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 3, (m, n)).astype(np.int8)
    coding = Coding(rng.integers(0, 3, m).astype(float), rng.integers(0, 4, m).astype(float))
    swapped, shuffled = rng.random(m) < 0.5, rng.permutation(m)
    y = np.where(swapped[:, None] & (x >= 0), 2 - x, x).astype(np.int8)[shuffled]
    other = Coding(np.where(swapped, 2 - coding.centre, coding.centre)[shuffled],
                   coding.scale[shuffled])
    np.testing.assert_array_equal(
        cross_products(pack(x), coding), cross_products(pack(y), other))
    people = rng.permutation(n)
    values = rng.integers(-99, 99, (n, sides)).astype(np.float64)
    np.testing.assert_array_equal(
        pack(x).select(individuals=people).transposed_times(values[people], coding),
        pack(x).transposed_times(values, coding))
