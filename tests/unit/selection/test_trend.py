"""Trends, the base, generation intervals and selection differentials of small populations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from breedeval.errors import Findings
from breedeval.pedigree.build import PedigreeReading, build_pedigree
from breedeval.pedigree.pedigree import Pedigree
from breedeval.records import Table
from breedeval.selection.generations import (
    generation_intervals,
    mean_interval,
    selection_differentials,
)
from breedeval.selection.trend import make_base, relative, standardised, trend_table

VALUES = np.array([1.0, 3.0, 4.0, 6.0, 9.0])
YEARS = np.array([2000.0, 2000, 2001, 2001, np.nan])


def pedigree() -> Pedigree:
    table = pd.DataFrame({
        "id": ["s", "d", "t", "a", "b", "c"], "sire": ["", "", "", "s", "s", "t"],
        "dam": ["", "", "", "d", "d", "d"], "sex": ["M", "F", "M", "M", "F", "F"],
        "birth": ["2000", "2001", "2000", "2004", "2005", "2006"]})
    return build_pedigree(Table.of_frame(table, "pedigree"), PedigreeReading(), findings=Findings())


def test_means_relative_to_a_base_and_their_errors() -> None:
    inverse = np.diag([1.0, 2, 3, 4, 5]) + 0.5

    def errors(weights: sp.csc_array) -> np.ndarray:
        dense = weights.toarray()
        return np.diag(dense.T @ inverse @ dense)

    base = make_base(VALUES, YEARS == 2000)
    table = trend_table(VALUES, YEARS, None, base, errors)
    assert table["at"].tolist() == [2000, 2001]
    assert table["individuals"].tolist() == [2, 2]
    np.testing.assert_allclose(table["mean"], [0, 3])
    k = np.array([-0.5, -0.5, 0.5, 0.5, 0])
    np.testing.assert_allclose(table["se"], [0, np.sqrt(k @ inverse @ k)], atol=1e-12)
    np.testing.assert_allclose(
        table["upper"] - table["lower"], 2 * 1.959963984540054 * table["se"])


def test_classes_have_trends_of_their_own() -> None:
    sex = pd.Series(["male", "female", "male", None, "male"])
    table = trend_table(VALUES, YEARS, sex, None, None)
    assert table[["group", "at", "mean"]].to_numpy().tolist() == [
        ["female", 2000, 3], ["male", 2000, 1], ["male", 2001, 4]]
    assert table["se"].isna().all()


def test_the_standardised_scale_has_the_mean_and_spread_of_the_base() -> None:
    base = make_base(VALUES, np.array([True, True, True, False, False]))
    scaled = standardised(VALUES, base, mean=100, sd=12)
    assert scaled[:3].mean() == pytest.approx(100)
    assert scaled[:3].std(ddof=1) == pytest.approx(12)
    np.testing.assert_allclose(relative(VALUES, base)[:3].mean(), 0, atol=1e-12)
    assert np.isnan(standardised(VALUES, make_base(VALUES, VALUES == 1), mean=100, sd=12)).all()


def test_generation_intervals_by_path() -> None:
    table = generation_intervals(pedigree()).set_index("path")
    assert table["interval"].to_dict() == pytest.approx({
        "sires of males": 4, "sires of females": 5.5, "dams of males": 3, "dams of females": 4.5,
        "sires": 5, "dams": 4, "all parents": 4.5})
    assert table["pairs"].to_dict() == {
        "sires of males": 1, "sires of females": 2, "dams of males": 1, "dams of females": 2,
        "sires": 3, "dams": 3, "all parents": 6}
    assert mean_interval(pedigree()) == pytest.approx(4.5)
    assert np.isnan(mean_interval(None))


def test_selection_differentials_against_contemporaries() -> None:
    own = pedigree()
    value = {"s": 4.0, "t": 0.0, "d": 1.0, "a": 2.0, "b": 1.0, "c": 1.0}
    values = np.array([value[name] for name in own.individuals.to_list()])
    table = selection_differentials(own, values)
    overall = table[table["year"].isna()].set_index("path")["differential"]
    # males of 2000 have a mean of 2: s is 2 above it, t 2 below; d is alone in 2001
    assert overall.to_dict() == pytest.approx({
        "sires of males": 2, "sires of females": 0, "dams of males": 0, "dams of females": 0})
    by_year = table[table["path"] == "sires of females"].dropna().set_index("year")["differential"]
    assert by_year.to_dict() == pytest.approx({2005: 2, 2006: -2})
