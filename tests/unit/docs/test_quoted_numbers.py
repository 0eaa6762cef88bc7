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


def test_decisions_of_the_cattle_tutorial() -> None:
    page, found = _page("docs/tutorial_cattle.md"), _run("dairy_decisions")
    index = found.decisions["index"].set_index(["index", "criterion"])
    for words, trait, digits in (("milk (lb)", "milk", 0), ("fat (lb)", "fat", 1),
                                 ("protein (lb)", "prot", 1)):
        row = index.loc[("index", trait)]
        assert f"| {words} | {row['response']:.{digits}f} | {row['response_in_sd']:.2f} |" in page
    assert f"{index.loc[('milk only', 'milk'), 'response']:.0f} lb of it would be gained" in page
    selection, used = found.summary["selection"], found.summary["contributions"]
    assert f"the {selection['candidates']:,} candidates" in page
    assert f"the accuracy of the index, {selection['accuracy']:.2f} on" in page
    assert f"mean coancestry of {used['truncation']['coancestry']:.4f}" in page
    assert f"they have {used['coancestry']:.4f}, the limit" in page
    assert f"({used['index']:.3f} for {used['truncation']['index']:.3f}): two bulls" in page
    assert used["at_maximum"] == 2
    assert f"{100 * used['delta_f']:.2f} % a generation" in page
    assert f"an effective population of {used['effective_size']:.0f}," in page
    mating = found.summary["mating"]
    assert f"inbreeding of {100 * mating['random_inbreeding']:.2f} %; as planned it is 0" in page
    assert mating["mean_inbreeding"] == 0
    assert f"Of {mating['possible_pairs']:,} possible pairs, 96 are above" in page


def test_decisions_of_the_plant_tutorial() -> None:
    page, found = _page("docs/tutorial_plants.md"), _run("wheat_decisions")
    index = found.decisions["index"].pivot(
        index="index", columns="criterion", values="response_in_sd")
    for words, name in (("all environments alike", "index"),
                        ("first environment only", "first environment")):
        numbers = " | ".join(f"{value:.2f}".replace("-", "−") for value in index.loc[name])
        assert f"| {words} | {numbers} |" in page
    used = found.summary["contributions"]
    assert used["parents"] == {"all": 15}
    assert used["at_maximum"] == 5
    assert (f"mean index of {used['truncation']['index']:.2f} and a mean coancestry of "
            f"{used['truncation']['coancestry']:.3f}") in page
    assert f"these have {used['index']:.2f} and {used['coancestry']:.3f}" in page
    correlations = found.genetic_parameters.query(
        "parameter == 'correlation' and effect == 'line'").set_index(["trait_1", "trait_2"])
    words = [f"{correlations.loc[pair, 'estimate']:.2f}".replace("-", "−") for pair in (
        ("env3", "env2"), ("env4", "env2"), ("env4", "env3"), ("env2", "env1"),
        ("env3", "env1"), ("env4", "env1"))]
    assert ("{} between the second and the third environment, {} and {} between these and the "
            "fourth, but {}, {} and {} with the first").format(*words) in page
