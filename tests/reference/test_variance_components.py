"""Estimated variances of animal models against a textbook, BLUPF90, ASReml and gremlin.

Programs print the digits of a maximum that they stopped near: tolerances are those given with the
answers, and half a unit of the last digit where a program prints few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.comparison import LikelihoodTest
from breedeval.comparison.likelihood import compare_likelihoods
from breedeval.comparison.results import Results
from breedeval.evaluation.result import Evaluation
from tests.reference.running import (
    PEDIGREES,
    answers,
    assert_printed,
    covariances,
    estimates,
    evaluate,
    standard_errors,
    variance,
)

BOOK = "mrode_17_7_ai_reml"
TIGHT = "variances.tolerance=1e-14"
"""So that an estimate has more digits than are printed."""


@pytest.mark.parametrize("rounds", range(1, 6))
def test_mrode_17_7_iterates(rounds: int) -> None:
    """Rounds of average information from the book's start values.

    The book is a unit off in the likelihood of round 2: dense −2.18217 is printed as −2.1821.
    """
    found = evaluate("mrode_17_7_reml", f"variances.max_rounds={rounds}")
    book = answers(BOOK)
    assert_printed(variance(found, "residual"), book["iterates_sigma2e"][rounds], 4)
    assert_printed(variance(found, "animal"), book["iterates_sigma2a"][rounds], 4)
    assert found.summary["log_likelihood_without_constant"] == pytest.approx(
        book["logL"][rounds], abs=1e-4)


def test_mrode_17_7_start() -> None:
    found = evaluate("mrode_17_7_reml", "variances={animal: 0.2, residual: 0.4}")
    book = answers(BOOK)
    sex, animal = estimates(found, "sex"), estimates(found, "animal")
    ours = [sex["M"], sex["F"], *(animal[str(k)] for k in range(1, 9))]
    assert_printed(ours, book["start_solutions"], 3)
    assert_printed(found.summary["log_likelihood_without_constant"], book["logL"][0], 4)


def test_mrode_17_7_expectation_maximisation() -> None:
    """It creeps: the book's kind is at 0.4842 and 0.5504 after 1000 rounds."""
    book = answers(BOOK)
    found = evaluate(
        "mrode_17_7_reml", "variances.algorithm=em", "variances.max_rounds=1000", TIGHT)
    assert found.summary["converged"]
    assert_printed(found.summary["log_likelihood_without_constant"], book["EM_1000"]["logL"], 4)
    assert_printed(variance(found, "residual"), book["final"]["sigma2e"], 4)
    assert_printed(variance(found, "animal"), book["final"]["sigma2a"], 4)
    # the residual variance of the book's first round is y′ê/(n − p) at the start
    start = evaluate("mrode_17_7_reml", "variances={animal: 0.2, residual: 0.4}")
    sex, animal = estimates(start, "sex"), estimates(start, "animal")
    records = pd.read_csv(PEDIGREES / "mrode_17_7" / "records.csv", dtype={"id": str})
    y = records["wwg"].to_numpy()
    residuals = y - records["sex"].map(sex) - records["id"].map(animal)
    assert_printed(y @ residuals / (y.size - 2), book["first_EM_iterate"]["sigma2e"], 4)


def test_mrode_17_7_inverse_average_information() -> None:
    found = evaluate("mrode_17_7_reml")
    book = answers(BOOK)
    assert found.summary["converged"]
    assert_printed(variance(found, "residual"), book["final"]["sigma2e"], 4)
    assert_printed(variance(found, "animal"), book["final"]["sigma2a"], 4)
    np.testing.assert_allclose(_sampling(found, "residual", "animal"), book["AI_inverse"],
                               rtol=0, atol=1e-3)


