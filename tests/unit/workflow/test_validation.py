"""Validation as a run does it: against dense matrices, and what must hold whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.errors import InputError
from breedeval.evaluation.result import Evaluation
from tests.oracles.cross_validation import predict, statistics

N = 48
KEYS = ["model", "compared_with", "trait", "repeat", "fold", "statistic"]


def population(seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Records of related individuals, their relationship, and their true values."""
    random = np.random.default_rng(seed)
    loadings = random.normal(size=(N, 60))
    k = loadings @ loadings.T / 60
    u = np.linalg.cholesky(k) @ random.normal(size=N)
    names = [f"i{number}" for number in range(N)]
    sex = np.array(["f", "m"])[random.integers(2, size=N)]
    records = pd.DataFrame({
        "id": names, "sex": sex, "family": [f"f{number % 4}" for number in range(N)],
        "year": 2000 + np.arange(N) // 12,
        "gain": 10 + (sex == "m") + u + random.normal(size=N)})
    return records, pd.DataFrame(k, names, names), u


def validated(
    records: pd.DataFrame, matrices: dict[str, pd.DataFrame], validation: dict[str, Any],
    variances: Any = None, **parts: Any,
) -> Evaluation:
    return breedeval.evaluate(
        records, matrices=matrices, variances=variances or {"animal": 1.2, "residual": 0.9},
        model={"traits": ["gain"], "fixed": ["sex"], "random": [
            {"name": "animal", "column": "id", "relationship": "k"}]},
        validation=validation, **parts)


def of_fold(table: pd.DataFrame, fold: str, statistic: str, model: str = "model") -> float:
    rows = table[(table["fold"] == fold) & (table["statistic"] == statistic)
                 & (table["model"] == model)]
    assert len(rows) == 1
    return float(rows["estimate"].iloc[0])


def test_every_fold_is_what_dense_matrices_give() -> None:
    records, k, _ = population()
    found = validated(records, {"k": k}, {"folds": {"by": "family"}, "bootstrap": 20})
    y = records["gain"].to_numpy()
    x = np.column_stack([np.ones(N), records["sex"] == "m"])
    whole, b = predict(y, x, k.to_numpy(), np.ones(N, bool), 1.2, 0.9)
    for family in records["family"].unique():
        test = (records["family"] == family).to_numpy()
        part, _ = predict(y, x, k.to_numpy(), ~test, 1.2, 0.9)
        expected = statistics(part[test], (y - x @ b)[test], whole[test],
                              k.to_numpy()[np.ix_(test, test)], 1.2)
        for name, value in expected.items():
            assert of_fold(found.validation, family, name) == pytest.approx(value, rel=1e-8)
        own = found.validation_predictions.query("fold == @family").set_index("individual")
        np.testing.assert_allclose(
            own.loc[records["id"][test], "predicted"], part[test], atol=1e-9)
    assert len(found.validation_predictions) == N
    stated = found.summary["validation"]["models"]["model"]
    assert stated["effects"] == ["animal"]
    assert set(stated["traits"]["gain"]["accuracy"]) == {"estimate", "lower", "upper"}


def test_a_model_that_knows_the_truth_has_accuracy_one() -> None:
    records, _, u = population()
    truth = pd.DataFrame(np.outer(u, u) + 1e-7 * np.eye(N), records["id"], records["id"])
    records["gain"] = u  # without noise
    found = validated(records, {"k": truth}, {"folds": 6}, {"animal": 1, "residual": 1e-6})
    overall = found.validation[(found.validation["fold"] == "")]
    for name, exact in (("predictive_ability", 1), ("accuracy", 1), ("lr_accuracy", 1),
                        ("lr_correlation", 1), ("dispersion", 1), ("lr_dispersion", 1)):
        value = overall.set_index("statistic")["estimate"][name]
        assert value == pytest.approx(exact, abs=2e-3), name


def test_no_relationship_no_predictive_ability() -> None:
    """Shuffled phenotypes cannot be predicted."""
    records, k, _ = population(2)
    abilities = []
    for seed in range(8):
        order = np.random.default_rng(seed).permutation(N)
        shuffled = records.assign(gain=records["gain"].to_numpy()[order])
        found = validated(shuffled, {"k": k}, {"folds": 6, "bootstrap": 0})
        abilities.append(of_fold(found.validation, "", "predictive_ability"))
    assert abs(np.mean(abilities)) < 3 / np.sqrt(8 * N)


