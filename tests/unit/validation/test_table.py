"""Statistics of predictions, by fold and together, with intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breedeval.validation.table import FoldPredictions, validation_table
from tests.oracles.cross_validation import statistics

OF_RECORDS = ("predictive_ability", "accuracy", "dispersion", "bias", "mean_squared_error")
OF_INDIVIDUALS = ("lr_bias", "lr_dispersion", "lr_correlation", "lr_reliability_ratio",
                  "lr_accuracy")


def made(fold: str, n: int, first: int, seed: int, **changed: object) -> FoldPredictions:
    random = np.random.default_rng(seed)
    predicted = random.normal(size=n)
    return replace(FoldPredictions(
        "genomic", "milk", 1, fold, np.arange(first, first + n, dtype=np.int32),
        predicted + random.normal(size=n) + seed, predicted, predicted + random.normal(size=n) / 3,
        2.0, 1.5), **changed)


def value(table: pd.DataFrame, statistic: str, column: str = "estimate", **where: str) -> float:
    wanted = {"fold": "", "repeat": "", "compared_with": "", **where, "statistic": statistic}
    for name, key in wanted.items():
        table = table[table[name] == key]
    assert len(table) == 1
    return float(table[column].iloc[0])


def test_a_fold_has_the_statistics_of_the_textbook() -> None:
    one = made("1", 40, 0, 3, genetic_variance=2.0, reference_variance=2.0)
    table = validation_table([one], individuals=40, bootstrap=0, seed=1)
    expected = statistics(one.predicted, one.corrected, one.whole, np.eye(40), 2.0)
    assert set(expected) == {*OF_RECORDS, *OF_INDIVIDUALS}
    for name, known in expected.items():
        assert value(table, name, fold="1", repeat="1") == pytest.approx(known, rel=1e-12)
        assert value(table, name) == pytest.approx(known, rel=1e-12)
    assert table["lower"].isna().all()


def test_folds_are_put_together_within() -> None:
    """A difference between folds is no predictive ability."""
    folds = [made("1", 30, 0, 1), made("2", 50, 30, 2)]
    table = validation_table(folds, individuals=80, bootstrap=0, seed=1)
    centred = [(one.predicted - one.predicted.mean(), one.corrected - one.corrected.mean())
               for one in folds]
    x, y = (np.concatenate(part) for part in zip(*centred, strict=True))
    assert value(table, "predictive_ability") == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-12)
    every = [np.concatenate([getattr(one, name) for one in folds])
             for name in ("predicted", "corrected")]
    assert value(table, "bias") == pytest.approx(every[0].mean() - every[1].mean(), rel=1e-12)
    assert value(table, "mean_squared_error") == pytest.approx(
        ((every[0] - every[1]) ** 2).mean(), rel=1e-12)
    moved = [folds[0], replace(folds[1], corrected=folds[1].corrected + 100)]
    assert value(validation_table(moved, individuals=80, bootstrap=0, seed=1),
                 "predictive_ability") == pytest.approx(value(table, "predictive_ability"))


def test_folds_of_one_individual_are_one_fold() -> None:
    whole = made("1", 25, 0, 4)
    alone = [replace(whole, fold=str(k), **{
        name: getattr(whole, name)[[k]] for name in (
            "individual", "predicted", "corrected", "whole")}) for k in range(25)]
    one, other = (validation_table(tested, individuals=25, bootstrap=50, seed=1)
                  for tested in ([whole], alone))
    for name in (*OF_RECORDS, *OF_INDIVIDUALS):
        for column in ("estimate", "lower", "upper"):
            assert value(other, name, column) == pytest.approx(value(one, name, column), rel=1e-9)


def test_repeated_records_count_once_for_method_lr() -> None:
    one = made("1", 30, 0, 5)
    twice = replace(one, **{name: np.repeat(getattr(one, name), 2) for name in (
        "individual", "predicted", "corrected", "whole")})
    table, doubled = (validation_table([each], individuals=30, bootstrap=20, seed=1)
                      for each in (one, twice))
    for name in OF_INDIVIDUALS:
        assert value(doubled, name) == pytest.approx(value(table, name), rel=1e-12)
        assert value(doubled, name, "lower") == pytest.approx(value(table, name, "lower"))
    assert value(doubled, "accuracy", "records") == 60
    assert value(doubled, "accuracy", "individuals") == 30


def test_intervals_are_of_the_seed_and_hold_the_estimate() -> None:
    one = made("1", 200, 0, 6)
    tables = [validation_table([one], individuals=200, bootstrap=400, seed=seed)
              for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0]["lower"].equals(tables[2]["lower"])
    assert (tables[0]["lower"] < tables[0]["estimate"]).all()
    assert (tables[0]["estimate"] < tables[0]["upper"]).all()
    r = value(tables[0], "predictive_ability")
    near = 2 * 1.96 * (1 - r**2) / np.sqrt(200)  # width by the theory of a normal correlation
    width = value(tables[0], "predictive_ability", "upper") - value(
        tables[0], "predictive_ability", "lower")
    assert width == pytest.approx(near, rel=0.25)


def test_differences_between_models_are_of_pairs() -> None:
    one = made("1", 100, 0, 7)
    same = replace(one, model="copy")
    table = validation_table([one, same], individuals=100, bootstrap=100, seed=1)
    apart = table[table["compared_with"] == "genomic"]
    assert set(apart["model"]) == {"copy"}
    assert (apart[["estimate", "lower", "upper"]] == 0).all(axis=None)


def test_repeats_are_averaged() -> None:
    parts = [made("1", 40, 0, 8), made("1", 40, 0, 9, repeat=2)]
    table = validation_table(parts, individuals=40, bootstrap=10, seed=1)
    each = [value(table, "predictive_ability", repeat=str(k)) for k in (1, 2)]
    assert value(table, "predictive_ability") == pytest.approx(np.mean(each))
    assert value(table, "bias", "individuals") == 40
    assert value(table, "bias", "records") == 40


def test_predictions_that_do_not_vary_have_no_correlation() -> None:
    one = made("1", 20, 0, 10, predicted=np.full(20, 0.3))
    table = validation_table([one], individuals=20, bootstrap=5, seed=1)
    assert np.isnan(value(table, "predictive_ability"))
    assert np.isfinite(value(table, "bias"))
