"""Effects of SNPs in Mrode & Pocrnic (2023), 11.2 and 11.3: by regression, and back-solved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import breedeval
from tests.oracles.snp_blup import Markers, snp_blup
from tests.reference.running import (
    CONFIGS,
    PEDIGREES,
    answers,
    breeding_values,
    evaluate,
)

BOOK = 1e-3
"""The book goes on from numbers rounded to three decimals."""
GENETIC, RESIDUAL = 35.241, 245.0


def copies() -> NDArray[np.float64]:
    """Copies of the ten SNPs, the eight reference bulls first."""
    table = pd.read_csv(PEDIGREES / "mrode_12_1/genotypes.csv")
    return table.drop(columns="id").to_numpy(np.float64)


def coded() -> NDArray[np.float64]:
    return copies() - copies().mean(axis=0)


def regression(weighted: str) -> Markers:
    """SNP-BLUP of example 11.2."""
    records = pd.read_csv(PEDIGREES / "mrode_12_1/records.csv")
    book = answers("mrode_11_2_snp_blup")
    return snp_blup(
        records["fat_dyd"].to_numpy(), np.ones((8, 1)), coded()[:8], residual=RESIDUAL,
        variance=GENETIC / book["two_sum_pq"],
        weights=records["edc"].to_numpy(np.float64) if weighted == "weighted_EDC" else None)


@pytest.mark.parametrize("weighted", ["unweighted", "weighted_EDC"])
def test_11_2_effects_by_regression(weighted: str) -> None:
    found, book = regression(weighted), answers("mrode_11_2_snp_blup")
    np.testing.assert_allclose([*found.b, *found.effects], book[weighted], atol=BOOK)
    np.testing.assert_allclose(
        coded() @ found.effects, book[f"DGV_{weighted.removesuffix('_EDC')}"], atol=BOOK)


def test_11_3_breeding_values_and_effects() -> None:
    found, book = evaluate("mrode_11_3_gblup"), answers("mrode_11_3_gblup")
    np.testing.assert_allclose(breeding_values(found), book["DGV"], atol=BOOK)
    mean = found.solutions.set_index("effect")["estimate"]["intercept"]
    assert mean == pytest.approx(book["mean"], abs=BOOK)
    np.testing.assert_allclose(
        found.marker_effects["estimate"], book["snp_effects_backsolved"], atol=BOOK)


def test_11_3_is_11_2_where_nothing_is_added_to_the_diagonal() -> None:
    """SNP-BLUP = GBLUP; a ridge of 10⁻⁷ is there so that G of ten SNPs has an inverse."""
    found = breedeval.run(CONFIGS / "mrode_11_3_gblup.yaml",
                          overrides=["relationships.genomic.ridge=0.0000001"])
    known = regression("unweighted")
    np.testing.assert_allclose(found.marker_effects["estimate"], known.effects, atol=1e-4)
    np.testing.assert_allclose(
        found.marker_effects["se"]**2, known.error_variance, rtol=1e-4)


def test_11_3_correlation_with_the_candidates() -> None:
    book, table = answers("mrode_11_3_gblup"), pd.read_csv(
        PEDIGREES / "mrode_11_1/phenotypes.csv")
    values = breeding_values(evaluate("mrode_11_3_gblup"))[8:]
    assert np.corrcoef(values, table["fat_dyd"][8:])[0, 1] == pytest.approx(
        book["cor_DGV_DYD_candidates"], abs=6e-3)
