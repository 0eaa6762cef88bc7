"""The section on residuals: findings in words, pictures, and the records that stand out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from breedeval.report import render
from breedeval.report.residual_section import residual_section
from tests.unit.report.fake_estimation import diagnostics, residuals, two_traits
from tests.unit.report.fake_evaluation import PROVENANCE, animal_model
from tests.unit.report.test_report_html import Page


def found(**facts: Any) -> list[str]:
    """Sentences for one trait, some facts changed."""
    table = residuals("weight", 300, 1)
    evaluation = replace(animal_model(60), residuals=table, summary={
        "diagnostics": {"weight": {**diagnostics(table), **facts}}})
    return residual_section(evaluation, 0)[0].sentences


def test_what_stands_out_is_said() -> None:
    text = " ".join(found())
    for words in ("skewness is 0.03", "excess kurtosis 0.42", "Shapiro–Wilk: p < 0.001",
                  "1 of 300 residuals lies beyond ±3.5, where about 0.1",
                  "Row 101 of the records is",
                  "differs among classes of sex: 0.83 in female, 1.15 in male",
                  "residual: {by: sex}"):
        assert words in text, words
    assert "transformation" not in text


def test_what_does_not_stand_out_is_not_said() -> None:
    assert len(found(outliers=[], by_class=[], by_predicted=None)) == 2


def test_several_outliers_and_a_growing_spread() -> None:
    classes = [{"class": f"{third} third", "observations": 100, "sd": sd}
               for third, sd in (("lowest", 0.7), ("middle", 1.0), ("highest", 1.4))]
    text = " ".join(found(
        outliers=[{"record": row, "standardised": 5.0, "p_value": 0.0} for row in (1234, 7)],
        by_predicted={"effect": "predicted", "p_value": 1e-9, "classes": classes}))
    assert "Rows 1234 and 7 of the records are" in text
    assert "0.70 in the lowest third of the predicted values and 1.40 in the highest third" in text
    assert "transformation" in text


def test_the_furthest_come_first() -> None:
    of, other = residual_section(two_traits(), 1)
    assert (of.trait, other.trait) == ("weight", "tarsus")
    assert of.extremes.rows[0][0] == "201"
    sizes = [abs(float(row[4].replace("−", "-"))) for row in of.extremes.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert (len(of.pictures), len(other.pictures)) == (3, 0)
    assert of.spread is not None
    assert [row[0] for row in of.spread.rows] == ["predicted value", "", "", "sex", ""]


def test_without_leverages_there_are_fewer_columns() -> None:
    unknown = ["deletion_residual", "standardised", "leverage", "cooks_distance"]
    table = residuals("weight", 300, 1)
    table[unknown] = np.nan
    of, = residual_section(replace(animal_model(60), residuals=table, summary={}), 6)
    assert [column.label for column in of.extremes.columns] == [
        "Row", "Observed", "Predicted", "Difference", "Standardised"]
    assert of.extremes.rows[0][0] == "101"
    assert of.sentences == []
    assert of.spread is None


def test_too_few_residuals_are_left_out() -> None:
    assert residual_section(replace(animal_model(60), residuals=residuals("weight", 5, 1)), 6) == []
    assert residual_section(animal_model(60), 6) == []


@pytest.mark.parametrize("n", [600, 200_000])
def test_pictures_stay_small(n: int) -> None:
    of, = residual_section(replace(
        animal_model(60), residuals=residuals("weight", n, 1), summary={}), 6)
    assert all(len(picture.svg) < 260_000 for picture in of.pictures)
    dots = re.findall(r"M [\d.]+ [\d.]+ \nL [\d.]+ [\d.]+ ", str(of.pictures[0].svg))
    assert len(dots) >= min(n, 100)


def test_the_page_is_whole() -> None:
    page = Page(render(two_traits(), PROVENANCE))
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert [name for name, times in ids.items() if times > 1] == []
    assert sum(tag == "figure" for tag, _ in page.tags) == 7 + 3 + 6
    assert "#residuals" in {attributes.get("href") for _, attributes in page.tags}
