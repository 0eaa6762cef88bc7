"""The model in words and in symbols."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from breedeval.model.spec import Model
from breedeval.report.symbols import covariance_of, formulas
from breedeval.report.words import model_in_words
from tests.unit.report.fake_evaluation import animal_model, direct_maternal

CURVE: dict[str, Any] = {
    "traits": ["milk"], "fixed": [{"covariate": "age", "degree": 2, "within": "lactation"},
                                  {"legendre": "dim", "degree": 4, "range": [5, 305]}],
    "weights": "w",
    "random": [{"name": "curve", "relationship": "pedigree", "components": {
        "lactation": {"column": "cow", "basis": {"legendre": "dim", "degree": 2}}}}]}


def plain(lines: list[Any]) -> list[str]:
    return [re.sub(r"<[^>]+>|\s(?=<math>)", "", str(line)) for line in lines]


def test_direct_and_maternal() -> None:
    evaluation = direct_maternal(60)
    model = Model.model_validate(evaluation.settings["model"])
    words = model_in_words(model, {})
    assert words.record == ("Each record of weight is taken as the sum of an overall mean, sex, "
                            "genetic and what is left over (the residual).",)
    assert words.random[0].text.startswith("Direct: one value for each level of calf. Maternal: ")
    assert "These components may be correlated." in words.random[0].text
    assert plain(formulas(model, {}, evaluation.variances)) == [
        "y=Xb+Zdirectudirect+Zmaternalumaternal+e",
        "var(udirectumaternal)=150−40−4090⊗A", "var(e)=I×350"]


def test_one_random_effect_needs_no_subscript() -> None:
    evaluation = animal_model(60)
    model = Model.model_validate({"traits": ["weight"], "random": [
        {"name": "animal", "column": "animal", "relationship": "pedigree"}]})
    assert plain(formulas(model, {}, evaluation.variances)) == [
        "y=Xb+Zu+e", "var(u)=A×3.395", "var(e)=I×3.829"]


def test_curves_and_weights() -> None:
    model = Model.model_validate(CURVE)
    words = model_in_words(model, {"pedigree": {"kind": "numerator", "inbreeding": False}})
    assert words.fixed[0].text == ("A curve over age: powers up to degree 2, one for each level of "
                                   "lactation.")
    assert words.fixed[1].text == ("A curve over dim from 5 to 305: Legendre polynomials up to "
                                   "degree 4.")
    assert "for each level of cow a curve over dim" in words.random[0].text
    assert "inbreeding is not counted" in words.random[0].text
    assert "divided by w" in words.residual
    lines = plain(formulas(model, {}, animal_model(60).variances))
    assert "φ0(dim),φ1(dim),φ2(dim)" in lines[2]
    assert lines[-1] == "var(e)=diag(1/w)×3.829"


TWO: dict[str, Any] = {
    "traits": {"weaning": {"fixed": ["sex"], "weights": "w"}, "yearling": {}},
    "fixed": ["sex", "pen"],
    "random": [{"name": "animal", "column": "animal", "relationship": "pedigree"},
               {"name": "litter", "column": "litter", "traits": ["yearling"]}]}


def test_traits_with_models_of_their_own() -> None:
    words = model_in_words(Model.model_validate(TWO), {})
    assert words.record == (
        "Each record of weaning is taken as the sum of an overall mean, sex, animal and what is "
        "left over (the residual).",
        "Each record of yearling is taken as the sum of an overall mean, sex, pen, animal, litter "
        "and what is left over (the residual).")
    assert [(term.name, term.traits) for term in (*words.fixed, *words.random)] == [
        ("sex", ()), ("pen", ("yearling",)), ("animal", ()), ("litter", ("yearling",))]
    assert "These values for the traits may be correlated." in words.random[0].text
    assert "correlated" not in words.random[1].text
    assert "The traits of one record may be correlated." in words.residual
    assert "divided by w for weaning" in words.residual


def test_traits_of_one_model_share_a_sentence() -> None:
    model = Model.model_validate({"traits": ["a", "b"], "fixed": ["sex"], "random": []})
    assert model_in_words(model, {}).record == (
        "Each record of a and b is taken as the sum of an overall mean, sex and what is left over "
        "(the residual).",)


@pytest.mark.parametrize(("covariance", "words"), [
    ("unstructured", "may be correlated, any two of them in their own way."),
    ("diagonal", "are independent of one another."),
    ({"kind": "diagonal", "variances": "equal"},
     "are independent of one another, and have the same variance."),
    ({"kind": "compound_symmetry", "variances": "unequal"},
     "are correlated, any two of them equally."),
    ("autoregressive", "are correlated, the less the further apart they stand in their order, and "
                       "have the same variance."),
    ({"kind": "factor_analytic", "order": 1}, "are correlated through 1 common factor; what is "
                                              "left of each is its own."),
    ({"kind": "scaled", "matrix": np.eye(3).tolist()}, "vary as a known matrix says, times one "
                                                       "variance.")])
def test_covariance_structures(covariance: Any, words: str) -> None:
    model = Model.model_validate({
        "traits": ["a", "b", "c"], "residual": {"covariance": covariance}, "random": [
            {"name": "site", "column": "site", "covariance": covariance}]})
    found = model_in_words(model, {})
    assert f"These values for the traits {words}" in found.random[0].text
    assert f"The traits of one record {words}" in found.residual


def test_residuals_by_class_and_along_covariates() -> None:
    model = Model.model_validate({"traits": ["a"], "residual": {
        "by": "sex", "log_linear": ["age", "year"]}})
    text = model_in_words(model, {}).residual
    assert "Each class of sex has a variance of its own." in text
    assert "each unit of age and year" in text


CELLS = ["effect", "component_1", "trait_1", "component_2", "trait_2", "estimate"]


def lower(effect: str, labels: list[tuple[str, str]], matrix: list[list[float]]) -> list[Any]:
    return [(effect, *labels[i], *labels[j], matrix[i][j])
            for i in range(len(labels)) for j in range(i + 1)]


def test_traits_stand_below_each_other() -> None:
    rows = lower("animal", [("animal", "weaning"), ("animal", "yearling")], [[3, 1], [1, 5]])
    rows += [("litter", "litter", "yearling", "litter", "yearling", 2.0)]
    rows += lower("residual", [("residual", "weaning"), ("residual", "yearling")], [[4, 0], [0, 6]])
    lines = plain(formulas(Model.model_validate(TWO), {}, pd.DataFrame(rows, columns=CELLS)))
    assert lines == [
        "y=Xb+Zanimaluanimal+Zlitterulitter+e",
        "var(uanimal weaninguanimal yearling)=3115⊗A", "var(ulitter)=I×2",
        "var(eweaningeyearling)=4006⊗diag(1/w)"]


@pytest.mark.parametrize(("covariance", "words"), [
    ("unstructured", None), ("diagonal", None),
    ({"kind": "factor_analytic", "order": 1}, "Σsite=ΛΛ′+Ψ"),
    ({"kind": "autoregressive", "variances": "unequal"}, "Σij=σiσjρ|i − j|"),
    ("compound_symmetry", "Σij=σ2ρ for i ≠ j"),
    ({"kind": "scaled", "matrix": np.eye(3).tolist()}, "Σsite=σ2M")])
def test_structures_in_symbols(covariance: Any, words: str | None) -> None:
    model = Model.model_validate({"traits": ["a", "b", "c"], "random": [
        {"name": "site", "column": "site", "covariance": covariance}]})
    rows = lower("site", [("site", trait) for trait in "abc"], np.eye(3).tolist())
    lines = plain(formulas(model, {}, pd.DataFrame(rows, columns=CELLS)))
    assert lines[2:-1] == ([] if words is None else [words])


def test_large_matrices_are_not_written_out() -> None:
    model = Model.model_validate({"traits": list("abcdefg"), "random": [
        {"name": "animal", "column": "animal", "relationship": "pedigree"}]})
    rows = lower("animal", [("animal", trait) for trait in "abcdefg"], np.eye(7).tolist())
    assert plain(formulas(model, {}, pd.DataFrame(rows, columns=CELLS)))[1] == "var(u)=Σanimal⊗A"


def test_residual_classes_and_slopes_in_symbols() -> None:
    model = Model.model_validate({"traits": ["y"], "weights": "w", "residual": {
        "by": "sex", "log_linear": ["age"]}})
    rows: list[Any] = [("residual", f"residual[{sex}]", "y", f"residual[{sex}]", "y", value)
                       for sex, value in (("f", 4.0), ("m", 6.0))]
    rows.append(("residual", "log_linear(age)", "y", "log_linear(age)", "y", 0.05))
    assert plain(formulas(model, {}, pd.DataFrame(rows, columns=CELLS)))[1:] == [
        "var(ef)=diag(exp(0.05 age)/w)×4", "var(em)=diag(exp(0.05 age)/w)×6"]
    many = [("residual", f"residual[{k}]", "y", f"residual[{k}]", "y", 1.0) for k in range(9)]
    assert plain(formulas(model, {}, pd.DataFrame(many, columns=CELLS)))[1:] == [
        "var(esex)=Rsex⊗diag(exp(b age)/w)"]


def test_bases_in_symbols() -> None:
    parts = {"line": {"column": "cow", "basis": {"bspline": "dim", "knots": 5}},
             "place": {"column": "cow", "basis": {"classes": "herd"}}}
    model = Model.model_validate({"traits": ["y"], "random": [{"name": "c", "components": parts}]})
    lines = plain(formulas(model, {}, pd.DataFrame(columns=CELLS)))
    assert "φ1(dim),φ2(dim),…,φ7(dim)" in lines[2]
    assert "1 in the column of its class of herd" in lines[3]


@pytest.mark.parametrize(("relationships", "words", "letter"), [
    ({"mine": {"kind": "supplied", "file": "kinship.csv"}}, "from kinship.csv", "K"),
    ({"mine": {"kind": "identity"}}, "independent", "I"), ({"mine": {"kind": "new"}}, "mine", "K")])
def test_relationships(relationships: dict[str, Any], words: str, letter: str) -> None:
    model = Model.model_validate({"traits": ["y"], "random": [
        {"name": "g", "components": {"pen": {"columns": ["mate1", "mate2"]}},
         "relationship": "mine"}]})
    text = model_in_words(model, relationships).random[0].text
    assert words in text
    assert "the sum of one value for each of mate1 and mate2" in text
    empty = pd.DataFrame(columns=["effect", "component_1", "trait_1", "component_2", "trait_2",
                                  "estimate"])
    assert plain(formulas(model, relationships, empty))[1] == f"var(u)={letter}σ2"


def test_components_of_one_name_are_told_apart() -> None:
    effects = [{"name": name, "components": {"curve": {"column": "cow"}},
                "relationship": relationship}
               for name, relationship in (("a", "pedigree"), ("b", "identity"))]
    model = Model.model_validate({"traits": ["y"], "random": effects})
    assert plain(formulas(model, {}, animal_model(60).variances))[0] == (
        "y=Xb+Za curveua curve+Zb curveub curve+e")


def test_formulas_are_well_formed_and_names_are_escaped() -> None:
    model = Model.model_validate({"traits": ["y"], "random": [
        {"name": "a<b", "column": "x"}, {"name": "c&d", "column": "z"}]})
    for line in formulas(model, {}, animal_model(60).variances):
        ElementTree.fromstring(str(line))


def test_covariance_is_symmetric_and_labelled() -> None:
    matrix = covariance_of(direct_maternal(60).variances, "genetic")
    assert matrix.to_numpy().tolist() == [[150.0, -40.0], [-40.0, 90.0]]
    assert matrix.index.to_list() == ["direct", "maternal"]


def test_dominance_and_epistasis() -> None:
    model = Model.model_validate({"traits": ["weight"], "random": [
        {"name": "d", "column": "animal", "relationship": "dominance"},
        {"name": "aa", "column": "animal", "relationship": "interaction"}]})
    words = model_in_words(model, {"interaction": {"kind": "epistasis"}})
    assert "pairs of alleles (dominance, D; exact where nobody is inbred)" in words.random[0].text
    assert "interactions between genes (products of A and D" in words.random[1].text
