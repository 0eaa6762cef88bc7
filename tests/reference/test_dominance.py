"""Dominance and epistasis from the pedigree: a book's worked example, and another program's D."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.pedigree.dominance import dominance_matrix
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.relationship import dominance, epistasis
from breedeval.relationship.blocks import PedigreeBlocks
from tests.oracles.dominance import cockerham
from tests.oracles.tabular import tabular
from tests.reference.running import (
    METHODS,
    PEDIGREES,
    answers,
    assert_printed,
    estimates,
    evaluate,
    solved_by,
)
from tests.reference.test_textbook_pedigrees import PRINTED, read_matrix, read_pedigree
from tests.unit.pedigree.made import pedigree_of

TEXTBOOK = ("mrode2", "mrode9", "fg90", "wray90")


def among_individuals(found: PedigreeBlocks) -> np.ndarray:
    lower = found.lower().toarray()
    n = len(found.levels)
    return np.asarray(np.linalg.inv(lower + np.tril(lower, -1).T)[:n, :n])


@pytest.mark.parametrize("name", TEXTBOOK)
def test_dominance_of_textbook_pedigrees(name: str) -> None:
    # nadiv::makeD(pedigree)$D, three of the four with inbreeding
    names, expected = read_matrix(f"{name}_dominance")
    pedigree = read_pedigree(PEDIGREES / "textbook" / f"{name}.csv")
    assert names == pedigree.names
    found = inbreeding(pedigree.sire, pedigree.dam)
    d = dominance_matrix(pedigree.sire, pedigree.dam, found.mendelian, found.coefficients)
    np.testing.assert_allclose(d.toarray(), expected, rtol=0, atol=PRINTED)
    inverse = dominance.from_pedigree(pedigree_of(pedigree.sire, pedigree.dam))
    np.testing.assert_allclose(among_individuals(inverse), expected, rtol=0, atol=PRINTED)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_additive_by_additive_of_textbook_pedigrees(name: str) -> None:
    # nadiv::makeAA(pedigree)$AA
    _, expected = read_matrix(f"{name}_epistasis")
    pedigree = read_pedigree(PEDIGREES / "textbook" / f"{name}.csv")
    inverse = epistasis.from_pedigree(pedigree_of(pedigree.sire, pedigree.dam))
    np.testing.assert_allclose(among_individuals(inverse), expected, rtol=0, atol=PRINTED)


def test_13_1_relationships() -> None:
    book = answers("mrode_13_1_dominance")
    sire, dam = [-1] * 4 + [0, 2, 5, -1, 2, 2, 5, 5], [-1] * 4 + [1, 3, 4, 4, 7, 7, 7, 7]
    d = among_individuals(dominance.from_pedigree(pedigree_of(sire, dam)))
    assert_printed(d[[6, 10], 6:], book["D_rows_7_and_11_columns_7_to_12"], 4)
    np.testing.assert_allclose(d, cockerham(sire, dam, tabular(sire, dam)), rtol=0, atol=1e-15)
    # the last is printed as 1.0921, with a digit more than the others; it is 1.09237
    printed = np.round(book["D_inverse_row_12_columns_7_to_12"], 3)
    assert_printed(np.linalg.inv(d)[11, 6:], printed, 3)


@pytest.mark.parametrize("method", METHODS)
def test_13_1_solutions(method: str) -> None:
    found = evaluate("mrode_13_1_dominance", *solved_by(method))
    book = answers("mrode_13_1_dominance")
    assert_printed(list(estimates(found, "pen").values()), book["pen"], 3)
    pigs = [str(pig) for pig in range(1, 13)]
    parts = {name: np.array([estimates(found, name)[pig] for pig in pigs])
             for name in ("additive", "dominance")}
    assert_printed(parts["additive"], book["additive"], 3)
    assert_printed(parts["dominance"], book["dominance"], 3)
    assert_printed(parts["additive"] + parts["dominance"], book["total"], 3)


def test_13_1_families_are_solutions_too() -> None:
    """The mean of a family predicts further progeny of the same mating."""
    found = evaluate("mrode_13_1_dominance")
    assert set(estimates(found, "dominance")) == {
        *(str(pig) for pig in range(1, 13)), "3 × 8", "6 × 8"}
    assert not found.breeding_values["individual"].str.contains("×").any()
    ratios = found.genetic_parameters.set_index("effect")["parameter"]
    assert ratios["additive"] == "heritability"
    assert ratios["dominance"] == "variance_ratio"