def test_aireml_of_weighted_records() -> None:
    found = evaluate("blupf90_aireml")
    printed = answers("blupf90_aireml_single")
    for effect in ("animal", "residual"):
        np.testing.assert_allclose(variance(found, effect), printed[effect], rtol=0, atol=6e-4)
        np.testing.assert_allclose(
            variance(found, effect, column="se"), printed[f"se_{effect}"], rtol=0, atol=2e-3)
    ours = _sampling(found, "animal", "residual")
    np.testing.assert_allclose(ours, printed["AI_inverse"], rtol=1.2e-3)
    # V inverted densely at our estimates; the program's matrix is 0.1 % larger
    np.testing.assert_allclose(
        ours, [[13.4621336, -6.7476145], [-6.7476145, 6.5436439]], rtol=1e-5)
    value = -2 * found.summary["log_likelihood_without_constant"]
    # the program adds 8220.000 of its own
    assert value + 8220 == pytest.approx(printed["minus2logL_optimum"], abs=1e-3)
    table = found.genetic_parameters.set_index("parameter")
    assert_printed(table.loc["heritability", "estimate"], printed["h2"], 4)
    # the program samples this standard error
    assert table.loc["heritability", "se"] == pytest.approx(printed["h2_se_monte_carlo"], abs=2e-3)


def test_aireml_residual_by_class() -> None:
    """The program's inverse average information is up to 0.3 % larger than ours."""
    found = evaluate("blupf90_residual_by_class")
    printed = answers("blupf90_aireml_hetres")["by_class"]
    assert variance(found, "animal") == pytest.approx(printed["animal"], abs=6e-3)
    assert variance(found, "animal", column="se") ** 2 == pytest.approx(
        printed["AI_inverse_diag"][0], rel=3e-3)
    for k in range(3):
        name = f"residual[{k + 1}]"
        ours = variance(found, "residual", name)
        assert np.log(ours) == pytest.approx(printed["log_residual"][k], abs=1e-3)
        # the program's parameter is the logarithm
        relative = variance(found, "residual", name, "se") / ours
        assert relative**2 == pytest.approx(printed["AI_inverse_diag"][k + 1], rel=3e-3)


def test_aireml_residual_along_a_covariate() -> None:
    found = evaluate("blupf90_residual_log_linear")
    printed = answers("blupf90_aireml_hetres")["regression"]
    assert variance(found, "animal") == pytest.approx(printed["animal"], abs=6e-3)
    constant = variance(found, "residual", "residual")
    assert np.log(constant) == pytest.approx(printed["b0"], abs=1e-3)
    slope = variance(found, "residual", "log_linear(covariate)")
    assert slope == pytest.approx(printed["b1"], abs=1e-3)
    names = ("animal", "residual", "residual.log_linear(covariate)")
    to_log = np.array([1.0, 1.0 / constant, 1.0])
    ours = _sampling(found, *names) * np.outer(to_log, to_log)
    np.testing.assert_allclose(np.diagonal(ours), np.diagonal(printed["AI_inverse"]), rtol=3e-3)
    np.testing.assert_allclose(ours, printed["AI_inverse"], rtol=1e-2)


def _sampling(found: Evaluation, *names: str) -> pd.DataFrame:
    """Sampling covariances of some parameters."""
    table = found.sampling_covariance.set_index("parameter")
    return table.loc[list(names), list(names)]


GRYPHON_EFFECTS = {
    "animal": "{name: animal, column: animal, relationship: pedigree}",
    "byear": "{name: byear, column: byear}",
    "mother": "{name: mother, column: mother}",
}


def _gryphon(model: str) -> Evaluation:
    terms = [part["term"] for part in answers("wam_gryphon_univariate")[model]["varcomp"]]
    effects = ", ".join(GRYPHON_EFFECTS[name] for name in terms if name != "residual")
    fixed = ["model.fixed=[]"] if model == "model1" else []
    return evaluate("gryphon_reml", f"model.random=[{effects}]", *fixed)


@pytest.mark.parametrize("model", ["model1", "model2", "model3", "model4"])
def test_gryphon_ladder_of_asreml(model: str) -> None:
    found = _gryphon(model)
    printed = answers("wam_gryphon_univariate")[model]
    assert found.summary["converged"]
    for part in printed["varcomp"]:
        assert variance(found, part["term"]) == pytest.approx(part["estimate"], rel=1e-4)
        assert variance(found, part["term"], column="se") == pytest.approx(part["se"], rel=1e-3)
    assert_printed(found.summary["log_likelihood_without_constant"], printed["logL"], 3)
    if "h2" in printed:
        table = found.genetic_parameters.set_index("parameter")
        assert table.loc["heritability", "estimate"] == pytest.approx(printed["h2"], rel=1e-4)
        assert table.loc["heritability", "se"] == pytest.approx(printed["h2_se"], rel=1e-3)


