"""Tests of fixed effects against pbkrtest and lmerTest on field trials, and ASReml on the gryphons.

The programs differ in the covariance W of the variances: pbkrtest inverts the expected information,
lmerTest the observed one, ASReml the average information, as we do. Each gets here what it used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from breedeval import ladder
from breedeval.equations.henderson import Equations
from breedeval.solve import direct_solver
from breedeval.variance import fixed_tests
from breedeval.variance.fixed_tests import Denominator, FixedTest
from breedeval.variance.likelihood import Likelihood
from tests.oracles.dense_kenward_roger import DenseFixed
from tests.reference.running import CONFIGS, answers, assert_printed
from tests.unit.variance.dense_fixed import dense_fixed

TRIALS: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "sorghum_e3": ("sorghum_environment", [], {"replicate": "rep"}),
    "sorghum": ("sorghum_crossed", [],
                {"genotype": "gen", "interaction": "gen:env", "replicate": "env:rep"}),
    "john_alpha": ("alpha_design", ["model.fixed=[gen, rep]"], {"block": "rep:block"}),
    "john_alpha_random": ("alpha_design", [
        "model.fixed=[rep]", "model.random=[{name: genotype, column: gen}, "
        "{name: block, column: 'rep:block'}]"], {"genotype": "gen", "block": "rep:block"}),
    "kempton_lattice": ("lattice", [],
                        {"replicate": "rep", "row": "rep:row", "column": "rep:col"}),
}


def _equations(config: str, *overrides: str) -> Equations:
    run = ladder.read(CONFIGS / f"{config}.yaml", overrides=overrides)
    design = ladder.design(run)
    return ladder.equations(run, design, ladder.relationships(run, design))


class _Trial:
    """A trial as equations and dense."""

    def __init__(self, name: str) -> None:
        """At lme4's estimates; ``numerical``: how exact lmerTest's numerical derivatives are there.

        It differentiates the criterion twice in other parameters, whose curvature adds what is left
        of the gradient.
        """
        self.name = name
        config, overrides, names = TRIALS[name]
        self.answer = answers("lme4_field_trials")[name]
        self.numerical = max(1e-6, self.answer["reml"]["largest_gradient_of_log_variances"])
        printed = self.answer["reml"]["variances"]
        values = ", ".join(f"{own}: {printed[other]}" for own, other in
                           {**names, "residual": "residual"}.items())
        self.equations = _equations(config, *overrides, f"variances={{{values}}}")
        self.dense: DenseFixed = dense_fixed(self.equations)

    def tests(self, w: Any, denominator: Denominator) -> dict[tuple[str, str], FixedTest]:
        found = fixed_tests.test_fixed_effects(
            self.equations, w, direct_solver().factorise(self.equations.lower()),
            denominator=denominator)
        return {(test.effect, test.kind): test for test in found}


@pytest.fixture(scope="module", params=TRIALS)
def trial(request: pytest.FixtureRequest) -> _Trial:
    return _Trial(request.param)


KINDS = {"incremental": "sequential", "conditional": "adjusted_for_all_others"}


def test_kenward_roger_of_pbkrtest(trial: _Trial) -> None:
    """Twelve digits are printed of the variances, too."""
    found = trial.tests(np.linalg.inv(trial.dense.expected_information), "kenward_roger")
    for kind, name in KINDS.items():
        for effect, printed in trial.answer["kenward_roger"][name].items():
            test = found[effect, kind]
            assert test.method == "kenward_roger"
            assert not test.note
            assert test.numerator_df == printed["numerator_df"]
            assert test.denominator_df == pytest.approx(printed["denominator_df"], rel=1e-9)
            assert test.f == pytest.approx(printed["F"], rel=1e-9)
            assert test.p_value == pytest.approx(printed["p"], rel=1e-7)


def test_satterthwaite_of_lmertest(trial: _Trial) -> None:
    """Its 34.90 and 34.74 for one hypothesis about the alpha design are for the next test."""
    found = trial.tests(np.linalg.inv(trial.dense.observed_information), "satterthwaite")
    for kind, name in KINDS.items():
        for effect, printed in trial.answer["satterthwaite"][name].items():
            test = found[effect, kind]
            assert test.method == "satterthwaite"
            assert test.numerator_df == printed["numerator_df"]
            assert test.f == pytest.approx(printed["F"], rel=1e-9)
            if (trial.name, effect) != ("john_alpha", "gen"):
                assert test.denominator_df == pytest.approx(
                    printed["denominator_df"], rel=trial.numerical)


def test_satterthwaite_of_lmertest_depends_on_how_contrasts_are_written() -> None:
    trial = _Trial("john_alpha")
    dense = trial.dense
    dense.w = np.linalg.inv(dense.observed_information)
    genotypes = slice(1, 24)
    treatments = np.eye(dense.b.size)[:, genotypes]
    root = np.linalg.cholesky(dense.x.T @ dense.x)
    stepwise = (root / np.diagonal(root))[:, genotypes]
    printed = trial.answer["satterthwaite"]
    for contrasts, name in ((stepwise, "sequential"), (treatments, "adjusted_for_all_others")):
        assert dense.fai_cornelius(contrasts) == pytest.approx(
            printed[name]["gen"]["denominator_df"], rel=1e-6)
    assert dense.wald(stepwise) == pytest.approx(dense.wald(treatments), rel=1e-10)


def test_coefficients_of_lmertest(trial: _Trial) -> None:
    """One function of b each, with either covariance of the variances."""
    dense = trial.dense
    terms = trial.equations.design.fixed
    labels = ["(Intercept)", *(f"{term.name}{level}" for term in terms[1:]
                               for level in term.levels[1:])]
    for method, information, tolerance in (
            ("satterthwaite", dense.observed_information, trial.numerical),
            ("kenward_roger", dense.expected_information, 1e-7)):
        dense.w = np.linalg.inv(information)
        printed = trial.answer[method]["coefficients"]["df"]
        for label, unit in zip(labels, np.eye(dense.b.size), strict=True):
            assert dense.satterthwaite(unit) == pytest.approx(printed[label], rel=tolerance)


def test_gryphons_of_asreml() -> None:
    """Its F is that of known variances; degrees of freedom are printed without decimals."""
    printed = answers("wam_gryphon_univariate")["model2"]
    values = {part["term"]: part["estimate"] for part in printed["varcomp"]}
    equations = _equations(
        "gryphon_reml", "model.random=[{name: animal, column: animal, relationship: pedigree}]",
        f"variances={{animal: {values['animal']}, residual: {values['residual']}}}")
    w = _inverse_average_information(equations)
    found = fixed_tests.test_fixed_effects(
        equations, w, direct_solver().factorise(equations.lower()), denominator="auto")
    tests = {test.effect: test for test in found if test.kind == "incremental"}
    for effect, table in printed["wald"].items():
        assert_printed(float(f"{tests[effect].f_unadjusted:.4g}"), table["F"], 1)
        assert_printed(tests[effect].denominator_df, table["denDF"], 0)
        assert tests[effect].method == "kenward_roger"


def _inverse_average_information(equations: Equations) -> Any:
    point = Likelihood(equations, direct_solver())(equations.variances)
    return np.linalg.inv(point.derivatives().information)
