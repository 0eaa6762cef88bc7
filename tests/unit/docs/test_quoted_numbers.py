"""The numbers that the README and the tutorial quote are those that the program gives."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
from scipy.stats import chi2

import breedeval
from breedeval.evaluation.result import Evaluation
from tests.reference.running import evaluate

ROOT = Path(__file__).parents[3]
EFFECTS = ("animal", "birth_year", "mother", "residual")


@cache
def _run(name: str) -> Evaluation:
    return breedeval.run(ROOT / "configs" / f"{name}.yaml")


def _page(name: str) -> str:
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def _row(label: str, found: pd.Series) -> str:
    return f"| {label} | {found['estimate']:.3f} | {found['se']:.3f} |"


def _variance(found: Evaluation, effect: str) -> pd.Series:
    return found.variances.set_index("effect").loc[effect]


def _parameter(found: Evaluation, name: str) -> pd.Series:
    return found.genetic_parameters.set_index("parameter").loc[name]


def test_variances_of_the_readme() -> None:
    page, found = _page("README.md"), _run("dairy_reml")
    for label, effect in (("cow (additive genetic)", "cow"), ("permanent environment", "permanent"),
                          ("herd", "herd"), ("residual", "residual")):
        assert _row(label, _variance(found, effect)) in page
    for name in ("heritability", "repeatability"):
        assert _row(name, _parameter(found, name)) in page
    value = found.summary["log_likelihood_without_constant"]
    assert f"log-likelihood, {value:.3f},".replace("-1", "−1") in page


def test_breeding_values_of_the_readme() -> None:
    page, table = _page("README.md"), _run("dairy_reml").breeding_values
    columns = ["breeding_value", "se", "reliability", "accuracy", "inbreeding"]
    for best in table.nlargest(5, "breeding_value").to_dict("records"):
        numbers = " | ".join(f"{best[column]:.3f}" for column in columns)
        assert f"| {best['individual']} | {numbers} | {best['records']} |" in page
    assert f"of the {len(table):,} in" in page


def test_the_run_file_of_the_readme() -> None:
    """The same but for the comments."""
    def bare(text: str) -> list[str]:
        lines = [line.split("#")[0].rstrip() for line in text.splitlines()]
        return [line for line in lines if line]

    quoted = (ROOT / "README.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    assert bare(quoted) == bare((ROOT / "configs/dairy_reml.yaml").read_text(encoding="utf-8"))


def test_variances_of_the_tutorial() -> None:
    page, found = _page("docs/tutorial.md"), _run("gryphon_reml")
    for effect in EFFECTS:
        assert _row(effect, _variance(found, effect)) in page
    assert _row("phenotypic variance", _parameter(found, "phenotypic_variance")) in page
    assert _row("heritability", _parameter(found, "heritability")) in page
    values = ", ".join(f"{effect}: {_variance(found, effect)['estimate']:.4f}"
                       for effect in EFFECTS)
    assert f"variances={{{values}}}" in page


def test_the_effect_of_sex_in_the_tutorial() -> None:
    page, found = _page("docs/tutorial.md"), _run("gryphon_reml")
    tests = found.fixed_tests.set_index(["effect", "kind"])
    sex = tests.loc[("sex", "incremental")]
    assert f"F = {sex['f']:.1f} with 1 and {sex['denominator_df']:.1f} degrees of freedom" in page
    second = found.solutions.query("effect == 'sex' and level == '2'").iloc[0]
    assert f"by {second['estimate']:.2f} with a standard error of {second['se']:.2f}" in page


def test_two_traits_in_the_tutorial() -> None:
    page, found = _page("docs/tutorial.md"), _run("gryphon_bivariate")
    row = found.genetic_parameters.query("parameter == 'correlation' and effect == 'animal'")
    estimate, se = row[["estimate", "se"]].iloc[0]
    assert f"is {estimate:.3f} with a standard error of {se:.3f}" in page


def test_the_model_without_the_mother_in_the_tutorial() -> None:
    """The ratio is 0 or a chi-square of one degree of freedom, each with probability ½."""
    page, full = _page("docs/tutorial.md"), _run("gryphon_reml")
    override = page.split('results/without_mother \\ --set "')[1].split('"')[0]
    smaller = evaluate("gryphon_reml", override)
    ratio = 2 * (full.summary["log_likelihood"] - smaller.summary["log_likelihood"])
    assert f"The likelihood ratio is {ratio:.2f}." in page
    assert f"p = {0.5 * chi2.sf(ratio, 1):.1e}" in page
    without, beside = (_parameter(found, "heritability")["estimate"] for found in (smaller, full))
    assert f"would be {without:.3f} instead of {beside:.3f}" in page
