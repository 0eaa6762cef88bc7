"""Packed columns come back as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from breedeval.report import packing
from tests.unit.report.unpacking import unpack_integers, unpack_numbers, unpack_text


@given(arrays(np.int32, st.integers(0, 40)))
def test_integers_survive(values: np.ndarray) -> None:
    assert unpack_integers(packing.pack_integers(values)) == values.tolist()


def test_a_sequence_is_differenced_and_small() -> None:
    packed = packing.pack_integers(np.arange(50_000, dtype=np.int32))
    assert packed["delta"]
    assert len(packed["data"]) < 1000


@given(arrays(np.float64, st.integers(1, 30),
              elements=st.floats(-1e12, 1e12) | st.just(float("nan"))),
       st.integers(3, 9))
def test_numbers_survive_to_their_digits(values: np.ndarray, digits: int) -> None:
    back = unpack_numbers(packing.pack_numbers(values, digits))
    assert np.array_equal(np.isnan(back), np.isnan(values))
    largest = np.nanmax(np.abs(values)) if not np.isnan(values).all() else 0.0
    assert np.nanmax(np.abs(back - values), initial=0.0) <= largest * 10.0 ** (1 - digits) + 1e-300


@pytest.mark.parametrize("values", [[], [0.0], [np.nan], [1e-200, -3e-200], [1e200]])
def test_odd_columns_survive(values: list[float]) -> None:
    back = unpack_numbers(packing.pack_numbers(np.array(values), 7))
    np.testing.assert_allclose(back, values, rtol=1e-6)


def test_text_survives_and_line_breaks_do_not() -> None:
    assert unpack_text(packing.pack_text(["Ä<1>", "", "b\nc"])) == ["Ä<1>", "", "b c"]


def test_packing_is_repeatable() -> None:
    assert packing.pack_text(["a"]) == packing.pack_text(["a"])
