"""Kernels of genotypes in 2 bits, compiled and as Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.kernels import packed, packed_products
from tests.oracles import packed_genotypes as oracle

ROOT = Path(__file__).resolve().parents[3]
Bytes = NDArray[np.uint8]

SIZES = given(st.integers(0, 2**32 - 1), st.integers(0, 70), st.integers(1, 75))


def random_bytes(rng: np.random.Generator, m: int, n: int) -> Bytes:
    """Calls of every code, with bits set beyond the last individual."""
    return rng.integers(0, 256, (m, -(-n // 4)), np.uint8)


@settings(deadline=None, max_examples=25)
@SIZES
def test_counts_decoding_and_gathering(seed: int, m: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    data = random_bytes(rng, m, n)
    codes = oracle.codes(data, n)
    tally = packed.tally_markers(data, n)
    np.testing.assert_array_equal(tally, [[(row == c).sum() for c in range(4)] for row in codes]
                                  if m else np.zeros((0, 4)))
    np.testing.assert_array_equal(packed.missing_by_individual(data, n), (codes == 1).sum(axis=0))
    table, out = rng.random((m, 4)).astype(np.float32), np.empty((m, n), np.float32)
    packed.decode(data, table, out)
    np.testing.assert_array_equal(out, np.take_along_axis(table, codes, axis=1))
    chosen = rng.integers(0, n, int(rng.integers(0, 2 * n)))
    gathered = packed.gather(data, chosen)
    np.testing.assert_array_equal(oracle.codes(gathered, chosen.size), codes[:, chosen])
    if chosen.size % 4:
        assert not (gathered[:, -1] >> (2 * (chosen.size % 4))).any()


@settings(deadline=None, max_examples=25)
@SIZES
def test_products_are_exact_on_integers(seed: int, m: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    data = random_bytes(rng, m, n)
    x = oracle.copies(data, n)
    centre = rng.integers(0, 3, m).astype(np.float64)
    effects = rng.integers(-1000, 1000, (m, 2)).astype(np.float64)
    begin = int(rng.integers(0, m + 1))
    found = packed_products.times(data, centre, effects, begin, m)
    z = oracle.coded(x, centre, np.ones(m))
    np.testing.assert_array_equal(found[:, :n].T, z[begin:].T @ effects[begin:])
    sides = np.zeros((2, -(-n // 32) * 32))
    sides[:, :n] = rng.integers(-1000, 1000, (2, n))
    copies, missing = packed_products.transposed_times(data, sides, begin, m)
    np.testing.assert_array_equal(copies.T, np.nan_to_num(x[begin:]) @ sides[:, :n].T)
    np.testing.assert_array_equal(missing.T, np.isnan(x[begin:]) @ sides[:, :n].T)


@pytest.mark.parametrize(("m", "n"), [(2500, 9), (9, 9001), (130, 4099), (66_000, 5)])
def test_beyond_a_tile(m: int, n: int) -> None:
    rng = np.random.default_rng(m)
    data = random_bytes(rng, m, n)
    codes = np.stack([data >> shift & 3 for shift in (0, 2, 4, 6)], axis=2).reshape(m, -1)[:, :n]
    x = np.array(oracle.COPIES)[codes]
    np.testing.assert_array_equal(packed.missing_by_individual(data, n), (codes == 1).sum(axis=0))
    np.testing.assert_array_equal(packed.tally_markers(data, n)[:, 2], (codes == 2).sum(axis=1))
    effects = rng.integers(-9, 9, (m, 1)).astype(np.float64)
    found = packed_products.times(data, np.zeros(m), effects, 0, m)
    np.testing.assert_array_equal(found[:, :n].T, np.nan_to_num(x).T @ effects)
    sides = np.zeros((1, -(-n // 32) * 32))
    sides[:, :n] = rng.integers(-9, 9, n)
    copies, missing = packed_products.transposed_times(data, sides, 0, m)
    np.testing.assert_array_equal(copies.T, np.nan_to_num(x) @ sides[:, :n].T)
    np.testing.assert_array_equal(missing.T, np.isnan(x) @ sides[:, :n].T)


def test_few_markers_with_missing_calls() -> None:
    """Only some rows of a tile are looked at twice."""
    rng = np.random.default_rng(1)
    data = np.full((300, 40), 0b11_10_00_11, np.uint8)
    rows = rng.permutation(300)[:20]
    data[rows, rng.integers(0, 40, 20)] = 0b01_00_11_01
    x = oracle.copies(data, 160)
    sides = np.zeros((1, 192))
    sides[:, :160] = rng.integers(-9, 9, 160)
    copies, missing = packed_products.transposed_times(data, sides, 0, 300)
    np.testing.assert_array_equal(copies[0], np.nan_to_num(x) @ sides[0, :160])
    np.testing.assert_array_equal(missing[0], np.isnan(x) @ sides[0, :160])


@pytest.mark.parametrize("lanes", [64, 192])
def test_many_at_a_time_as_one_by_one(lanes: int) -> None:
    """To the last bit, whatever the processor."""
    rng = np.random.default_rng(lanes)
    codes = rng.integers(0, 2**64, (5, lanes + 3), np.uint64)
    tables, sums = rng.normal(size=(5, 16, 16)), rng.normal(size=lanes)
    expected = sums.copy()
    packed_products.add(codes, tables, sums, codes.ctypes.data, 2048)
    packed_products.add_one_by_one(codes, tables, expected, 0, 0)
    np.testing.assert_array_equal(sums, expected)


def test_the_same_without_compilation() -> None:
    """Where numba is switched off, the same functions run as Python."""
    tests = ["test_counts_decoding_and_gathering", "test_products_are_exact_on_integers",
             "test_few_markers_with_missing_calls"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(f"{Path(__file__)}::{name}" for name in tests)], cwd=ROOT, capture_output=True,
        text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=False)
    assert done.returncode == 0, done.stdout
