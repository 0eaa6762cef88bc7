"""Products of calls with vectors and with each other, in both forms, beside plain numpy."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Coding
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.packed import Packed, pack
from breedeval.genotypes.products import BLOCK, TILE, cross_products, products_between
from tests.oracles import packed_genotypes as oracle

Float64 = NDArray[np.float64]

SIZES = [(0, 3), (3, 0), (1, 1), (7, 5), (130, 66), (2100, 23), (40, 700)]
FORMS = ["packed", "dosages"]


def made(form: str, m: int, n: int) -> tuple[Calls, Coding, Float64]:
    """Calls of a form, a coding, and Z′ of shape (m, n)."""
    rng = np.random.default_rng(m + n)
    x = rng.choice(np.array([0, 1, 2, -1], np.int8), (m, n), p=[0.4, 0.3, 0.28, 0.02])
    coding = Coding(2 * rng.random(m), rng.random(m) + 0.5)
    z = oracle.coded(np.where(x < 0, np.nan, x), coding.centre, coding.scale)
    if form == "packed":
        return pack(x), coding, z
    return Dosages(np.where(x < 0, np.nan, x).astype(np.float32)), coding, z


def test_packing_is_undone_by_the_oracle() -> None:
    x = np.random.default_rng(1).integers(-1, 3, (9, 11)).astype(np.int8)
    packed = pack(x)
    assert packed.data.shape == (9, 3)
    np.testing.assert_array_equal(oracle.copies(packed.data, 11), np.where(x < 0, np.nan, x))
    np.testing.assert_array_equal(packed.block(2, 7), np.where(x < 0, np.nan, x)[2:7])


@pytest.mark.parametrize(("m", "n"), SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_coded_blocks(form: str, m: int, n: int) -> None:
    calls, coding, z = made(form, m, n)
    part = coding.part(m // 3, m)
    np.testing.assert_allclose(calls.coded(m // 3, m, part), z[m // 3:], atol=1e-6)
    out = np.empty((m - m // 3, n), np.float32)
    assert calls.coded(m // 3, m, part, out) is out
    np.testing.assert_allclose(out, z[m // 3:], atol=1e-6)


@pytest.mark.parametrize(("m", "n"), SIZES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sides", [1, 3])
def test_products_with_vectors(form: str, m: int, n: int, sides: int) -> None:
    calls, coding, z = made(form, m, n)
    rng = np.random.default_rng(2)
    effects, values = rng.normal(size=(m, sides)), rng.normal(size=(n, sides))
    np.testing.assert_allclose(calls.times(effects, coding), z.T @ effects, atol=1e-10)
    np.testing.assert_allclose(calls.transposed_times(values, coding), z @ values, atol=1e-10)


@pytest.mark.parametrize(("m", "n"), SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_cross_products(form: str, m: int, n: int) -> None:
    calls, coding, z = made(form, m, n)
    found = cross_products(calls, coding)
    scale = max((z**2).sum(axis=0).max(initial=0), 1)
    np.testing.assert_allclose(found, z.T @ z, atol=1e-6 * scale)
    np.testing.assert_array_equal(found, found.T)
    chosen = np.arange(0, n, 3)
    between = products_between(calls.select(individuals=chosen), calls, coding)
    np.testing.assert_allclose(between, z[:, chosen].T @ z, atol=1e-6 * scale)


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_a_marker_that_does_not_vary_gives_nothing(copies: int) -> None:
    x = np.full((3, 501), copies, np.int8)
    x[1, ::30] = -1
    calls = pack(x)
    coding = Coding(np.full(3, float(copies)), np.ones(3))
    values = np.random.default_rng(5).normal(size=(501, 2))
    assert not calls.transposed_times(values, coding).any()
    assert not calls.times(np.ones((3, 1)), coding).any()


@pytest.mark.parametrize("form", FORMS)
def test_threads_change_nothing(form: str) -> None:
    calls, coding, _ = made(form, 5000, 1501)
    rng = np.random.default_rng(3)
    effects, values = rng.normal(size=(5000, 2)), rng.normal(size=(1501, 2))
    for threads in (2, 5):
        np.testing.assert_array_equal(
            calls.times(effects, coding), calls.times(effects, coding, threads=threads))
        np.testing.assert_array_equal(
            calls.transposed_times(values, coding),
            calls.transposed_times(values, coding, threads=threads))
        np.testing.assert_array_equal(
            cross_products(calls, coding), cross_products(calls, coding, threads=threads))


def test_single_precision_is_enough_for_many_markers() -> None:
    """Within a millionth of the diagonal, with 30,000 markers whose alleles are rare or common."""
    rng = np.random.default_rng(4)
    p = rng.beta(0.5, 0.5, 30_000)
    x = rng.binomial(2, p[:, None], (p.size, 90)).astype(np.int8)
    calls = pack(x)
    assert isinstance(calls, Packed)
    coding = Coding(2 * calls.counts().frequency, np.ones(p.size))
    z = oracle.coded(x.astype(np.float64), coding.centre, coding.scale)
    found, exact = cross_products(calls, coding), z.T @ z
    assert np.abs(found - exact).max() < 1e-6 * np.diagonal(exact).mean()


def test_little_memory_beside_the_result() -> None:
    """G, a block of markers in single precision, and tiles."""
    calls, coding, _ = made("packed", 6000, 1400)
    cross_products(calls.select(individuals=np.arange(3)), coding)
    tracemalloc.start()
    found = cross_products(calls, coding)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * (found.nbytes + 4 * BLOCK * 1400 + 4 * TILE**2)
