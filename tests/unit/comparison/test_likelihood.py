"""Likelihood-ratio tests between two evaluations."""

import copy
import json

import pytest
from scipy.stats import chi2

from breedeval.comparison import compare
from breedeval.comparison.likelihood import compare_likelihoods, mixture
from breedeval.io.comparison_json import comparison_json
from breedeval.report.comparison_text import comparison_text
from tests.unit.comparison.made import SETTINGS, breeding_values, results

REML = {**SETTINGS, "variances": {"method": "reml"}}
LITTER = {"name": "litter", "column": "litter"}


def _settings(*more, fixed=None, method="reml"):
    settings = copy.deepcopy(REML)
    settings["variances"]["method"] = method
    settings["model"]["random"] += more
    if fixed is not None:
        settings["model"]["fixed"] = fixed
    return settings


def _results(label, log_likelihood, parameters, *, rank=2, hashes=("a", "b"), **summary):
    k = rank + parameters
    return results(breeding_values([1.0, 2.0]), label=label, hashes=hashes, summary={
        "likelihood": "reml", "log_likelihood": log_likelihood, "fixed_rank": rank,
        "variance_parameters": parameters, "observations_sha256": "y",
        "aic": -2 * log_likelihood + 2 * k, "bic": -2 * log_likelihood + 5 * k, **summary})


SMALL, LARGE = _results("small", -100.0, 2), _results("large", -98.0, 3)


def test_one_variance_more():
    found = compare_likelihoods(SMALL, LARGE, _settings(), _settings(LITTER))
    assert (found.relation, found.smaller, found.larger) == ("nested", "small", "large")
    assert found.freed == ("the effect 'litter'",)
    assert (found.statistic, found.degrees_of_freedom) == (4.0, 1)
    assert found.distribution == "½χ²₀ + ½χ²₁"
    assert found.p_value_chi2 == pytest.approx(chi2.sf(4, 1))
    assert found.p_value == pytest.approx(chi2.sf(4, 1) / 2)
    assert (found.aic_change, found.bic_change) == (-2.0, 1.0)
    assert found.notes == ()


def test_the_order_of_the_folders_only_turns_the_changes():
    there = compare_likelihoods(SMALL, LARGE, _settings(), _settings(LITTER))
    back = compare_likelihoods(LARGE, SMALL, _settings(LITTER), _settings())
    assert (back.smaller, back.p_value, back.aic_change) == ("small", there.p_value, 2.0)


def test_several_variances_are_taken_as_independent():
    pen = {"name": "pen", "column": "pen"}
    found = compare_likelihoods(
        SMALL, _results("large", -98.0, 4), _settings(), _settings(LITTER, pen))
    assert found.distribution == "¼χ²₀ + ½χ²₁ + ¼χ²₂"
    assert found.p_value == pytest.approx(chi2.sf(4, 1) / 2 + chi2.sf(4, 2) / 4)
    assert "independent" in found.notes[0]


def test_a_variance_with_a_covariance():
    both = _settings()
    both["model"]["random"] = [{"name": "animal", "relationship": "pedigree",
                                "components": {"direct": "id", "maternal": "dam"}}]
    found = compare_likelihoods(SMALL, _results("large", -98.0, 4), _settings(), both)
    assert found.distribution == "½χ²₁ + ½χ²₂"
    assert found.p_value == pytest.approx((chi2.sf(4, 1) + chi2.sf(4, 2)) / 2)


def test_factors_have_no_known_distribution():
    sites = {"name": "g", "components": {"line": {"column": "line", "basis": {
        "classes": "site", "levels": list("abcdef")}}}}
    one, two = ({**sites, "covariance": {"kind": "factor_analytic", "order": order}}
                for order in (1, 2))
    found = compare_likelihoods(SMALL, _results("large", -98.0, 7), _settings(one), _settings(two))
    assert found.p_value is None
    assert found.p_value_chi2 == pytest.approx(chi2.sf(4, 5))
    assert "no known distribution" in found.notes[0]
    assert "p not known" in _text(SMALL, _results("large", -98.0, 7), _settings(one),
                                  _settings(two))


def test_a_parameter_on_its_boundary_is_told():
    small = _results("small", -100.0, 2, estimation={"parameters": [
        {"parameter": "animal", "estimate": 1e-9, "status": "boundary"}]})
    found = compare_likelihoods(small, LARGE, _settings(), _settings(LITTER))
    assert "animal of small is on its boundary" in found.notes[0]


def test_models_that_are_not_nested_have_information_criteria_only():
    pen = {"name": "pen", "column": "pen"}
    found = compare_likelihoods(LARGE, _results("other", -97.0, 3), _settings(LITTER),
                                _settings(pen))
    assert (found.relation, found.statistic, found.p_value) == ("not nested", None, None)
    assert found.aic_change == -2.0
    text = _text(LARGE, _results("other", -97.0, 3), _settings(LITTER), _settings(pen))
    assert "not nested" in text
    assert "AIC −2" in text


def test_the_same_model_twice():
    found = compare_likelihoods(SMALL, SMALL, _settings(), _settings())
    assert (found.relation, found.statistic, found.degrees_of_freedom) == ("same model", 0.0, 0)
    assert "likelihoods" not in _text(SMALL, SMALL, _settings(), _settings())