def test_the_order_of_the_records_changes_nothing() -> None:
    records, k, _ = population()
    order = np.random.default_rng(3).permutation(N)
    one, other = (validated(table, {"k": k}, {"folds": 4, "repeats": 2, "bootstrap": 30})
                  for table in (records, records.iloc[order].reset_index(drop=True)))
    pd.testing.assert_frame_equal(one.validation, other.validation, rtol=1e-8)


def test_all_models_have_the_same_folds() -> None:
    records, k, _ = population()
    close = pd.DataFrame(0.5 * k.to_numpy() + 0.5 * np.eye(N), k.index, k.columns)
    found = validated(records, {"k": k, "close": close}, {
        "folds": 5, "bootstrap": 0, "models": {
            "one": [{"name": "animal", "column": "id", "relationship": "k"}],
            "two": [{"name": "animal", "column": "id", "relationship": "close"}],
            "both": {"random": [
                {"name": "animal", "column": "id", "relationship": "k"},
                {"name": "rest", "column": "id", "relationship": "close"}],
                "variances": {"animal": 0.6, "rest": 0.6, "residual": 0.9}}}})
    by_model = {model: rows.set_index("record")["fold"].to_dict()
                for model, rows in found.validation_predictions.groupby("model")}
    assert by_model["one"] == by_model["two"] == by_model["both"]
    assert found.summary["validation"]["models"]["both"]["effects"] == ["animal", "rest"]
    compared = found.validation[found.validation["compared_with"] == "one"]
    assert list(compared["model"].unique()) == ["two", "both"]


def test_a_sum_of_effects_is_one_effect_of_their_sum() -> None:
    """K₁σ²₁ + K₂σ²₂ in one relationship predicts what the two effects together predict."""
    records, k, _ = population()
    half = pd.DataFrame(np.eye(N), k.index, k.columns)
    total = pd.DataFrame(k.to_numpy() + np.eye(N), k.index, k.columns)
    found = validated(records, {"k": k, "half": half, "total": total}, {
        "folds": 3, "bootstrap": 0, "models": {
            "two": {"random": [
                {"name": "animal", "column": "id", "relationship": "k"},
                {"name": "rest", "column": "id", "relationship": "half"}],
                "variances": {"animal": 0.7, "rest": 0.7, "residual": 0.9}},
            "one": {"random": [{"name": "animal", "column": "id", "relationship": "total"}],
                    "variances": {"animal": 0.7, "residual": 0.9}}}})
    own = found.validation[found.validation["compared_with"] == ""]
    tables = [own[own["model"] == model].drop(columns="model").reset_index(drop=True)
              for model in ("two", "one")]
    pd.testing.assert_frame_equal(*tables, rtol=1e-7)


def test_the_future_is_predicted_from_the_past() -> None:
    records, k, _ = population()
    found = validated(records, {"k": k}, {
        "folds": {"forward": "year", "since": [2002, 2003]}, "bootstrap": 0})
    predictions = found.validation_predictions
    assert predictions.groupby("fold")["record"].count().to_dict() == {"2002": 12, "2003": 12}
    y, x = records["gain"].to_numpy(), np.column_stack([np.ones(N), records["sex"] == "m"])
    part, _ = predict(y, x, k.to_numpy(), (records["year"] < 2002).to_numpy(), 1.2, 0.9)
    own = predictions[predictions["fold"] == "2002"]
    np.testing.assert_allclose(own["predicted"], part[24:36], atol=1e-9)


def test_variances_are_estimated_anew_or_taken_from_all() -> None:
    records, k, _ = population(4)
    tables = {word: validated(records, {"k": k}, {
        "folds": {"by": "family"}, "bootstrap": 0, "variances": word}, "reml").validation
        for word in ("training", "whole")}
    whole = validated(records, {"k": k}, {"folds": 2, "bootstrap": 0}, "reml").variances
    fixed = dict(zip(whole["effect"], whole["estimate"], strict=True))
    given = validated(records, {"k": k}, {"folds": {"by": "family"}, "bootstrap": 0}, fixed)
    pd.testing.assert_frame_equal(tables["whole"], given.validation, rtol=1e-6)
    assert not np.allclose(tables["whole"]["estimate"], tables["training"]["estimate"], rtol=1e-3)


