"""Products of genotypes by digits, compiled and as Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from breedeval.kernels import packed_digits as kernels
from tests.oracles import packed_genotypes as oracle

ROOT = Path(__file__).resolve().parents[3]


def random_bytes(seed: int, m: int, n: int) -> NDArray[np.uint8]:
    """Calls of every code, with bits set beyond the last individual."""
    return np.random.default_rng(seed).integers(0, 256, (m, -(-n // 4)), np.uint8)


def against(data: NDArray[np.uint8], n: int) -> NDArray[np.float64]:
    """2 − copies, 1 where missing."""
    return 2 - np.where(np.isnan(oracle.copies(data, n)), 1.0, oracle.copies(data, n))


def number(parts: NDArray[np.int64]) -> NDArray[np.float64]:
    return parts[0] * 2.0**32 + parts[1]


@pytest.mark.parametrize(("m", "n"), [(1, 256), (7, 259), (9, 515), (3, 1021)])
def test_sums_are_exact(m: int, n: int) -> None:
    data, rng = random_bytes(m, m, n), np.random.default_rng(n)
    x, begin = against(data, n), m // 3
    effects = rng.integers(-10**9, 10**9, (2, m)).astype(np.float64)
    scale = np.array([4.0, 2.0**20])
    found = number(kernels.times(data, effects, scale, begin, m))[:, :n]
    np.testing.assert_array_equal(found, scale[:, None] * (effects[:, begin:] @ x[begin:]))
    values = rng.integers(-10**9, 10**9, (2, n)).astype(np.float64)
    found = number(kernels.transposed_times(data, values, scale, begin, m))
    np.testing.assert_array_equal(found, scale[:, None] * (values @ x[begin:].T))


def test_the_largest_whole_numbers() -> None:
    """Of 54 bits, with either sign, at calls without copies."""
    data = np.full((1, 64), 0b11111111, np.uint8)
    most = 2.0**kernels.BITS
    for value in (most, -most, most - 1, 255.0, -129.0, 0.0):
        high, low = kernels.transposed_times(data, np.full((1, 256), value), np.ones(1), 0, 1)
        assert int(high[0, 0]) * 2**32 + int(low[0, 0]) == 512 * int(value)
        high, low = kernels.times(data, np.full((1, 1), value), np.ones(1), 0, 1)
        assert int(high[0, 7]) * 2**32 + int(low[0, 7]) == 2 * int(value)


@pytest.mark.parametrize(("m", "n"), [(700, 300), (5, 9001), (300, 25_000)])
def test_beyond_a_tile(m: int, n: int) -> None:
    data, rng = random_bytes(m, m, n), np.random.default_rng(n)
    codes = np.stack([data >> shift & 3 for shift in (0, 2, 4, 6)], axis=2).reshape(m, -1)[:, :n]
    x = np.array([0.0, 1.0, 1.0, 2.0])[codes]
    effects, values = (rng.integers(-9, 9, (1, size)).astype(np.float64) for size in (m, n))
    found = number(kernels.times(data, effects, np.ones(1), 0, m))[:, :n]
    np.testing.assert_array_equal(found, effects @ x)
    found = number(kernels.transposed_times(data, values, np.ones(1), 0, m))
    np.testing.assert_array_equal(found, values @ x.T)


@pytest.mark.parametrize(("m", "n"), [(6, 11), (20, 64)])
def test_missing_calls(m: int, n: int) -> None:
    data, rng = random_bytes(m, m, n), np.random.default_rng(n)
    gone = oracle.codes(data, n) == 1
    starts, places = kernels.list_gaps(data, n)
    rows, columns = np.nonzero(gone)
    np.testing.assert_array_equal(places, columns)
    np.testing.assert_array_equal(starts, np.searchsorted(rows, np.arange(m + 1)))
    parts, effects = rng.integers(-9, 9, (2, n, 2)), rng.integers(-9, 9, (2, m)) * 1.0
    np.testing.assert_array_equal(
        kernels.gap_sums(starts, places, parts, 1, m), (gone[1:] @ parts).transpose(2, 0, 1))
    np.testing.assert_array_equal(
        kernels.spread_gaps(starts, places, effects, n, 1, m), effects[:, 1:] @ gone[1:])


def test_many_at_a_time_as_one_by_one() -> None:
    """Whatever the processor."""
    data, rng = random_bytes(1, 11, 600), np.random.default_rng(2)
    digits = rng.integers(-128, 128, (3, 4, kernels.DIGITS, 64)).astype(np.int8)
    for top, bottom in ((0, 11), (3, 5), (10, 11)):
        found, expected = (np.zeros((12, kernels.DIGITS), np.int32) for _ in range(2))
        kernels.dot_rows(data, top, bottom, 1, 3, digits, found)
        kernels.dot_rows_one_by_one(data, top, bottom, 1, 3, digits, expected)
        np.testing.assert_array_equal(found[:bottom - top], expected[:bottom - top])
    quads, same = (np.zeros((4, kernels.QUADS, 64), np.uint8) for _ in range(2))
    kernels.take_quads(data, 1, 11, 9, quads)
    kernels.take_quads_one_by_one(data, 1, 11, 9, same)
    np.testing.assert_array_equal(quads, same)
    digits = rng.integers(-2**31, 2**31, (kernels.QUADS, kernels.DIGITS)).astype(np.int32)
    found, expected = (np.zeros((kernels.DIGITS, 2, 4, 4, 16), np.int32) for _ in range(2))
    kernels.dot_quads(quads, 3, digits, found, 1, data.ctypes.data, 64)
    kernels.dot_quads_one_by_one(same, 3, digits, expected, 1, 0, 0)
    np.testing.assert_array_equal(found, expected)


def test_the_same_without_compilation() -> None:
    """Where numba is switched off, the same functions run as Python."""
    tests = ["test_sums_are_exact", "test_the_largest_whole_numbers", "test_missing_calls"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(f"{Path(__file__)}::{name}" for name in tests)], cwd=ROOT, capture_output=True,
        text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=False)
    assert done.returncode == 0, done.stdout
