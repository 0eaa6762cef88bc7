"""Agreement of breeding values and who moved."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, spearmanr

from breedeval.comparison.movement import agreement, by_records, moved_most, pairs
from tests.unit.comparison.made import breeding_values


def _pair(old, new):
    found = list(pairs(old, new))
    assert len(found) == 1
    return found[0]


def test_individuals_are_matched_by_name_in_any_order():
    old = breeding_values([1, 2, 3, 4], names=["a", "b", "c", "01"])
    new = breeding_values([30, 10, 99, 98], names=["c", "a", "new", "1"])
    pair = _pair(old, new)
    assert pair.new["individual"].tolist() == ["c", "a"]
    assert pair.change.tolist() == [27, 9]
    assert (pair.only_old, pair.only_new) == (2, 2)


def test_agreement_is_that_of_scipy():
    rng = np.random.default_rng(1)
    old = rng.standard_normal(200)
    new = 0.8 * old + 0.3 * rng.standard_normal(200) + 1
    found = agreement(_pair(breeding_values(old), breeding_values(new)))
    line = linregress(old, new)
    assert found["correlation"] == pytest.approx(line.rvalue)
    assert found["slope"] == pytest.approx(line.slope)
    assert found["intercept"] == pytest.approx(line.intercept)
    assert found["rank_correlation"] == pytest.approx(spearmanr(old, new).statistic)
    assert found["mean_change"] == pytest.approx((new - old).mean())
    assert found["sd_change"] == pytest.approx((new - old).std(ddof=1))
    assert found["largest_change"] == pytest.approx(np.abs(new - old).max())


def test_components_and_traits_are_kept_apart():
    old = pd.concat([breeding_values([1, 2]), breeding_values([5, 6], component="maternal")])
    new = pd.concat([breeding_values([5, 7], component="maternal"), breeding_values([1, 2])])
    found = {pair.key: pair.change.tolist() for pair in pairs(old, new)}
    assert found == {("animal", "animal", "y"): [0, 0], ("animal", "maternal", "y"): [0, 1]}


def test_what_is_in_one_evaluation_only_has_no_agreement():
    old, new = breeding_values([1, 2]), breeding_values([1, 2, 3], component="maternal")
    first, second = (agreement(pair) for pair in pairs(old, new))
    assert (first["common"], first["only_old"], first["only_new"]) == (0, 2, 0)
    assert (second["common"], second["only_old"], second["only_new"]) == (0, 0, 3)
    assert np.isnan(first["correlation"])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0, 2.0]])
def test_no_spread_gives_no_correlation(values):
    found = agreement(_pair(breeding_values(values), breeding_values(values)))
    assert np.isnan(found["correlation"])
    assert np.isnan(found["slope"])
    assert found["mean_change"] == 0


def test_movement_is_told_by_records_gained():
    old = breeding_values([0, 0, 0, 0], records=[0, 1, 2, 1])
    new = breeding_values([4, 0, -4, 0], records=[3, 1, 1, 1])
    rows = by_records(_pair(old, new))
    assert [(row["group"], row["individuals"], row["records_change"], row["moved"])
            for row in rows] == [("more records", 1, 3, 4.0), ("fewer records", 1, -1, 4.0),
                                 ("same records", 2, 0, 0.0)]


def test_those_that_moved_most_beyond_the_mean_come_first():
    old = breeding_values([3.0, 2.0, 1.0, 0.0])
    new = breeding_values([13.0, 12.0, 17.0, 10.0])
    table = moved_most(_pair(old, new), 2)
    assert table["individual"].tolist()[0] == "A3"
    assert table["change"].iloc[0] == 16
    assert table["beyond_mean"].iloc[0] == pytest.approx(16 - 11.5)
    assert (table["rank_old"].iloc[0], table["rank_new"].iloc[0]) == (3, 1)
    assert len(table) == 2


def test_nobody_is_listed_when_nobody_moved():
    table = breeding_values([3.0, 2.0, 1.0])
    assert moved_most(_pair(table, table), 5).empty
