"""Contributions of a run: files, summary, bounds, matings, and what is said of what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.evaluation.result import Evaluation
from tests.oracles.contributions import by_slsqp
from tests.oracles.tabular import tabular
from tests.unit.workflow.test_selection import population

MODEL: dict[str, Any] = {
    "model": {"traits": ["milk"], "fixed": ["herd"],
              "random": [{"name": "animal", "column": "id", "relationship": "pedigree"}]},
    "variances": {"animal": 2.0, "residual": 3.0}}


def decided(folder: Path, contributions: dict[str, Any], **more: Any) -> Evaluation:
    """The run of a small population, with these contributions."""
    records, pedigree = population()
    records.to_csv(folder / "records.csv", index=False)
    pedigree.to_csv(folder / "pedigree.csv", index=False)
    return breedeval.run({
        **MODEL, "records": {"file": str(folder / "records.csv")},
        "pedigree": {"file": str(folder / "pedigree.csv"),
                     "columns": {"individual": "id"}},
        "selection": {"index": {"weights": {"milk": 1}},
                      "candidates": {"where": ["birth_year >= 2001"]},
                      "contributions": contributions, **more}})


def relationships(names: pd.Series) -> np.ndarray:
    """½A of some individuals, by the tabular method."""
    _, pedigree = population()
    place = {name: k for k, name in enumerate(pedigree["id"])}
    a = tabular([place.get(one, -1) for one in pedigree["sire"]],
                [place.get(one, -1) for one in pedigree["dam"]])
    rows = [place[name] for name in names]
    return a[np.ix_(rows, rows)] / 2


def test_the_contributions_of_a_run_are_the_optimum(tmp_path: Path) -> None:
    found = decided(tmp_path, {"max_coancestry": 0.06, "max_per_candidate": 0.09})
    table, told = found.decisions["selection"], found.summary["contributions"]
    merit, sex = table["index"].to_numpy(), (table["sex"] == "male").to_numpy().astype(int)
    k, n = relationships(table["individual"]), len(table)
    c = by_slsqp(merit, k, sex, np.array([0.5, 0.5]), np.zeros(n), np.full(n, 0.09), 0.06)
    assert told["index"] == pytest.approx(merit @ c, abs=1e-5)
    given = table["contribution"].to_numpy()
    assert given @ k @ given == pytest.approx(0.06)
    assert told["coancestry"] == pytest.approx(0.06)
    assert told["optimality"]["relative_gap"] < 1e-8
    assert (table["selected"] == (given > 0)).all()
    parents = found.decisions["contributions"]
    assert parents["contribution"].sum() == pytest.approx(1)
    assert set(parents.loc[parents["at"] == "maximum", "contribution"].round(9)) == {0.09}
    frontier = found.decisions["contribution_frontier"]
    assert len(frontier) == 16
    assert frontier.loc[frontier["chosen"], "index"].iloc[0] == pytest.approx(told["index"])
    index = found.decisions["index"]
    assert index["response"].iloc[0] == pytest.approx(told["response"])


def test_whole_numbers_bounds_and_matings(tmp_path: Path) -> None:
    (tmp_path / "use.csv").write_text(
        "individual,minimum,maximum\ni58,0.05,0.05\ni57,,0\nzz,0.1,\n")
    found = decided(tmp_path, {"max_delta_f": 0.05, "bounds": str(tmp_path / "use.csv")},
                    mating={"matings": 20, "max_per_male": 6})
    table = found.decisions["selection"].set_index("individual")
    told = found.summary["contributions"]
    assert table["matings"].sum() == 40
    assert table.loc[table["sex"] == "male", "matings"].sum() == 20
    assert table.loc[table["sex"] == "male", "matings"].max() <= 6
    assert table.loc["i58", "matings"] == 2
    assert table.loc["i57", "contribution"] == 0
    np.testing.assert_allclose(table["contribution"], table["matings"] / 40)
    assert told["coancestry"] <= told["limit"] + 1e-9
    assert told["lost_by_whole_numbers"] > 0
    plan = found.decisions["matings"]
    assert plan["matings"].sum() == 20
    used = plan.groupby("male")["matings"].sum()
    assert (used == table.loc[used.index, "matings"]).all()
    assert any("'zz' has no breeding values" in one for one in found.summary["warnings"])


def test_equal_females_and_numbers_of_parents(tmp_path: Path) -> None:
    found = decided(tmp_path, {"max_coancestry": 0.13, "equal_females": True, "frontier": 0},
                    select={"females": 8, "males": 4}, mating={})
    table = found.decisions["selection"]
    females = table[(table["sex"] == "female") & table["selected"]]
    assert len(females) == 8
    np.testing.assert_allclose(females["contribution"], 1 / 16)
    assert (table["selected"] & (table["sex"] == "male")).sum() <= 4
    assert "contribution_frontier" not in found.decisions
    told = found.summary["contributions"]
    assert told["lost_by_numbers_of_parents"] >= 0
    assert found.decisions["matings"]["matings"].sum() == 8


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a limit out of reach": (
        {"max_coancestry": 0.02, "max_per_candidate": 0.03}, {},
        "0.03994 without upper bounds ('max_per_candidate', 'bounds', limits of "
        "matings)). Expected a limit that can be kept. Raise the limit (to 0.0"),
    "out of reach of so few": (
        {"max_coancestry": 0.12}, {"select": {"females": 2, "males": 1}}, "without 'select'"),
    "bounds that are too low": (
        {"max_coancestry": 0.2, "max_per_candidate": 0.01}, {},
        ": 20 female candidates may contribute 0.2 in all by their upper "
        "bounds. Expected 0.5 or more. Raise 'max_per_candidate' (to 0.025 or more"),
    "a relationship that is not there": (
        {"max_coancestry": 0.2, "relationship": "genomic"}, {},
        ": there is no relationship 'genomic' in this run. "
        "Expected one of: pedigree."),
    "matings that no whole numbers allow": (
        {"max_coancestry": 0.2, "max_per_candidate": 0.06, "matings": 5}, {},
        "female candidates can be used 0 to 0 times by their bounds"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be(name: str, tmp_path: Path) -> None:
    contributions, more, words = BAD[name]
    with pytest.raises(breedeval.InputError) as told:
        decided(tmp_path, contributions, **more)
    assert words in told.value.problems[0]


BOUNDS: dict[str, tuple[str, str]] = {
    "no bounds": ("individual,least\ni58,0.1\n", "use.csv: the columns are individual, least. "
                  "Expected individual, and minimum or maximum or both. Name them so."),
    "beyond one": ("individual,maximum\ni58,5\n", "use.csv:2: the maximum is 5. Expected 0 to 1, a "
                   "share of the genes of the next generation. Correct the cell."),
    "twice": ("individual,maximum\ni58,0.1\ni58,0.2\n", "use.csv: 'i58' is listed twice. Expected "
              "one row an individual. Remove one of them."),
    "upside down": ("individual,minimum,maximum\ni58,0.2,0.1\n", "'i58' is to contribute 0.2 or "
                    "more and 0.1 or less."),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_that_cannot_be(name: str, tmp_path: Path) -> None:
    text, words = BOUNDS[name]
    (tmp_path / "use.csv").write_text(text)
    with pytest.raises(breedeval.InputError) as told:
        decided(tmp_path, {"max_coancestry": 0.2, "bounds": str(tmp_path / "use.csv")})
    assert words in told.value.problems[0]
