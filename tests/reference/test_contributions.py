"""Optimal contributions of gryphons against another solver's, on the whole matrix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.io.pedigree import read_pedigree
from breedeval.relationship.numerator import from_pedigree
from breedeval.selection.coancestry import Coancestry, of_pedigree
from breedeval.selection.contributions import least_coancestry, optimal_contributions
from breedeval.selection.shares import Shares

DATA = Path(__file__).parents[2] / "pedigrees" / "gryphon"
PRINTED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "cvxopt_gryphon_contributions.json").read_text())


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    found = pd.read_csv(DATA / "records.csv", dtype={"animal": str})
    return found[(found["byear"] >= 990) & found["bwt"].notna()].reset_index(drop=True)


@pytest.fixture(scope="module")
def coancestry(records: pd.DataFrame) -> Coancestry:
    pedigree = read_pedigree(DATA / "pedigree.csv")
    rows = pedigree.individuals.codes(records["animal"].tolist())
    return of_pedigree(from_pedigree(pedigree), rows.astype(np.int64))


def shares(records: pd.DataFrame, upper: float) -> Shares:
    n = len(records)
    return Shares(records["sex"].to_numpy().astype(np.int64) - 1, np.array([0.5, 0.5]),
                  np.zeros(n), np.full(n, upper), ("1", "2"))


@pytest.mark.parametrize("printed", PRINTED["optima"], ids=lambda one: (
    f"{one['limit']:g} and {one['upper']:g}"))
def test_optima(printed: dict[str, Any], records: pd.DataFrame, coancestry: Coancestry) -> None:
    merit = records["bwt"].to_numpy()
    found = optimal_contributions(
        merit, coancestry, shares(records, printed["upper"]), printed["limit"])
    assert found.gain == pytest.approx(printed["gain"], abs=2e-7)
    assert found.parents == printed["parents"]
    largest = dict(zip(records["animal"], found.contributions, strict=True))
    for name, contribution in printed["largest"].items():
        assert largest[name] == pytest.approx(contribution, abs=1.5e-6)


def test_the_least(records: pd.DataFrame, coancestry: Coancestry) -> None:
    found = least_coancestry(records["bwt"].to_numpy(), coancestry, shares(records, 1.0))
    assert found.coancestry == pytest.approx(PRINTED["least"]["coancestry"], abs=5e-10)
    assert found.parents == PRINTED["least"]["parents"]
