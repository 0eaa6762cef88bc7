"""Selections and trends as a run makes them, and the messages for those that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.evaluation.result import Evaluation
from breedeval.workflow.check import check_file
from breedeval.workflow.run import run_file
from tests.oracles.dense_index import predictions
from tests.oracles.tabular import tabular
from tests.unit.workflow.bad_selections import CASES, FILES, GAIN


def write(folder: Path, decisions: str) -> Path:
    for name, text in FILES.items():
        (folder / name).write_text(text + (decisions if name == "run.yaml" else ""),
                                   encoding="utf-8")
    return folder / "run.yaml"


@pytest.mark.parametrize("name", CASES)
def test_bad_decisions(name: str, tmp_path: Path) -> None:
    text, messages = CASES[name]
    with pytest.raises(breedeval.InputError) as caught:
        breedeval.run(write(tmp_path, text))
    problems = tuple(problem.removeprefix(f"{tmp_path}/").replace(str(tmp_path), "FOLDER")
                     for problem in caught.value.problems)
    assert problems == messages


@pytest.mark.parametrize("where", ["age > 200", "sex > 1"])
def test_what_nobody_can_meet_is_found_before_anything_is_solved(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_file(write(tmp_path, GAIN + f"  candidates: {{where: {where}}}\n")) == 1
    assert "run.yaml:12:" in capsys.readouterr().err


def test_names_in_a_list_that_nobody_has_are_told(tmp_path: Path) -> None:
    found = breedeval.run(write(tmp_path, GAIN + "  candidates: {exclude: culled.csv}\n"))
    assert ("selection: candidates: exclude: 'zz' has no breeding values. Correct the name, or "
            "leave it out.") in found.summary["warnings"]
    assert "c1" not in set(found.decisions["selection"]["individual"])


G = np.array([[2.0, 0.6], [0.6, 1.0]])
R = np.array([[3.0, 0.5], [0.5, 2.0]])
A = np.array([1.0, -0.5])


def population(seed: int = 3, n: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A pedigree with births and sexes, and two traits of all but the founders."""
    random = np.random.default_rng(seed)
    rows = [(f"i{k}", "", "", "MF"[k % 2], 2000 + k // 20) for k in range(20)]
    for k in range(20, n):
        rows.append((f"i{k}", f"i{2 * random.integers((k - 10) // 2)}",
                     f"i{2 * random.integers((k - 10) // 2) + 1}", "MF"[k % 2], 2000 + k // 20))
    pedigree = pd.DataFrame(rows, columns=["id", "sire", "dam", "sex", "birth"])
    records = pd.DataFrame({
        "id": pedigree["id"][20:].to_numpy(), "herd": [f"h{k % 3}" for k in range(20, n)],
        "milk": random.normal(size=n - 20), "fat": random.normal(size=n - 20)})
    return records, pedigree


def evaluated(selection: dict[str, Any] | None, **parts: Any) -> Evaluation:
    records, pedigree = population()
    if selection is not None:
        parts["selection"] = selection
    return breedeval.evaluate(
        records, pedigree=pedigree, variances={"animal": G, "residual": R},
        model={"traits": ["milk", "fat"], "fixed": ["herd"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]}, **parts)


def dense() -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]:
    """Individuals, breeding values, their covariance, and A."""
    records, pedigree = population()
    order = {name: k for k, name in enumerate(pedigree["id"])}
    parents = [[order.get(name, -1) for name in pedigree[role]] for role in ("sire", "dam")]
    a = tabular(*parents)
    z = np.zeros((len(records), len(pedigree)))
    z[np.arange(len(records)), [order[name] for name in records["id"]]] = 1
    x = pd.get_dummies(records["herd"]).to_numpy(float)
    values, covariance = predictions(
        records[["milk", "fat"]].to_numpy(), x, z, a, G, R)
    return pd.Index(pedigree["id"]), values, covariance, a


def test_the_index_and_its_accuracy_are_those_of_dense_matrices() -> None:
    found = evaluated({"index": {"weights": {"milk": 1, "fat": -0.5}},
                       "select": {"females": 5, "males": 2}})
    table = found.decisions["selection"].set_index("individual")
    names, values, covariance, a = dense()
    place = names.get_indexer(table.index)
    np.testing.assert_allclose(table["index"], values[place] @ A, atol=1e-10)
    own = np.array([covariance[k, :, k, :] for k in place])
    variance = np.einsum("k,ikl,l->i", A, own, A)
    expected = np.sqrt(variance / (A @ G @ A * np.diag(a)[place]))
    np.testing.assert_allclose(table["accuracy"], expected, atol=1e-9)
    assert (table["rank"].to_numpy() == np.arange(1, len(table) + 1)).all()
    for sex, count in (("female", 5), ("male", 2)):
        ranked = table[table["sex"] == sex]
        assert ranked["selected"].tolist() == [True] * count + [False] * (len(ranked) - count)
        assert ranked["contribution"].sum() == pytest.approx(0.5)
    assert found.summary["selection"]["selected"] == {"female": 5, "male": 2}


def test_responses_are_the_superiorities_of_the_selected() -> None:
    found = evaluated({
        "index": {"weights": {"milk": 1, "fat": -0.5}, "alternatives": {"fat alone": {"fat": 1}}},
        "candidates": {"where": "birth_year >= 2001"}, "select": {"females": 5, "males": 2}})
    table = found.decisions["selection"]
    expected = np.mean([
        table[table["selected"] & (table["sex"] == sex)][["milk", "fat"]].mean()
        - table[table["sex"] == sex][["milk", "fat"]].mean() for sex in ("female", "male")], axis=0)
    index = found.decisions["index"].set_index(["index", "criterion"])
    np.testing.assert_allclose(index.loc["index", "response"], expected, atol=1e-12)
    assert index.loc[("fat alone", "fat"), "response"] >= index.loc[("index", "fat"), "response"]
    interval = found.summary["selection"]["generation_interval"]
    np.testing.assert_allclose(index["response_per_year"], index["response"] / interval)
    assert found.summary["selection"]["left_out"]["not birth_year >= 2001"] == 20


def test_desired_gains_and_restrictions_are_met_among_the_candidates() -> None:
    wanted = evaluated({"index": {"desired_gains": {"milk": 2, "fat": 1}}, "select": 10})
    gains = wanted.decisions["index"].set_index("criterion")["predicted_response"]
    spread = np.cov(dense()[1].T)
    b = np.linalg.solve(spread, [2, 1])
    np.testing.assert_allclose(
        wanted.decisions["index"]["coefficient"], b, rtol=1e-9)
    np.testing.assert_allclose(gains["milk"] / gains["fat"], 2)
    held = evaluated({"index": {"weights": {"milk": 1}, "restricted": "fat"}, "select": 10})
    table = held.decisions["selection"]
    assert abs(np.cov(table["index"], table["fat"])[0, 1]) < 1e-12
    predicted = held.decisions["index"].set_index("criterion")["predicted_response"]
    assert abs(predicted["fat"]) < 1e-12 < predicted["milk"]


def test_smith_hazel_weights_own_phenotypes() -> None:
    found = evaluated({"index": {"smith_hazel": {"milk": 1, "fat": -0.5}}, "select": 10})
    table = found.decisions["selection"].set_index("individual")
    records, _ = population()
    assert set(table.index) == set(records["id"])  # founders have no phenotype
    b = np.linalg.solve(G + R, G @ A)
    np.testing.assert_allclose(found.decisions["index"]["coefficient"], b, rtol=1e-12)
    effects = found.solutions[found.solutions["effect"].isin(["intercept", "herd"])]
    for trait in ("milk", "fat"):
        own = effects[effects["trait"] == trait].set_index("level")["estimate"]
        records[trait] -= own["intercept"] + records["herd"].map(own).to_numpy()
    expected = records.set_index("id")[["milk", "fat"]] @ b
    np.testing.assert_allclose(table["index"], expected[table.index], atol=1e-9)
    accuracy = np.sqrt((A @ G @ b) / (A @ G @ A))
    np.testing.assert_allclose(table["accuracy"], accuracy, rtol=1e-12)
    assert found.summary["selection"]["accuracy"] == pytest.approx(accuracy)
    deviation = np.sqrt(A @ G @ b)
    chosen = table.loc[table["selected"], "index"].mean() - table["index"].mean()
    np.testing.assert_allclose(found.decisions["index"]["predicted_response"],
                               chosen / deviation * (G @ b) / deviation)
    intensity = found.summary["selection"]["intensity"]["all"]
    assert intensity["expected_deviation"] == pytest.approx(chosen / deviation)


def test_weights_a_standard_deviation_are_weights_a_unit() -> None:
    deviation = np.sqrt(np.diag(G))
    one = evaluated({"index": {"weights": {"milk": 1, "fat": 2}, "standardise": True}})
    other = evaluated({"index": {"weights": {
        "milk": float(1 / deviation[0]), "fat": float(2 / deviation[1])}}})
    pd.testing.assert_frame_equal(one.decisions["selection"], other.decisions["selection"])


def test_trends_have_the_errors_of_contrasts_and_the_base_is_zero() -> None:
    found = evaluated(None, trend={"by": "birth_year", "base": {"birth_year": 2001}})
    trend = found.decisions["trend"].query("trait == 'fat'")
    names, values, covariance, a = dense()
    _, pedigree = population()
    years = pedigree["birth"].to_numpy()
    base = np.where(years == 2001, 1 / 20, 0)
    errors = G[1, 1] * a - covariance[:, 1, :, 1]
    for row in trend.itertuples():
        k = np.where(years == row.at, 1 / 20, 0) - base
        assert row.mean == pytest.approx(k @ values[:, 1], abs=1e-10)
        assert row.se == pytest.approx(np.sqrt(max(k @ errors @ k, 0)), abs=1e-7)
    own = found.breeding_values.query("trait == 'fat'").set_index("individual").loc[names]
    np.testing.assert_allclose(own["relative"][years == 2001].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(own["standardised"][years == 2001].mean(), 100)
    np.testing.assert_allclose(own["standardised"][years == 2001].std(), 12)
    assert {"generation_intervals", "selection_differentials"} <= set(found.decisions)


def test_a_run_by_iteration_decides_without_accuracies() -> None:
    found = evaluated({"index": {"weights": {"milk": 1, "fat": -0.5}}, "select": 10},
                      solve={"method": "pcg", "tolerance": 1e-13},
                      trend={"by": "generation"})
    exact = evaluated({"index": {"weights": {"milk": 1, "fat": -0.5}}, "select": 10})
    table = found.decisions["selection"]
    assert table["accuracy"].isna().all()
    assert found.decisions["trend"]["se"].isna().all()
    assert found.summary["selection"]["accuracy"] is None
    assert table["individual"].tolist() == exact.decisions["selection"]["individual"].tolist()


def test_accuracies_are_the_same_from_the_equations_and_from_v() -> None:
    records, _ = population()
    root = np.random.default_rng(5).normal(size=(40, 60))
    kinship = pd.DataFrame(root @ root.T / 60, records["id"], records["id"])
    found = [breedeval.evaluate(
        records, matrices={"k": kinship}, variances={"animal": G, "residual": R},
        model={"traits": ["milk", "fat"], "fixed": ["herd"], "random": [
            {"name": "animal", "column": "id", "relationship": "k"}]},
        selection={"index": {"weights": {"milk": 1, "fat": -0.5}}, "select": 10},
        solve={"method": method}) for method in ("auto", "cholesky")]
    assert found[0].summary["engine"] != found[1].summary["engine"]
    tables = [one.decisions["selection"].set_index("individual").sort_index() for one in found]
    np.testing.assert_allclose(tables[0]["accuracy"], tables[1]["accuracy"], atol=1e-9)
    np.testing.assert_allclose(tables[0]["index"], tables[1]["index"], atol=1e-9)


def test_breeding_values_are_written_where_a_decision_cannot_be_made(tmp_path: Path) -> None:
    run = write(tmp_path, GAIN + "  candidates: {where: records > 5}\n")
    outcome = run_file(run)
    assert outcome.exit_code == 1
    assert "nobody is a candidate: 6 not records > 5" in outcome.message
    assert "The breeding values are written all the same" in outcome.message
    assert outcome.directory is not None
    assert (outcome.directory / "breeding_values.csv").is_file()
    assert not (outcome.directory / "selection.csv").exists()
    summary = json.loads((outcome.directory / "summary.json").read_text())
    assert "nobody is a candidate" in summary["undecided"][0]
