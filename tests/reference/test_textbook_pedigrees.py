"""A, A⁻¹, inbreeding and groups of pedigrees from books and papers, against other programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from breedeval.pedigree.inbreeding import inbreeding, parents_first
from breedeval.pedigree.precision import precision_lower, precision_product
from breedeval.pedigree.relationship import (
    group_contributions,
    relationship_block,
    relationship_matrix,
    relationship_product,
)

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]

ROOT = Path(__file__).parents[2]
PEDIGREES = ROOT / "pedigrees"
DATA = ROOT / "tests" / "reference" / "data"
PRINTED = 5e-13  # half a unit of the twelfth decimal


class Rows(NamedTuple):
    """A pedigree as rows of the file, parents first."""

    names: list[str]
    sire: Int32
    dam: Int32


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_matrix(name: str) -> tuple[list[str], Float64]:
    table = read_table(DATA / "textbook" / f"{name}.csv")
    return [line["id"] for line in table], np.array(
        [[float(line[key]) for key in line if key != "id"] for line in table]
    )


def read_pedigree(path: Path) -> Rows:
    return as_rows(read_table(path))


def as_rows(table: list[dict[str, str]]) -> Rows:
    row = {line["id"]: k for k, line in enumerate(table)}
    sire = np.array([row.get(line["sire"], -1) for line in table], np.int32)
    dam = np.array([row.get(line["dam"], -1) for line in table], np.int32)
    order = parents_first(sire, dam).order
    np.testing.assert_array_equal(order, np.arange(len(table)))
    return Rows(list(row), sire, dam)


def symmetric(lower: sparse.csc_array) -> Float64:
    dense = lower.toarray()
    return np.asarray(dense + np.tril(dense, -1).T)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mrode2", [0, 0, 0, 0, 0.125, 0.125]),
        ("mrode9", [0] * 12),
        ("fg90", [0, 0, 0, 0, 0.125, 0.25, 0.28125, 0.28125]),
        ("wray90", [0, 0, 0, 0, 0.25, 0.25, 0.3125, 0.46875]),
    ],
)
def test_inbreeding_relationship_and_inverse(name: str, expected: list[float]) -> None:
    # nadiv::makeA(pedigree), nadiv::makeAinv(pedigree)$Ainv
    pedigree = read_pedigree(PEDIGREES / "textbook" / f"{name}.csv")
    names, relationship = read_matrix(f"{name}_relationship")
    _, inverse = read_matrix(f"{name}_inverse")
    assert names == pedigree.names
    found = inbreeding(pedigree.sire, pedigree.dam)
    np.testing.assert_allclose(found.coefficients, expected, rtol=0, atol=1e-15)
    a = relationship_matrix(pedigree.sire, pedigree.dam, found.mendelian)
    np.testing.assert_allclose(a, relationship, rtol=0, atol=PRINTED)
    lower = precision_lower(pedigree.sire, pedigree.dam, found.mendelian)
    np.testing.assert_allclose(symmetric(lower), inverse, rtol=0, atol=PRINTED)


def test_the_matrix_printed_in_the_book() -> None:
    # Mrode, example 2.1, rounded to three decimals in the book
    pedigree = read_pedigree(PEDIGREES / "mrode_2_1" / "pedigree.csv")
    answer = json.loads((DATA / "mrode_2_1_A_matrix.json").read_text(encoding="utf-8"))["reference"]
    found = inbreeding(pedigree.sire, pedigree.dam)
    np.testing.assert_allclose(found.coefficients, answer["F"], rtol=0, atol=1e-15)
    block = relationship_block(pedigree.sire, pedigree.dam, found.mendelian, range(6))
    np.testing.assert_allclose(block, answer["A"], rtol=0, atol=5.0000001e-4)


def test_groups_of_quaas_1988() -> None:
    # nadiv::makeAinv(Q1988, groups from damGG and sireGG)$Ainv
    names = ["g1", "g2"]
    table = [
        line for line in read_table(PEDIGREES / "textbook" / "q1988.csv") if line["id"].isupper()
    ]
    pedigree = as_rows(table)
    groups = {
        "sire_group": [names.index(line["sireGG"]) if line["sireGG"] in names else -1
                       for line in table],
        "dam_group": [names.index(line["damGG"]) if line["damGG"] in names else -1
                      for line in table],
    }
    order, expected = read_matrix("q1988_inverse")
    assert order == pedigree.names + names
    d = inbreeding(pedigree.sire, pedigree.dam).mendelian
    lower = precision_lower(pedigree.sire, pedigree.dam, d, n_groups=2, **groups)
    np.testing.assert_allclose(symmetric(lower), expected, rtol=0, atol=PRINTED)
    _, fractions = read_matrix("q1988_fractions")
    found = group_contributions(pedigree.sire, pedigree.dam, n_groups=2, **groups)
    np.testing.assert_allclose(found, fractions, rtol=0, atol=PRINTED)


def test_fuzzy_groups_of_fikse_2009() -> None:
    # nadiv::makeAinv(F2009, fuzzy membership g1 to g3)$Ainv: every phantom parent is a group of
    # its own first, then the groups share it by the membership M: diag(I, M)′ A* diag(I, M)
    table = read_table(PEDIGREES / "textbook" / "f2009.csv")
    phantoms = [line for line in table if line["g1"]]
    names = [line["id"] for line in phantoms]
    membership = np.array([[float(line[g]) for g in ("g1", "g2", "g3")] for line in phantoms])
    animals = [line for line in table if line["id"].isupper()]
    pedigree = as_rows(animals)
    parent = {"sire_group": "phantomSire", "dam_group": "phantomDam"}
    groups = {
        key: [names.index(line[column]) if line[column] in names else -1 for line in animals]
        for key, column in parent.items()
    }
    d = inbreeding(pedigree.sire, pedigree.dam).mendelian
    star = symmetric(
        precision_lower(pedigree.sire, pedigree.dam, d, n_groups=len(names), **groups)
    )
    share = np.zeros((star.shape[0], len(animals) + 3))
    share[: len(animals), : len(animals)] = np.eye(len(animals))
    share[len(animals) :, len(animals) :] = membership
    order, expected = read_matrix("f2009_inverse")
    assert order[: len(animals)] == pedigree.names
    np.testing.assert_allclose(share.T @ star @ share, expected, rtol=0, atol=PRINTED)


def test_a_real_dairy_pedigree_holds_together() -> None:
    pedigree = read_pedigree(PEDIGREES / "dairy" / "pedigree.csv")
    sire, dam = pedigree.sire, pedigree.dam
    found = inbreeding(sire, dam)
    dense = relationship_matrix(sire, dam, found.mendelian)
    np.testing.assert_allclose(np.diag(dense) - 1, found.coefficients, rtol=0, atol=1e-12)
    x = np.random.default_rng(7).normal(size=(len(sire), 2))
    product = relationship_product(sire, dam, found.mendelian, x)
    np.testing.assert_allclose(product, dense @ x, rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        precision_product(sire, dam, found.mendelian, product), x, rtol=0, atol=1e-10
    )
    lower = precision_lower(sire, dam, found.mendelian)
    whole = lower + sparse.tril(lower, -1).T
    np.testing.assert_allclose(whole @ product, x, rtol=0, atol=1e-10)
    rows = np.arange(0, len(sire), 41)
    np.testing.assert_allclose(
        relationship_block(sire, dam, found.mendelian, rows),
        dense[np.ix_(rows, rows)], rtol=0, atol=1e-12,
    )
