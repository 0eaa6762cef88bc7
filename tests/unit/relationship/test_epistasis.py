"""Element-wise products of A and D, and their inverses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.relationship.epistasis import EpistasisSettings, Term, from_pedigree
from breedeval.relationship.kind import Sources
from tests.oracles.dominance import cockerham
from tests.oracles.tabular import tabular
from tests.unit.pedigree.made import pedigree_of
from tests.unit.relationship.test_dominance import INBRED, SELFED, precision_of

A = tabular(*INBRED)
D = cockerham(*INBRED, A)
PRODUCTS: list[tuple[tuple[Term, ...], np.ndarray]] = [
    (("additive", "additive"), A * A),
    (("additive", "dominance"), A * D),
    (("dominance", "dominance"), D * D),
    (("dominance", "additive", "additive"), A * A * D),
]


@pytest.mark.parametrize(("terms", "k"), PRODUCTS)
def test_the_inverse_of_the_product(terms: tuple[Term, ...], k: np.ndarray) -> None:
    found = from_pedigree(pedigree_of(*INBRED), terms)
    np.testing.assert_allclose(precision_of(found) @ k, np.eye(10), rtol=0, atol=1e-13)
    np.testing.assert_array_equal(found.variance, np.diagonal(k))
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(k)[1], abs=1e-12)
    assert len(found.groups) == 0


def test_a_ridge_and_what_it_is_for() -> None:
    selfed = pedigree_of(*SELFED)
    from_pedigree(selfed)
    with pytest.raises(InputError, match="the epistatic relationships of 2 related individuals"):
        from_pedigree(selfed, ("dominance", "dominance"))
    found = from_pedigree(selfed, ("dominance", "dominance"), ridge=0.01)
    d = cockerham(*SELFED, tabular(*SELFED))
    np.testing.assert_allclose(
        np.linalg.inv(precision_of(found)), d * d + 0.01 * np.eye(3), rtol=0, atol=1e-13)


def test_selfed_lines_have_additive_interactions_only() -> None:
    lines = replace(pedigree_of([-1, -1, 0], [-1, -1, 1]),
                    selfings=np.array([0, 0, 3], np.int16))
    a = tabular([-1, -1, 0], [-1, -1, 1], [0, 0, 3])
    np.testing.assert_allclose(
        np.linalg.inv(precision_of(from_pedigree(lines))), a * a, rtol=0, atol=1e-13)
    with pytest.raises(InputError, match="selfed line"):
        from_pedigree(lines, ("additive", "dominance"))


def test_settings_name_the_terms() -> None:
    settings = EpistasisSettings(terms=("additive", "dominance"))
    pedigree = pedigree_of(*INBRED)
    found = settings.build("aa", Sources(pedigree), pedigree.individuals, threads=1)
    np.testing.assert_allclose(precision_of(found) @ (A * D), np.eye(10), rtol=0, atol=1e-13)
    assert settings.needs_pedigree
    assert settings.members("aa", Sources(pedigree)).levels is pedigree.individuals
    with pytest.raises(ValueError, match="at least 2"):
        EpistasisSettings(terms=("additive",))