@pytest.mark.parametrize(("validation", "message"), [
    ({"folds": 99}, "there are 99 folds and 48 individuals"),
    ({"folds": {"by": "herd"}}, "there is no column 'herd' (named in the validation)"),
    ({"folds": {"by": "gain:sexx"}}, "Did you mean 'sex'?"),
    ({"folds": {"forward": "born", "since": 3}}, "there is no column 'born' in the records"),
    ({"folds": {"forward": "year", "since": 2010}}, "no record for the start 2010"),
    ({"folds": {"forward": "year", "since": 1990}}, "no record before it for the start 1990"),
    ({"folds": {"forward": "sex", "since": 1}}, "is not a number"),
])
def test_folds_that_cannot_be_made(validation: dict[str, Any], message: str) -> None:
    records, k, _ = population()
    with pytest.raises(InputError) as raised:
        validated(records, {"k": k}, validation)
    assert message in str(raised.value)


def test_effects_without_a_relationship_are_not_validated_unasked() -> None:
    records, _, _ = population()
    with pytest.raises(InputError, match="predicts individuals without a record"):
        breedeval.evaluate(
            records, variances={"family": 1, "residual": 1}, validation={"folds": 2},
            model={"traits": ["gain"], "random": [{"name": "family", "column": "family"}]})


def test_a_fold_that_cannot_be_evaluated_is_left_out_for_all_models() -> None:
    """Without the records of a class no class of the same basis is left."""
    records, k, _ = population()
    records["place"] = np.where(records["family"] == "f2", "hill", "dale")
    classes = {"basis": {"classes": "place"}}
    model = {"name": "animal", "relationship": "k",
             "components": {"animal": {"column": "id", **classes}}}
    found = validated(records, {"k": k}, {
        "folds": {"by": "family"}, "bootstrap": 0, "models": {
            "one": [{"name": "animal", "column": "id", "relationship": "k"}],
            "two": {"random": [model], "variances": {
                "animal": [[1.2, 0.9], [0.9, 1.1]], "residual": 0.9}}}})
    for _, rows in found.validation_predictions.groupby("model"):
        assert sorted(rows["fold"].unique()) == ["f0", "f1", "f3"]
    assert found.summary["validation"]["folds_left_out"] == ["f2"]
    assert any("fold f2 is left out" in line for line in found.summary["warnings"])


def test_no_fold_that_can_be_evaluated() -> None:
    records, k, _ = population()
    records["half"] = np.where(records["family"] == "f2", "a", "b")
    model = {"name": "animal", "relationship": "k", "components": {
        "animal": {"column": "id", "basis": {"classes": "half"}}}}
    with pytest.raises(InputError, match="no fold can be evaluated without its phenotypes"):
        breedeval.evaluate(
            records, matrices={"k": k}, variances={
                "animal": [[1.2, 0.9], [0.9, 1.1]], "residual": 0.9},
            model={"traits": ["gain"], "random": [model]}, validation={"folds": {"by": "half"}})


def test_one_trait_hidden_is_predicted_with_the_help_of_the_other() -> None:
    records, k, u = population()
    records["fat"] = u + 0.1 * np.random.default_rng(9).normal(size=N)
    variances = {"animal": [[1.2, 1.1], [1.1, 1.2]], "residual": [[0.9, 0], [0, 0.02]]}
    model = {"traits": ["gain", "fat"], "random": [
        {"name": "animal", "column": "id", "relationship": "k"}]}

    def of(**asked: Any) -> Evaluation:
        return breedeval.evaluate(records, matrices={"k": k}, variances=variances, model=model,
                                  validation={"folds": 4, "bootstrap": 0, **asked})

    both, one = of(), of(traits="gain")
    assert set(both.validation["trait"]) == {"gain", "fat"}
    assert set(one.validation["trait"]) == {"gain"}
    helped, alone = (
        of_fold(found.validation[found.validation["trait"] == "gain"], "", "predictive_ability")
        for found in (one, both))
    assert helped > alone + 0.1


def test_repeated_records_are_hidden_together() -> None:
    """The permanent environment of an individual without records is not known."""
    records, k, _ = population()
    twice = pd.concat([records, records.assign(gain=records["gain"] + 0.3)], ignore_index=True)
    found = breedeval.evaluate(
        twice, matrices={"k": k}, variances={"animal": 1.2, "lasting": 0.5, "residual": 0.9},
        model={"traits": ["gain"], "random": [
            {"name": "animal", "column": "id", "relationship": "k"},
            {"name": "lasting", "column": "id", "relationship": "identity"}]},
        validation={"folds": 4, "bootstrap": 0})
    assert found.summary["validation"]["models"]["model"]["effects"] == ["animal"]
    own = found.validation_predictions
    assert (own.groupby("individual")["fold"].nunique() == 1).all()
    assert (own.groupby("individual")["predicted"].nunique() == 1).all()
    once = found.validation[found.validation["statistic"] == "lr_accuracy"]
    assert (once["records"] == 2 * once["individuals"]).all()
