"""Equations among candidates by the form of the relationship, and the cone of each, against K."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.genotypes.coding import genomic_coding
from breedeval.levels import Levels
from breedeval.relationship.numerator import from_pedigree
from breedeval.selection import conic, inverses
from breedeval.selection.coancestry import (
    Coancestry,
    Dense,
    FromMarkers,
    LowRank,
    matrix_of,
    of_pedigree,
)
from breedeval.selection.contributions import least_coancestry, optimal_contributions
from breedeval.selection.program import program_of
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents
from tests.unit.selection.made import dense, herd, shares


def with_metafounders() -> Coancestry:
    sire, dam = random_parents(40, 3)
    plain = pedigree_of(sire, dam)
    groups = np.where(plain.sire < 0, 0, -1).astype(np.int32)
    other = np.where(plain.dam < 0, 1, -1).astype(np.int32)
    made = replace(plain, groups=Levels.of(["g0", "g1"]), sire_group=groups, dam_group=other)
    gamma = np.array([[0.8, 0.1], [0.1, 0.6]])
    return of_pedigree(from_pedigree(made, gamma=gamma), np.arange(10, 40))


def low_rank() -> Coancestry:
    rng = np.random.default_rng(1)
    return LowRank(rng.normal(size=(30, 3)), rng.uniform(0.1, 1, size=30))


FORMS = {"pedigree": lambda: herd(1, size=30)[1], "metafounders": with_metafounders,
         "low rank": low_rank, "dense": lambda: Dense(matrix_of(low_rank()))}


@pytest.fixture(autouse=True)
def _by_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """As among thousands."""
    monkeypatch.setattr(inverses, "DENSE_UP_TO", 3)
    monkeypatch.setattr(conic, "DENSE_UP_TO", 3)


@pytest.mark.parametrize("form", FORMS)
def test_equations(form: str) -> None:
    coancestry = FORMS[form]()
    rows = np.array([1, 5, 6, 7, 11, 12, 17, 20, 28, 29])
    program = program_of(None, coancestry, shares(np.arange(30) % 2), np.inf)
    solve = inverses.solver_of(program, rows)
    assert solve is not None
    right = np.random.default_rng(0).normal(size=(10, 4))
    expected = np.linalg.solve(matrix_of(coancestry)[np.ix_(rows, rows)], right)
    np.testing.assert_allclose(solve(right), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_cones(form: str) -> None:
    """|Rz|² = c′Kc for z = (c, w) that meets the links."""
    coancestry = FORMS[form]()
    program = program_of(None, coancestry, shares(np.arange(30) % 2), np.inf)
    found = conic.form_of(program)
    c = np.random.default_rng(0).uniform(size=30)
    links = found.links.toarray()
    w = np.linalg.solve(links[:, 30:], -links[:, :30] @ c) if len(links) else np.zeros(0)
    root = found.root @ np.concatenate([c, w])
    assert root @ root == pytest.approx(c @ coancestry.times(c))


@pytest.mark.parametrize("form", FORMS)
def test_optima_are_those_of_the_matrix(form: str) -> None:
    coancestry, allowed = FORMS[form](), shares(np.arange(30) % 2, upper=0.2)
    merit = np.random.default_rng(2).normal(size=30)
    plain = dense(coancestry)
    least = least_coancestry(merit, coancestry, allowed)
    np.testing.assert_allclose(
        least.contributions, least_coancestry(merit, plain, allowed).contributions, atol=1e-8)
    limit = 1.2 * least.coancestry
    found = optimal_contributions(merit, coancestry, allowed, limit)
    np.testing.assert_allclose(
        found.contributions, optimal_contributions(merit, plain, allowed, limit).contributions,
        atol=1e-7)


def test_packed_genotypes() -> None:
    """In single precision."""
    sire, dam = random_parents(40, 3)
    calls = genotypes_of(dropped(sire, dam, 300, 3)).calls
    coded = genomic_coding(calls.counts(), "vanraden1")
    coancestry = FromMarkers(calls, coded.coding, 1 / coded.divisor, np.full(40, 0.02))
    whole = matrix_of(coancestry)
    np.testing.assert_allclose(whole, coancestry.times(np.eye(40)), atol=1e-6)
    merit, allowed = np.random.default_rng(2).normal(size=40), shares(np.arange(40) % 2)
    found = optimal_contributions(merit, coancestry, allowed, 0.02)
    expected = optimal_contributions(merit, Dense(whole), allowed, 0.02)
    np.testing.assert_allclose(found.contributions, expected.contributions, atol=1e-4)
    assert found.gain == pytest.approx(expected.gain, abs=1e-5)
    assert found.certificate.holds(1e-5)
