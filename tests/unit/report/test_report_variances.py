"""The section on variances: squares, intervals, rounds, curves, tests of fixed effects."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breedeval.report import render
from breedeval.report.grids import age_grids, covariance_grids
from breedeval.report.tables import interval_of, parameter_names, without_rounding
from breedeval.report.variance_section import fixed_tests_sheet, variance_section
from tests.unit.report.fake_estimation import regression, two_traits
from tests.unit.report.fake_evaluation import PROVENANCE, animal_model
from tests.unit.report.test_report_html import Page


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(two_traits(), PROVENANCE))


def test_squares_hold_covariances_below_and_correlations_above() -> None:
    evaluation = two_traits()
    animal, residual = covariance_grids(evaluation.variances, evaluation.genetic_parameters)
    assert (animal.title, residual.title) == ("animal", "residual")
    assert animal.labels == ["weight", "tarsus"]
    texts = [[(cell.text, cell.small) for cell in row] for row in animal.rows]
    # 2.53 / √(3.37 × 12.4) = 0.391; its standard error is that of the genetic parameters
    assert texts == [[("3.370", "± 0.684"), ("0.39", "± 0.13")],
                     [("2.530", "± 0.516"), ("12.40", "± 2.49")]]
    assert [[cell.kind for cell in row] for row in animal.rows] == [["", "plus"], ["", ""]]
    assert residual.rows[0][1].kind == "minus"
    assert residual.rows[0][1].style == "--share: 0.16"


def test_every_residual_class_has_its_square_and_slopes_have_none() -> None:
    cells = [("a", "a"), ("b", "a"), ("b", "b")]
    rows = [("residual", f"residual[{kind}]", one, f"residual[{kind}]", other, 1.0 + (one == other),
             np.nan, "given") for kind in ("f", "m") for one, other in cells]
    rows.append(("residual", "log_linear(age)", "", "log_linear(age)", "", 0.05, np.nan, "given"))
    frame = pd.DataFrame(rows, columns=two_traits().variances.columns[:8])
    grids = covariance_grids(frame, two_traits().genetic_parameters.head(0))
    assert [grid.title for grid in grids] == ["residual[f]", "residual[m]"]
    assert grids[0].rows[0][1].text == "0.50"


def test_one_variance_needs_no_square() -> None:
    evaluation = animal_model(60)
    assert covariance_grids(evaluation.variances, evaluation.genetic_parameters) == []


def test_boundary_is_said_and_tested(page: Page) -> None:
    for words in ("litter is at its lower bound", "at the boundary of what is possible", "0.788",
                  "estimated by restricted maximum likelihood (REML) in 6 rounds",
                  "Rounds of the estimation", "Profile of animal(weight)", "from 2.06 to 4.7"):
        assert words in page.text, words


def test_head_of_the_page_tells_the_traits_apart(page: Page) -> None:
    for trait, value in (("weight", "0.47"), ("tarsus", "0.41")):
        assert re.search(rf"heritability \({trait}\) ?{value}", page.text)
    assert "Breeding values for weight and tarsus of 300 individuals" in page.text


def test_intervals_are_those_of_the_tables(page: Page) -> None:
    """Logit for heritability, log for a variance: not the estimate and twice its error."""
    assert "0.33 to 0.62" in page.text
    assert interval_of({"lower": 0.1, "upper": 0.4}) == (0.1, 0.4)


def test_a_variance_of_zero_is_shown_as_such() -> None:
    evaluation = two_traits()
    held = evaluation.variances.loc[evaluation.variances["zero"], "estimate"]
    assert list(held) == [3.4e-8]
    shown = without_rounding(evaluation.variances)
    assert list(shown.loc[shown["zero"], "estimate"]) == [0.0]
    ratios = evaluation.genetic_parameters.assign(estimate=[0.4, 1e-9, 3e-9, 1e-9, 0.1])
    assert list(without_rounding(ratios)["estimate"]) == [0.4, 1e-9, 0.0, 1e-9, 0.1]
    row, = (row for row in variance_section(evaluation)["variances"].rows if row[0] == "litter")
    assert row[2] == "0"
    assert row[-1] == "at the boundary of what is possible"


def test_names_of_parameters_tell_them_apart() -> None:
    assert parameter_names(two_traits().genetic_parameters) == [
        "Heritability (weight)", "Heritability (tarsus)", "Variance ratio (tarsus)",
        "Correlation (animal, tarsus with weight)", "Correlation (residual, tarsus with weight)"]
    classes = pd.DataFrame(
        [("variance_ratio", name, f"{name}[f]", "y", f"{name}[f]", "y", 0.1, 0.02)
         for name in ("pen", "litter")], columns=two_traits().genetic_parameters.columns[:8])
    assert parameter_names(classes) == ["Variance ratio (pen[f])", "Variance ratio (litter[f])"]
    assert parameter_names(animal_model(60).genetic_parameters) == [
        "Phenotypic variance", "Heritability", "Variance ratio"]


def test_tests_of_fixed_effects() -> None:
    evaluation = two_traits()
    sheet = fixed_tests_sheet(evaluation.fixed_tests)
    assert sheet is not None
    assert [column.label for column in sheet.columns] == [
        "Effect", "Trait", "Test", "df", "Denominator df", "F", "p"]
    assert sheet.rows[0] == ["sex", "weight", "Incremental", "1", "413", "90.8", "< 0.001"]
    assert "after Kenward and Roger" in sheet.note
    nothing = evaluation.fixed_tests.assign(
        effect="intercept", numerator_df=0, f=np.nan, denominator_df=np.nan, p_value=np.nan)
    together = fixed_tests_sheet(pd.concat([evaluation.fixed_tests, nothing]))
    assert together is not None
    assert len(together.rows) == 4
    assert fixed_tests_sheet(pd.DataFrame()) is None


def test_curves_have_pictures_and_squares_of_correlations() -> None:
    evaluation = regression()
    square, = age_grids(evaluation.curves)
    assert square.labels == ["5", "55", "105", "155", "205", "255", "305"]
    assert [cell.text for cell in square.rows[0][:2]] == ["1", "0.94"]
    assert square.rows[3][1].text == square.rows[1][3].text
    titles = [picture.title for picture in variance_section(evaluation)["variance_pictures"]]
    assert titles == ["Variances along dim", "Heritability along dim", "Rounds of the estimation"]
    assert "Variances along dim: curve, residual, phenotypic." in Page(
        render(evaluation, PROVENANCE)).text


def test_an_estimation_that_did_not_converge_is_not_hidden() -> None:
    evaluation = two_traits()
    estimation = {**evaluation.summary["estimation"], "converged": False,
                  "reason": "no step raised the likelihood",
                  "advice": ["litter: 3 of 4 levels have one record"]}
    summary = {**evaluation.summary, "converged": False, "status": "not converged",
               "estimation": estimation}
    text = Page(render(replace(evaluation, summary=summary), PROVENANCE)).text
    assert "estimation of the variances did not converge" in text
    assert "which did not converge: no step raised the likelihood." in text
    assert "3 of 4 levels have one record" in text


def test_what_the_data_do_not_determine_is_said_first() -> None:
    evaluation = two_traits()
    summary = {**evaluation.summary, "status": "not determined"}
    text = Page(render(replace(evaluation, summary=summary), PROVENANCE)).text
    assert "The data do not determine all variances" in text


def test_given_variances_have_no_estimation() -> None:
    found = variance_section(animal_model(60))
    assert found["variances_given"]
    assert not any(found[key] for key in ("grids", "estimation", "advice", "estimated",
                                          "variance_pictures", "age_grids"))
