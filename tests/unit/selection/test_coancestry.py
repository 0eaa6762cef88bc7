"""Coancestry by products against the matrices: A, G as adjusted, H, and low rank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.genomic import GenomicSettings
from breedeval.relationship.kind import Sources
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.single_step import from_parts
from breedeval.selection.coancestry import (
    Coancestry,
    Dense,
    LowRank,
    matrix_of,
    mean_coancestry,
    of_markers,
    of_pedigree,
    of_precision,
)
from tests.oracles import single_step as oracle
from tests.oracles.tabular import tabular
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents

GENOTYPED = np.array([24, 3, 17, 8, 15, 21, 22, 28, 11, 5], np.int32)
ROWS = np.array([8, 29, 0, 22, 17])


@pytest.fixture
def pedigree() -> Pedigree:
    return pedigree_of(*random_parents(30, 11))


def agree(found: Coancestry, wanted: np.ndarray, tolerance: float = 1e-12) -> None:
    units = np.eye(len(wanted))
    assert found.size == len(wanted)
    np.testing.assert_allclose(found.times(units), wanted, atol=tolerance)
    np.testing.assert_allclose(found.times(units[1]), wanted[1], atol=tolerance)
    np.testing.assert_allclose(found.diagonal(), np.diag(wanted), atol=tolerance)
    some = np.array([2, 0])
    np.testing.assert_allclose(matrix_of(found.among(some)), wanted[np.ix_(some, some)],
                               atol=tolerance)
    np.testing.assert_allclose(found.among(some).diagonal(), np.diag(wanted)[some], atol=tolerance)
    even = np.full(len(wanted), 1 / len(wanted))
    assert mean_coancestry(found, even) == pytest.approx(wanted.mean(), abs=tolerance)


def test_pedigree(pedigree: Pedigree) -> None:
    a = tabular(list(pedigree.sire), list(pedigree.dam))
    agree(of_pedigree(from_pedigree(pedigree), ROWS), a[np.ix_(ROWS, ROWS)] / 2)


def test_only_ancestors_are_kept(pedigree: Pedigree) -> None:
    found = of_pedigree(from_pedigree(pedigree), np.array([12, 9]))
    assert found.sire.size <= 13


def test_autotetraploids_are_of_four_genes() -> None:
    found = of_pedigree(from_pedigree(pedigree_of([-1, -1], [-1, -1]), reduction=0.0),
                        np.array([0, 1]))
    agree_small = found.times(np.eye(2))
    np.testing.assert_allclose(agree_small, np.eye(2) / 4)


def test_metafounders() -> None:
    sire, dam = np.array([-1, -1, 0, 2]), np.array([-1, -1, 1, 1])
    gamma = np.array([[0.8, 0.1], [0.1, 0.6]])
    groups = np.array([0, 1, -1, -1], np.int32)
    made = replace(pedigree_of(sire, dam), groups=Levels.of(["g0", "g1"]), sire_group=groups,
                   dam_group=groups)
    a = tabular([-1, -1, 0, 1, 2, 4], [-1, -1, 0, 1, 3, 3], gamma=gamma)
    rows = np.array([3, 0, 2])
    agree(of_pedigree(from_pedigree(made, gamma=gamma), rows), a[np.ix_(rows + 2, rows + 2)] / 2)


@pytest.mark.parametrize("method", ["vanraden1", "vanraden2", "yang"])
def test_markers_as_adjusted(pedigree: Pedigree, method: str) -> None:
    copies = dropped(pedigree.sire, pedigree.dam, 150, 3)[GENOTYPED]
    names = [f"i{k}" for k in GENOTYPED]
    sources = Sources(pedigree, genotypes=genotypes_of(copies, names))
    settings = GenomicSettings(method=method, blend=0.1, tune="chen", ridge=0.02)
    built = settings.build("g", sources, sources.genotypes.individuals, threads=1)
    rows = np.array([4, 9, 0, 2])
    whole = np.linalg.inv(built.matrix) / 2
    block_of = of_pedigree(from_pedigree(pedigree), GENOTYPED[rows].astype(np.int64))
    found = of_markers(built.markers, built.variance, rows, blended=block_of)
    agree(found, whole[np.ix_(rows, rows)], tolerance=1e-5)


def test_single_step(pedigree: Pedigree) -> None:
    rows = np.sort(GENOTYPED)
    numerator = from_pedigree(pedigree)
    g = np.cov(np.random.default_rng(5).normal(size=(10, 40))) + 0.1 * np.eye(10)
    built = from_parts(numerator, rows, np.linalg.inv(g), np.linalg.slogdet(g)[1],
                       numerator.block(rows))
    a = tabular(list(pedigree.sire), list(pedigree.dam))
    h = oracle.single_step(a, list(rows), g)
    agree(of_precision(built, ROWS), h[np.ix_(ROWS, ROWS)] / 2, tolerance=1e-9)


def test_low_rank_and_dense() -> None:
    rng = np.random.default_rng(2)
    factor, own = rng.normal(size=(6, 2)), rng.uniform(size=6)
    agree(LowRank(factor, own), factor @ factor.T + np.diag(own))
    agree(Dense(factor @ factor.T), factor @ factor.T)
