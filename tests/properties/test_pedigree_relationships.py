"""What must hold for A, A⁻¹ and F on any pedigree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.pedigree.inbreeding import Inbreeding, inbreeding, parents_first
from breedeval.pedigree.precision import log_determinant, precision_lower, precision_product
from breedeval.pedigree.relationship import (
    group_contributions,
    relationship_block,
    relationship_matrix,
    relationship_product,
)
from tests.oracles.tabular import group_fractions, tabular

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]


class Drawn(NamedTuple):
    """A pedigree, parents-first, with everything optional that may come with it."""

    sire: Int32
    dam: Int32
    selfings: Int32 | None
    gamma: Float64 | None

    def solve(self, threads: int = 1) -> Inbreeding:
        return inbreeding(
            self.sire, self.dam, selfings=self.selfings, gamma=self.gamma, threads=threads
        )

    def a(self) -> Float64:
        selfings = None if self.selfings is None else self.selfings.tolist()
        return tabular(self.sire.tolist(), self.dam.tolist(), selfings, self.gamma)


@st.composite
def pedigrees(draw: st.DrawFn, largest: int = 40) -> Drawn:
    """Random mating over all that came before, or only the last few: deep and inbred."""
    n = draw(st.integers(0, largest))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    window = draw(st.integers(1, largest))
    unknown = draw(st.sampled_from([0.0, 0.1, 0.4]))
    selfed = draw(st.booleans())
    m = min(n, draw(st.integers(0, 3)))
    sire, dam = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    for i in range(max(m, 1), n):
        low = max(0, i - window)
        sire[i], dam[i] = rng.integers(low, i, 2)
        if not selfed and sire[i] == dam[i]:
            dam[i] = -1
        if m and rng.random() < unknown:
            sire[i] = rng.integers(m)
        elif rng.random() < unknown:
            sire[i] = -1
        if rng.random() < unknown:
            dam[i] = rng.integers(m) if m else -1
    selfings = rng.integers(0, 4, n).astype(np.int32) if draw(st.booleans()) else None
    return Drawn(sire, dam, selfings, _gamma(rng, m) if m else None)


def _gamma(rng: np.random.Generator, m: int) -> Float64:
    half = rng.random((m, 5))
    return 0.3 * half @ half.T + 0.1 * np.eye(m)


@settings(deadline=None, max_examples=300)
@given(pedigrees())
def test_inbreeding_equals_tabular(pedigree: Drawn) -> None:
    found = pedigree.solve()
    expected = np.diag(pedigree.a()) - 1.0
    np.testing.assert_allclose(found.coefficients, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        relationship_matrix(pedigree.sire, pedigree.dam, found.mendelian, gamma=pedigree.gamma),
        pedigree.a(), rtol=0, atol=1e-12,
    )


@settings(deadline=None, max_examples=30)
@given(pedigrees(largest=200))
def test_threads_change_nothing(pedigree: Drawn) -> None:
    one, three = pedigree.solve(), pedigree.solve(threads=3)
    assert one.coefficients.tobytes() == three.coefficients.tobytes()
    assert one.mendelian.tobytes() == three.mendelian.tobytes()


@settings(deadline=None, max_examples=30)
@given(pedigrees(), st.integers(0, 2**32 - 1))
def test_shuffling_changes_nothing(pedigree: Drawn, seed: int) -> None:
    assume(pedigree.gamma is None)
    n = pedigree.sire.size
    place = np.random.default_rng(seed).permutation(n).astype(np.int32)
    moved = _moved(pedigree, place)
    order = parents_first(moved.sire, moved.dam).order
    back = np.empty(n, np.int32)
    back[order] = np.arange(n)
    again = _moved(moved, back).solve().coefficients
    np.testing.assert_allclose(
        again[back[place]], pedigree.solve().coefficients, rtol=0, atol=1e-13
    )


def _moved(pedigree: Drawn, place: Int32) -> Drawn:
    """The same pedigree with individual k in row ``place[k]``."""
    parents = []
    for parent in (pedigree.sire, pedigree.dam):
        row = np.empty_like(parent)
        row[place] = np.where(parent < 0, -1, place[parent]) if parent.size else parent
        parents.append(row)
    selfings = None
    if pedigree.selfings is not None:
        selfings = np.empty_like(pedigree.selfings)
        selfings[place] = pedigree.selfings
    return Drawn(*parents, selfings, pedigree.gamma)


@settings(deadline=None)
@given(pedigrees())
def test_precision_times_relationship_is_the_identity(pedigree: Drawn) -> None:
    d = pedigree.solve().mendelian
    assume(d.size == 0 or d.min() > 1e-3)
    lower = precision_lower(pedigree.sire, pedigree.dam, d, gamma=pedigree.gamma).toarray()
    whole = lower + np.tril(lower, -1).T
    a = pedigree.a()
    np.testing.assert_allclose(whole @ a, np.eye(d.size), atol=1e-9)
    np.testing.assert_allclose(
        log_determinant(d, gamma=pedigree.gamma), np.linalg.slogdet(a)[1], atol=1e-9
    )


@settings(deadline=None)
@given(pedigrees(), st.integers(1, 3))
def test_products_and_blocks_equal_the_matrix(pedigree: Drawn, k: int) -> None:
    d, a = pedigree.solve().mendelian, pedigree.a()
    n = d.size
    assume(n > 0 and d.min() > 1e-3)
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, k))
    gamma = pedigree.gamma
    product = relationship_product(pedigree.sire, pedigree.dam, d, x, gamma=gamma)
    np.testing.assert_allclose(product, a @ x, atol=1e-10)
    back = precision_product(pedigree.sire, pedigree.dam, d, product, gamma=gamma)
    np.testing.assert_allclose(back, x, atol=1e-8)
    rows = rng.integers(0, n, rng.integers(1, 2 * n + 1))
    block = relationship_block(pedigree.sire, pedigree.dam, d, rows, gamma=gamma)
    np.testing.assert_allclose(block, a[np.ix_(rows, rows)], atol=1e-12)


@settings(deadline=None)
@given(pedigrees(), st.integers(1, 4))
def test_groups_are_the_quaas_pollak_transformation(pedigree: Drawn, n_groups: int) -> None:
    assume(pedigree.gamma is None and pedigree.sire.size)
    sire, dam = pedigree.sire, pedigree.dam
    rng = np.random.default_rng(n_groups)
    sire_group = np.where(sire < 0, rng.integers(-1, n_groups, sire.size), -1).astype(np.int32)
    dam_group = np.where(dam < 0, rng.integers(-1, n_groups, dam.size), -1).astype(np.int32)
    d = pedigree.solve().mendelian
    assume(d.min() > 1e-3)
    q = group_fractions(
        sire.tolist(), dam.tolist(), sire_group.tolist(), dam_group.tolist(), n_groups
    )
    inverse = np.linalg.inv(pedigree.a())
    expected = np.block([[inverse, -inverse @ q], [-q.T @ inverse, q.T @ inverse @ q]])
    lower = precision_lower(
        sire, dam, d, sire_group=sire_group, dam_group=dam_group, n_groups=n_groups
    ).toarray()
    np.testing.assert_allclose(lower + np.tril(lower, -1).T, expected, atol=1e-8)
    product = precision_product(
        sire, dam, d, np.eye(expected.shape[0]), sire_group=sire_group, dam_group=dam_group
    )
    np.testing.assert_allclose(product, expected, atol=1e-8)
    np.testing.assert_array_equal(
        group_contributions(
            sire, dam, sire_group=sire_group, dam_group=dam_group, n_groups=n_groups
        ),
        q,
    )