def test_gryphon_by_sex_of_asreml() -> None:
    found = evaluate("gryphon_by_sex")
    printed = answers("wam_gryphon_univariate")["model_SEX"]
    ours = {
        "byear": ("birth_year", ""), "mother": ("mother", ""),
        "animal_sex1": ("animal", "animal[1]"), "animal_sex2": ("animal", "animal[2]"),
        "residual_sex1": ("residual", "residual[1]"), "residual_sex2": ("residual", "residual[2]")}
    for part in printed["varcomp"]:
        effect, component = ours[part["term"]]
        assert variance(found, effect, component) == pytest.approx(part["estimate"], rel=5e-3)
        assert variance(found, effect, component, "se") == pytest.approx(part["se"], rel=5e-3)
    assert_printed(found.summary["log_likelihood_without_constant"], printed["logL"], 3)


TWO_TRAITS = {name: text.replace("name: byear", "name: birth_year")
              for name, text in GRYPHON_EFFECTS.items()}
BIVARIATE = {"animal": "animal", "byear": "birth_year", "mother": "mother",
             "residual": "residual"}


def _assert_two_traits(found: Evaluation, printed: Mapping[str, Any]) -> None:
    for name, cells in printed["varcomp"].items():
        for column, tolerance in (("estimate", 1e-4), ("se", 1e-3)):
            ours = covariances(found, BIVARIATE[name], column).droplevel(
                ["component_1", "component_2"])
            for cell, value in cells.items():
                one, other = cell.split(",")
                assert ours[(other, one)] == pytest.approx(value[column], rel=tolerance)
    assert_printed(found.summary["log_likelihood_without_constant"], printed["logL"], 3)


def test_gryphon_two_traits_of_asreml() -> None:
    found = evaluate("gryphon_bivariate")
    printed = answers("wam_gryphon_bivariate")["modelb"]
    _assert_two_traits(found, printed)
    table = found.genetic_parameters
    table = table[table["parameter"] == "correlation"].set_index("effect")
    for name, effect in BIVARIATE.items():
        estimate, se = printed[f"r_{name}"]
        assert table.loc[effect, "estimate"] == pytest.approx(estimate, rel=1e-4)
        assert table.loc[effect, "se"] == pytest.approx(se, rel=1e-3)
    for trait, effects in printed["fixed"].items():
        (mean, mean_se), (contrast, contrast_se) = effects["intercept"], effects["sex2"]
        ours = [estimates(found, "intercept", trait=trait)["intercept"],
                standard_errors(found, "intercept", trait=trait)["intercept"],
                estimates(found, "sex", trait=trait)["2"],
                standard_errors(found, "sex", trait=trait)["2"]]
        np.testing.assert_allclose(
            ours, [mean, mean_se, contrast, contrast_se], rtol=1e-4)


def test_gryphon_two_traits_without_effects_of_sex() -> None:
    found = evaluate("gryphon_bivariate", "model.fixed=[]",
                     f"model.random=[{GRYPHON_EFFECTS['animal']}]")
    printed = answers("wam_gryphon_bivariate")["modela"]
    _assert_two_traits(found, printed)
    table = found.genetic_parameters
    heritability = table[table["parameter"] == "heritability"].set_index("trait_1")
    for trait in ("bwt", "tarsus"):
        estimate, se = printed[f"h2_{trait}"]
        assert heritability.loc[trait, "estimate"] == pytest.approx(estimate, rel=1e-4)
        assert heritability.loc[trait, "se"] == pytest.approx(se, rel=1e-3)


@pytest.mark.parametrize(("model", "effect"), [("modelc", "mother"), ("modeld", "byear")])
def test_gryphon_without_the_covariance_of_an_effect(model: str, effect: str) -> None:
    found = _without_covariance(effect).summary["log_likelihood_without_constant"]
    assert_printed(found, answers("wam_gryphon_bivariate")[model]["logL"], 3)