def test_as_many_parameters_and_another_likelihood_are_not_the_same_model():
    """One factor over three classes and an unstructured matrix have six parameters each."""
    one, two = (copy.deepcopy(REML) for _ in range(2))
    basis = {"column": "animal", "basis": {"classes": "env", "levels": ["a", "b", "c"]}}
    for settings, structure in (
            (one, {"kind": "factor_analytic", "order": 1}), (two, "unstructured")):
        settings["model"]["random"] = [{
            "name": "animal", "relationship": "pedigree", "components": {"g": basis},
            "covariance": structure}]
    found = compare_likelihoods(_results("factor", -100.0, 7), _results("free", -99.9, 7), one, two)
    assert (found.relation, found.p_value) == ("not nested", None)
    assert "with as many parameters" in found.why
    same = compare_likelihoods(_results("factor", -100.0, 7), _results("free", -100.0, 7), one, two)
    assert same.relation == "same model"


def test_fixed_effects_by_maximum_likelihood():
    small, large = (_results(label, value, 2, rank=rank, likelihood="ml")
                    for label, value, rank in (("small", -100.0, 2), ("large", -95.0, 4)))
    found = compare_likelihoods(small, large, _settings(method="ml"), _settings(
        fixed=["sex", "year"], method="ml"))
    assert found.freed == ("fixed effect 'year'",)
    assert (found.degrees_of_freedom, found.distribution) == (2, "χ²₂")
    assert found.p_value == pytest.approx(chi2.sf(10, 2))
    assert "F tests" in found.notes[0]


def test_given_variances():
    given = _results("given", -110.0, 0, variance_parameters=None, aic=None, bic=None)
    found = compare_likelihoods(given, SMALL, SETTINGS, _settings())
    assert (found.degrees_of_freedom, found.distribution) == (2, "χ²₂")
    assert found.aic_change is None
    assert compare_likelihoods(given, given, SETTINGS, SETTINGS).relation == "given"


@pytest.mark.parametrize(("large", "settings", "why"), [
    (_results("large", -98.0, 3, hashes=("changed", "b")), _settings(LITTER),
     "different files of records"),
    (_results("large", -98.0, 3, observations_sha256="z"), _settings(LITTER),
     "different observations"),
    (_results("large", -98.0, 3, observations_sha256=None), _settings(LITTER), "older version"),
    (_results("large", -98.0, 3, likelihood="ml"), _settings(LITTER, method="ml"),
     "likelihood of 'reml', large of 'ml'"),
    (_results("large", -98.0, 3, converged=False), _settings(LITTER), "large did not converge"),
    (results(breeding_values([1.0]), label="large"), _settings(LITTER),
     "large has no log-likelihood"),
    (_results("large", -98.0, 2, rank=4), _settings(fixed=["sex", "year"]), "variances: ml"),
    (_results("large", -98.0, 3, pedigree={"groups": ["G1"]}), _settings(LITTER), "variances: ml"),
    (_results("large", -101.0, 3), _settings(LITTER), "not at its maximum"),
    (LARGE, {"variances": "reml"}, "another version"),
    (LARGE, {**_settings(LITTER), "model": {"new_key": 1}}, "another version"),
])
def test_what_cannot_be_compared(large, settings, why):
    found = compare_likelihoods(SMALL, large, _settings(), settings)
    assert found.relation == "not comparable"
    assert why in found.why
    assert (found.p_value, found.aic_change) == (None, None)


def test_a_likelihood_that_is_lower_by_rounding_counts_as_equal():
    found = compare_likelihoods(
        SMALL, _results("large", -100.0 - 1e-6, 3), _settings(), _settings(LITTER))
    assert (found.statistic, found.p_value) == (0.0, 1.0)


@pytest.mark.parametrize(("variances", "others", "words"), [
    (0, 3, "χ²₃"), (1, 9, "½χ²₉ + ½χ²₁₀"), (2, 1, "¼χ²₁ + ½χ²₂ + ¼χ²₃"),
    (3, 2, "Σ C(3, i)/2³ χ² with 2 + i degrees of freedom"),
])
def test_mixtures_in_words(variances, others, words):
    assert mixture(variances, others) == words


def test_on_a_terminal():
    text = _text(SMALL, LARGE, _settings(), _settings(LITTER))
    for part in ("What the likelihoods say", "large has what small has not: the effect 'litter'.",
                 "2ΔL = 4, degrees of freedom 1", "½χ²₀ + ½χ²₁: p = 0.0228",
                 "(by χ² alone 0.0455)", "AIC −2, BIC 1"):
        assert part in text


def test_as_json():
    document = json.loads(comparison_json(compare(
        SMALL, LARGE, old_settings=_settings(), new_settings=_settings(LITTER))))
    assert document["likelihood"]["p_value"] == pytest.approx(chi2.sf(4, 1) / 2)
    assert document["variances"][0] == {
        "effect": "animal", "component_1": "animal", "trait_1": "y", "component_2": "animal",
        "trait_2": "y", "old": 30.0, "new": 30.0, "se_old": None, "se_new": None, "change": 0.0,
        "ratio": 1.0}
    assert document["reasons"][0]["kind"] == "model"


def _text(old, new, old_settings, new_settings):
    return comparison_text(compare(
        old, new, old_settings=old_settings, new_settings=new_settings), width=200)
