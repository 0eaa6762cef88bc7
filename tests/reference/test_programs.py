"""What other programs printed: BLUPF90, ASReml, lme4's pedigreemm and gremlin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from breedeval.evaluation.result import Evaluation
from tests.oracles.dense_equations import solve_by_covariance
from tests.reference.dense_cases import gryphon
from tests.reference.running import (
    METHODS,
    answers,
    assert_printed,
    breeding_values,
    estimates,
    evaluate,
    solved_by,
    standard_errors,
)

by_every_solver = pytest.mark.parametrize("method", METHODS)
exact = pytest.mark.parametrize("method", ["cholesky", "lu"])


@by_every_solver
def test_blupf90_animal_model_without_inbreeding(method: str) -> None:
    """Eight decimals from conjugate gradients stopped early: good to 1.3e-6."""
    found = evaluate("blupf90_quick_animal", *solved_by(method))
    printed = answers("blupf90_quick_animal")
    np.testing.assert_allclose(breeding_values(found), printed["ebv"], rtol=0, atol=1.5e-6)
    a, s = estimates(found, "A"), estimates(found, "S")
    contrasts = printed["contrasts"]
    ours = [a["2"] - a["1"], a["3"] - a["1"], s["2"] - s["1"], estimates(found, "x")["x"]]
    np.testing.assert_allclose(ours, [
        contrasts["A2_minus_A1"], contrasts["A3_minus_A1"], contrasts["S2_minus_S1"],
        printed["x"]], rtol=0, atol=5e-7)


def test_blupf90_case_tells_the_two_rules_apart() -> None:
    """With inbreeding in A⁻¹ the largest change of a breeding value is 0.0118."""
    without = breeding_values(evaluate("blupf90_quick_animal", *solved_by("cholesky")))
    with_f = breeding_values(evaluate(
        "blupf90_quick_animal", "relationships.pedigree.inbreeding=true", *solved_by("cholesky")))
    assert_printed(np.abs(with_f - without).max(), 0.0118, 4)


@by_every_solver
def test_blupf90_gblup_with_a_supplied_inverse(method: str) -> None:
    found = evaluate("supplied_relationship", *solved_by(method))
    printed = answers("blupf90_gblup15")
    table = found.breeding_values
    assert set(table["individual"]) == set(printed["gebv"])
    assert_printed(table["breeding_value"],
                   [printed["gebv"][name] for name in table["individual"]], 8)
    # the mean is printed as −0.08090772 and is −0.0809077265: one unit of the last digit
    assert estimates(found, "intercept")["intercept"] == pytest.approx(printed["mean"], abs=1e-8)


def test_aireml_difference_of_log_likelihoods() -> None:
    """AIREMLF90 prints −2 log L in full; constants drop out of a difference."""
    printed = answers("blupf90_aireml_single")
    optimum = evaluate("blupf90_weights")
    start = evaluate("blupf90_weights", "variances={animal: 100, residual: 100}",
                     "solve.reliability=none")
    difference = -2 * (start.summary["log_likelihood"] - optimum.summary["log_likelihood"])
    assert difference == pytest.approx(printed["difference_minus2logL"], abs=1e-4)
    value = -2 * optimum.summary["log_likelihood_without_constant"]
    # the program adds 8220.000 of its own
    assert value + 8220 == pytest.approx(printed["minus2logL_optimum"], abs=1e-3)


GRYPHON_EFFECTS = {
    "animal": "{name: animal, column: animal, relationship: pedigree}",
    "byear": "{name: byear, column: byear}",
    "mother": "{name: mother, column: mother}",
}


def _variances(model: str) -> dict[str, float]:
    return {part["term"]: part["estimate"]
            for part in answers("wam_gryphon_univariate")[model]["varcomp"]}


def _gryphon(model: str, *overrides: str) -> Evaluation:
    given = _variances(model)
    effects = ", ".join(GRYPHON_EFFECTS[name] for name in given if name != "residual")
    return evaluate("gryphon_birth_weight", f"model.random=[{effects}]",
                    f"variances={_mapping(given)}", *overrides)


def _mapping(values: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{name}: {value!r}" for name, value in values.items()) + "}"


@pytest.mark.parametrize("model", ["model1", "model2", "model3", "model4"])
def test_gryphon_log_likelihood_of_asreml(model: str) -> None:
    """ASReml leaves out (n − p) log 2π and prints three decimals."""
    found = _gryphon(model, *(["model.fixed=[]"] if model == "model1" else []))
    printed = answers("wam_gryphon_univariate")[model]
    assert_printed(found.summary["log_likelihood_without_constant"], printed["logL"], 3)
    assert found.summary["records"] == 854
    rank = 1 if model == "model1" else 2
    assert found.summary["log_likelihood"] == pytest.approx(
        found.summary["log_likelihood_without_constant"]
        - 0.5 * (854 - rank) * np.log(2 * np.pi), abs=1e-9)


@exact
def test_gryphon_fixed_effects_of_asreml(method: str) -> None:
    found = _gryphon("model2", *solved_by(method))
    printed = answers("wam_gryphon_univariate")["model2"]["fixed"]
    ours = [estimates(found, "intercept")["intercept"], estimates(found, "sex")["2"]]
    errors = [standard_errors(found, "intercept")["intercept"], standard_errors(found, "sex")["2"]]
    assert_printed(ours, [printed["intercept"][0], printed["sex2"][0]], 6)
    # The s.e. of the intercept is printed as 0.1718244; at the variances as printed it is
    # 0.17182462, by dense generalised least squares too: six decimals are good.
    np.testing.assert_allclose(
        errors, [printed["intercept"][1], printed["sex2"][1]], rtol=0, atol=5e-7)
    _, model = gryphon(_variances("model2"))
    dense = np.sqrt(np.diagonal(solve_by_covariance(model).covariance_of_b))
    np.testing.assert_allclose(errors, dense, rtol=0, atol=1e-11)
    assert estimates(found, "sex")["1"] == 0.0


@pytest.mark.parametrize("model", ["model1", "model2", "model3"])
def test_gryphon_heritability(model: str) -> None:
    found = _gryphon(model, *(["model.fixed=[]"] if model == "model1" else []))
    table = found.genetic_parameters.set_index("parameter")
    assert_printed(table.loc["heritability", "estimate"],
                   answers("wam_gryphon_univariate")[model]["h2"], 6)


def test_gryphon_birth_year_ratio() -> None:
    """The tutorial prints the ratio of the birth year, 0.149, as the heritability of model 4."""
    table = _gryphon("model4").genetic_parameters.set_index("effect")
    assert_printed(table.loc["byear", "estimate"], 0.149, 3)


@pytest.mark.parametrize("method", ["cholesky", "lu"])
def test_dairy_with_permanent_environment_of_gremlin(method: str) -> None:
    found = evaluate("dairy_milk", *solved_by(method))
    printed = answers("pedigreemm_milk")["model2_with_pe"]["gremlin"]
    _assert_dairy_fixed(found, printed["fixed"])
    # gremlin leaves the constant out
    assert found.summary["log_likelihood_without_constant"] == pytest.approx(
        printed["logL"], abs=1e-8)


COW_AND_HERD = ("model.random=[{name: cow, column: id, relationship: pedigree}, "
                "{name: herd, column: herd}]")


def test_dairy_without_permanent_environment_of_gremlin() -> None:
    printed = answers("pedigreemm_milk")["model1"]["gremlin"]
    given = {name: printed["varcomp"][key]["estimate"] for name, key in
             (("cow", "G.id"), ("herd", "G.herd"), ("residual", "ResVar1"))}
    found = evaluate("dairy_milk", COW_AND_HERD, f"variances={_mapping(given)}")
    _assert_dairy_fixed(found, printed["fixed"])
    assert found.summary["log_likelihood_without_constant"] == pytest.approx(
        printed["logL"], abs=1e-8)


def test_dairy_without_permanent_environment_of_lme4() -> None:
    """lme4's REML criterion is −2 log L with its constant."""
    printed = answers("pedigreemm_milk")["model1"]["pedigreemm"]
    given = {"cow": printed["id"], "herd": printed["herd"], "residual": printed["residual"]}
    found = evaluate("dairy_milk", COW_AND_HERD, f"variances={_mapping(given)}")
    assert -2 * found.summary["log_likelihood"] == pytest.approx(printed["REMLcrit"], abs=1e-8)
    names = {"intercept": "(Intercept)", "lact": "lact", "log_dim": "log(dim)"}
    for effect, name in names.items():
        assert estimates(found, effect)[effect] == pytest.approx(
            printed["fixef"][name], abs=1e-9)


def _assert_dairy_fixed(found: Evaluation, printed: Mapping[str, Mapping[str, float]]) -> None:
    for effect, name in {"intercept": "(Intercept)", "lact": "lact", "log_dim": "ldim"}.items():
        assert estimates(found, effect)[effect] == pytest.approx(
            printed[name]["estimate"], abs=1e-9)
        assert standard_errors(found, effect)[effect] == pytest.approx(
            printed[name]["se"], abs=1e-9)
