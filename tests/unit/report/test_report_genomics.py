"""The sections of the page on marker effects and on a validation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from breedeval.evaluation.result import Evaluation
from breedeval.report.marker_plots import manhattan, quantiles, window_shares
from breedeval.report.marker_section import marker_section
from breedeval.report.validation_section import validation_section
from tests.reference.running import evaluate
from tests.unit.workflow.test_validation import population, validated


@pytest.fixture(scope="module")
def checked() -> Evaluation:
    records, k, _ = population()
    close = k * 0.5 + np.eye(len(k)) * 0.5
    return validated(records, {"k": k, "close": close}, {
        "folds": 4, "repeats": 2, "bootstrap": 40, "models": {
            "near": [{"name": "animal", "column": "id", "relationship": "k"}],
            "far": [{"name": "animal", "column": "id", "relationship": "close"}]}})


def test_a_validation_is_told_in_words_tables_and_pictures(checked: Evaluation) -> None:
    shown = validation_section(checked)["validation"]
    assert shown["lead"] == (
        "The phenotypes of 4 folds of individuals, made anew 2 times were hidden in turn, and "
        "predicted from the others (48 individuals in all), by the models near and far. Variances "
        "were estimated from the other records every time, where they were not given.")
    phenotypes, whole, apart = shown["sheets"]
    assert [row[0] for row in phenotypes.rows] == ["near", "far"]
    assert [row[0] for row in apart.rows] == ["far less near"]
    assert [column.label for column in whole.columns][1] == "Accuracy"
    assert " to " in phenotypes.rows[0][1]
    titles = [picture.title for picture in shown["pictures"]]
    assert titles[0] == "Predictive ability for gain"
    assert len(titles) == 5
    assert len({str(picture.svg)[:4000] for picture in shown["pictures"]}) == 5


def test_no_validation_no_section() -> None:
    found = evaluate("mrode_11_3_gblup")
    assert validation_section(found) == {"validation": None}
    assert marker_section(evaluate("mrode_4_1_animal_model")) == {"marker_effects": None}


def test_marker_effects_are_told() -> None:
    shown = marker_section(evaluate("mrode_11_3_gblup"))["marker_effects"]
    assert "10 markers, of 14 genotyped individuals" in shown["lead"]
    strongest, windows = shown["sheets"]
    assert strongest.rows[0][0] == "snp2"
    assert [row[0] for row in windows.rows] == ["1", "2"]
    assert [picture.title.split(" (")[0] for picture in shown["along"]] == [
        "Markers along the genome", "Variance by windows"]
    assert [picture.title.split(" (")[0] for picture in shown["pictures"]] == [
        "Observed and expected p-values"]


def test_many_markers_are_thinned_and_chromosomes_in_order() -> None:
    random = np.random.default_rng(1)
    number = 20_000
    table = pd.DataFrame({
        "marker": [f"m{k}" for k in range(number)],
        "chromosome": [str(k) for k in random.integers(1, 12, number)],
        "position": random.integers(1, 10**8, number), "estimate": 0.0,
        "p_value": random.uniform(size=number)})
    table.loc[7, "p_value"] = 1e-12
    drawn = manhattan(table, "milk", "m", 5.6)
    assert "The strongest is m7." in drawn.caption
    assert "1 beyond it" in drawn.caption
    assert "a part is drawn" in drawn.caption
    assert len(drawn.svg) < 400_000
    text = str(drawn.svg)
    assert text.index(">2<") < text.index(">10<")
    assert "λ = 1.0" in quantiles(table["p_value"].to_numpy(), "milk", "q").caption


def test_effects_are_drawn_where_there_are_no_tests() -> None:
    table = pd.DataFrame({"marker": ["a", "b"], "chromosome": [None, None], "position": [0, 0],
                          "estimate": [0.1, -0.4], "p_value": [np.nan, np.nan]})
    assert "The strongest is b." in manhattan(table, "milk", "m", 5.6).caption
    windows = pd.DataFrame({"chromosome": [None], "start": [0], "share": [1.0],
                            "first_marker": ["a"], "last_marker": ["b"]})
    assert "100.0 %, a to b" in window_shares(windows, "milk", "w").caption
