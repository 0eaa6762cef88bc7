"""Optimal contributions of Hinterwälder cattle against optiSel's, by two solvers.

candidates of both sexes, 0.5 from each: candes(phen), then opticont("max.BV", con=list(ub.pKin=u))
and opticont("min.pKin", …), discrete generations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.selection.coancestry import Dense
from breedeval.selection.contributions import least_coancestry, optimal_contributions
from breedeval.selection.shares import Shares

DATA = Path(__file__).parent / "data" / "optisel"
ANSWERS: dict[str, Any] = json.loads((DATA / "answers.json").read_text())
CANDIDATES = pd.read_csv(DATA / "candidates_and_solutions.csv", dtype={"Indiv": str})
MERIT = CANDIDATES["BV"].to_numpy()
FEMALE = (CANDIDATES["Sex"] == "female").to_numpy()


@pytest.fixture(scope="module")
def coancestry() -> Dense:
    table = pd.read_csv(DATA / "kinship.csv.gz")
    kinship = np.zeros((len(CANDIDATES), len(CANDIDATES)))
    i, j = table["i"].to_numpy() - 1, table["j"].to_numpy() - 1
    kinship[i, j] = kinship[j, i] = table["f"].to_numpy()
    return Dense(kinship)


def shares(*, equal_females: bool = False) -> Shares:
    n = len(MERIT)
    lower, upper = np.zeros(n), np.ones(n)
    if equal_females:
        lower[FEMALE] = upper[FEMALE] = 0.5 / FEMALE.sum()
    return Shares(FEMALE.astype(np.int64), np.array([0.5, 0.5]), lower, upper, ("male", "female"))


@pytest.mark.parametrize("bound", [0.03, 0.04, 0.06])
def test_highest_breeding_value(bound: float, coancestry: Dense) -> None:
    limit = bound - ANSWERS["constant"]
    found = optimal_contributions(MERIT, coancestry, shares(), limit)
    printed = ANSWERS["reference"][f"max_BV_ub{bound:g}"]
    for solver in ("cccp", "slsqp"):  # interior solvers, which end a little off the bound
        one = printed[solver]["mean"]
        assert found.gain == pytest.approx(one["BV"], abs=5e-6)
        assert found.coancestry == pytest.approx(one["pKin"] - ANSWERS["constant"], abs=5e-8)
    assert found.parents == printed["cccp"]["n_selected"]
    np.testing.assert_allclose(
        found.contributions, CANDIDATES[f"oc_ub{bound:.2f}"], atol=2e-5)


def test_all_females_alike(coancestry: Dense) -> None:
    found = optimal_contributions(
        MERIT, coancestry, shares(equal_females=True), 0.04 - ANSWERS["constant"])
    printed = ANSWERS["reference"]["max_BV_ub0.04_uniform_females"]
    assert found.gain == pytest.approx(printed["mean"]["BV"], abs=ANSWERS["tolerance"]["BV"])
    assert found.coancestry == pytest.approx(
        printed["cKc"], abs=ANSWERS["tolerance"]["kinship"])


def test_least_coancestry(coancestry: Dense) -> None:
    found = least_coancestry(MERIT, coancestry, shares())
    printed = ANSWERS["reference"]["min_kinship"]
    assert found.coancestry == pytest.approx(
        printed["cKc"], abs=ANSWERS["tolerance"]["kinship"])
    assert found.coancestry <= printed["cKc"]  # theirs ends inside
