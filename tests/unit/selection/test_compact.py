"""Coancestry in few numbers says of a list what the whole matrix says."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.relationship.numerator import from_pedigree
from breedeval.selection import compact as module
from breedeval.selection.coancestry import Dense, mean_coancestry, of_pedigree
from breedeval.selection.compact import compact
from tests.oracles.compact_coancestry import mean_of
from tests.oracles.tabular import tabular
from tests.unit.pedigree.made import pedigree_of, random_parents


def lists(n: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    chosen = (rng.random((6, n)) < 0.3).astype(float)
    chosen[:, 0] = 1.0
    return chosen / chosen.sum(axis=1, keepdims=True)


def related(n: int, rank: int) -> np.ndarray:
    wide = np.random.default_rng(5).standard_normal((n, rank)) * np.geomspace(1, 0.01, rank)
    return wide @ wide.T / rank + 0.3 * np.eye(n)


def test_a_pedigree_is_exact() -> None:
    pedigree = pedigree_of(*random_parents(60, 11))
    rows = np.arange(20, 60)
    found = compact(of_pedigree(from_pedigree(pedigree), rows))
    a = tabular(list(pedigree.sire), list(pedigree.dam))[np.ix_(rows, rows)] / 2
    assert (found.kind, found.error) == ("ancestors", 0.0)
    np.testing.assert_allclose(found.arrays["diagonal"], np.diag(a))
    for c in lists(40):
        assert mean_of(found, c) == pytest.approx(c @ a @ c, abs=1e-13)


def test_few_keep_their_matrix() -> None:
    k = related(40, 60)
    found = compact(Dense(k))
    assert (found.kind, found.error) == ("matrix", 0.0)
    for c in lists(40):
        assert mean_of(found, c) == pytest.approx(c @ k @ c, abs=1e-13)


def test_many_are_told_by_components_and_the_error_is_said(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WHOLE", 300)
    monkeypatch.setattr(module, "RANK", 100)
    k = related(400, 60)
    found = compact(Dense(k))
    assert found.kind == "components"
    assert found.arrays["factor"].shape == (400, 100)
    np.testing.assert_allclose(
        np.einsum("ij,ij->i", found.arrays["factor"], found.arrays["factor"])
        + found.arrays["own"], np.diag(k), rtol=1e-10)
    errors = [abs(mean_of(found, c) - mean_coancestry(Dense(k), c)) for c in lists(400)]
    assert max(errors) < 1e-4
    assert found.error < 1e-3
    monkeypatch.setattr(module, "RANK", 5)
    coarse = compact(Dense(k))
    assert coarse.arrays["factor"].shape == (400, 5)
    assert coarse.error > found.error


def test_components_take_no_more_room_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE", 300)
    monkeypatch.setattr(module, "LARGEST", 4000)
    assert compact(Dense(related(400, 60))).arrays["factor"].shape == (400, 10)