def test_likelihood_ratio_of_the_mother() -> None:
    """The tutorial's p is of χ² with one degree of freedom: half of it is left of the mixture."""
    found = _likelihood_ratio(_gryphon("model3"), _gryphon("model4"))
    printed = answers("wam_gryphon_univariate")["model4"]["LRT_vs_model3_p"]
    assert found.relation == "nested"
    assert found.degrees_of_freedom == 1
    assert found.p_value_chi2 == pytest.approx(printed, rel=1e-3)
    assert found.p_value == pytest.approx(printed / 2, rel=1e-3)


@pytest.mark.parametrize(("model", "effect"), [("modelc", "mother"), ("modeld", "byear")])
def test_likelihood_ratio_of_a_covariance(model: str, effect: str) -> None:
    """A covariance may go either way: no mixture."""
    found = _likelihood_ratio(_without_covariance(effect), evaluate("gryphon_bivariate"))
    printed = answers("wam_gryphon_bivariate")[model]
    assert found.relation == "nested"
    assert found.statistic == pytest.approx(printed["twice_difference_from_modelb"], abs=1e-3)
    assert found.p_value == pytest.approx(printed["p"], rel=1e-3)


def _without_covariance(effect: str) -> Evaluation:
    effects = [text.replace("}", ", covariance: diagonal}") if name == effect else text
               for name, text in TWO_TRAITS.items()]
    return evaluate("gryphon_bivariate", f"model.random=[{', '.join(effects)}]")


def _likelihood_ratio(smaller: Evaluation, larger: Evaluation) -> LikelihoodTest:
    """As ``breedeval compare`` does with their folders."""
    provenance = {"inputs": [{"role": "records", "path": "records.csv", "sha256": "the same"}]}
    one, other = (
        Results(label, found.breeding_values, found.solutions, found.variances,
                found.genetic_parameters, found.summary, provenance)
        for label, found in (("smaller", smaller), ("larger", larger)))
    return compare_likelihoods(one, other, smaller.settings, larger.settings)


def test_dairy_with_permanent_environment_of_gremlin() -> None:
    _assert_dairy(evaluate("dairy_reml"), answers("pedigreemm_milk")["model2_with_pe"]["gremlin"])


COW_AND_HERD = ("model.random=[{name: cow, column: id, relationship: pedigree}, "
                "{name: herd, column: herd}]")


def test_dairy_without_permanent_environment_of_gremlin() -> None:
    _assert_dairy(evaluate("dairy_reml", COW_AND_HERD),
                  answers("pedigreemm_milk")["model1"]["gremlin"])


def test_dairy_without_permanent_environment_of_lme4() -> None:
    """lme4's REML criterion is −2 log L with its constant."""
    found = evaluate("dairy_reml", COW_AND_HERD)
    printed = answers("pedigreemm_milk")["model1"]["pedigreemm"]
    for effect, name in {"cow": "id", "herd": "herd", "residual": "residual"}.items():
        assert variance(found, effect) == pytest.approx(printed[name], rel=2e-4)
    assert -2 * found.summary["log_likelihood"] == pytest.approx(printed["REMLcrit"], abs=2e-3)


DAIRY_EFFECTS = {"G.id": "cow", "G.pe": "permanent", "G.herd": "herd", "ResVar1": "residual"}


def _assert_dairy(found: Evaluation, printed: Mapping[str, Any]) -> None:
    for name, part in printed["varcomp"].items():
        effect = DAIRY_EFFECTS[name]
        assert variance(found, effect) == pytest.approx(part["estimate"], rel=2e-4)
        assert variance(found, effect, column="se") == pytest.approx(part["se"], rel=1e-3)
    for effect, name in {"intercept": "(Intercept)", "lact": "lact", "log_dim": "ldim"}.items():
        part = printed["fixed"][name]
        assert estimates(found, effect)[effect] == pytest.approx(part["estimate"], abs=1e-4)
        assert standard_errors(found, effect)[effect] == pytest.approx(part["se"], abs=1e-4)
    # gremlin leaves the constant out
    assert found.summary["log_likelihood_without_constant"] == pytest.approx(
        printed["logL"], abs=2e-3)
