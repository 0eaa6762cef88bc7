"""Likelihood-ratio tests between results folders against ASReml and BLUPF90."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.comparison.likelihood import LikelihoodTest, compare_likelihoods
from breedeval.config.yaml_loader import plain, read_tree
from breedeval.io.comparison import read_results
from breedeval.workflow.run import run_file
from tests.reference.running import CONFIGS, answers

PRINTED_LIKELIHOODS = 0.004
"""2ΔL of two log-likelihoods that are given to 0.002 each."""


def _test(folder: Path, config: str, *overrides: str) -> LikelihoodTest:
    """The configured run as the new one, against itself with overrides as the old one."""
    for name, more in (("old", overrides), ("new", ())):
        outcome = run_file(CONFIGS / f"{config}.yaml", overrides=(
            *more, f"output.directory={folder / name}"))
        assert outcome.exit_code == 0, outcome.message
    settings = [{key: plain(node) for key, node in read_tree(
        folder / name / "config.yaml").values.items()} for name in ("old", "new")]
    return compare_likelihoods(
        read_results(folder / "old"), read_results(folder / "new"), *settings)


def test_mothers_of_gryphons(tmp_path: Path) -> None:
    """The printed p-value is that of χ² with one degree of freedom; the mixture halves it."""
    found = _test(tmp_path, "gryphon_reml", (
        "model.random=[{name: animal, column: animal, relationship: pedigree}, "
        "{name: birth_year, column: byear}]"))
    printed = answers("wam_gryphon_univariate")
    assert found.freed == ("the effect 'mother'",)
    assert found.statistic == pytest.approx(
        2 * (printed["model4"]["logL"] - printed["model3"]["logL"]), abs=PRINTED_LIKELIHOODS)
    assert found.p_value_chi2 == pytest.approx(
        printed["model4"]["LRT_vs_model3_p"], rel=PRINTED_LIKELIHOODS / 2)
    assert found.p_value == pytest.approx(found.p_value_chi2 / 2)


def test_estimated_against_given_variances(tmp_path: Path) -> None:
    found = _test(tmp_path, "blupf90_aireml", "variances={animal: 100, residual: 100}")
    assert found.statistic == pytest.approx(
        answers("blupf90_aireml_single")["difference_minus2logL"], abs=1e-4)
    assert found.degrees_of_freedom == 2


def test_variances_by_sex_are_not_nested(tmp_path: Path) -> None:
    """Independent breeding values of the sexes do not include the same value in both."""
    found = _test(
        tmp_path, "gryphon_by_sex", "model.residual={}",
        "model.random=[{name: animal, column: animal, relationship: pedigree}, "
        "{name: birth_year, column: byear}, {name: mother, column: mother}]")
    printed = answers("wam_gryphon_univariate")
    assert found.relation == "not nested"
    assert found.aic_change == pytest.approx(
        -2 * (printed["model_SEX"]["logL"] - printed["model4"]["logL"]) + 4,
        abs=PRINTED_LIKELIHOODS)
