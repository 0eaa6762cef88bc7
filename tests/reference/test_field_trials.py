"""Estimated variances of field trials and diallels against lme4, ASReml, nlme and sommer.

Help pages print four significant digits; lme4's own numbers are as good as its optimiser.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import breedeval
from breedeval import ladder
from breedeval.equations.henderson import Equations
from breedeval.evaluation.result import Evaluation
from tests.reference.running import (
    CONFIGS,
    PEDIGREES,
    answers,
    assert_printed,
    estimates,
    evaluate,
    variance,
)

TIGHT = "variances={method: reml, tolerance: 1e-14}"
"""So that an estimate has more digits than are printed."""


def test_sorghum_in_one_environment() -> None:
    found = evaluate("sorghum_environment", TIGHT)
    printed = answers("agridat_omer_sorghum")["E3_single"]
    _assert_variances(found, {"replicate": 2906, "residual": 25627}, 0)
    assert_printed(-2 * found.summary["log_likelihood"], 729.7, 1)
    _assert_relative(found, {"replicate": printed["varcomp"]["rep"],
                             "residual": printed["varcomp"]["residual"]}, 1e-6)
    assert -2 * found.summary["log_likelihood"] == pytest.approx(printed["REMLcrit"], abs=1e-8)
    mean, genotypes = estimates(found, "intercept")["intercept"], estimates(found, "gen")
    for name, value in printed["fixef"].items():
        ours = mean if name == "(Intercept)" else genotypes[name.removeprefix("gen")]
        assert ours == pytest.approx(value, abs=1e-8)


SORGHUM = {"interaction": "gen:env", "genotype": "gen", "replicate": "env:rep",
           "residual": "residual"}
CROSSED = {"traits": ["yield"], "fixed": ["env"], "random": [
    {"name": "genotype", "column": "gen"}, {"name": "interaction", "column": "gen:env"},
    {"name": "replicate", "column": "env:rep"}]}


@pytest.mark.parametrize("subset", ["E2_E4", "E2_E4_E6", "all"])
def test_sorghum_over_environments(subset: str) -> None:
    if subset == "all":
        found = evaluate("sorghum_crossed", TIGHT)
    else:
        records = pd.read_csv(PEDIGREES / "sorghum" / "records.csv")
        some = records[records["env"].isin(subset.split("_"))]
        found = breedeval.evaluate(
            some, model=CROSSED, variances={"method": "reml", "tolerance": 1e-14})
    case = answers("agridat_omer_sorghum")
    for effect, name in SORGHUM.items():
        _assert_significant(variance(found, effect), case["printed"][subset][name])
    lme4 = case["lme4_full"][subset]
    _assert_relative(found, {effect: lme4["varcomp"][name] for effect, name in SORGHUM.items()},
                     1e-4)
    assert -2 * found.summary["log_likelihood"] == pytest.approx(lme4["REMLcrit"], abs=1e-5)


ALPHA = {"block": "rep:block", "residual": "residual"}


def test_alpha_design_with_fixed_genotypes() -> None:
    """lme4 fits no intercept: its coefficients are means in the first replicate."""
    found = evaluate("alpha_design", TIGHT)
    case = answers("agridat_john_alpha")
    for effect, name in ALPHA.items():
        _assert_significant(variance(found, effect), case["printed"]["gen_fixed"][name])
    lme4 = case["lme4_full"]["gen_fixed"]
    _assert_relative(found, {effect: lme4["varcomp"][name] for effect, name in ALPHA.items()},
                     1e-4)
    assert -2 * found.summary["log_likelihood"] == pytest.approx(lme4["REMLcrit"], abs=1e-5)
    genotypes, replicates = estimates(found, "gen"), estimates(found, "rep")
    first = estimates(found, "intercept")["intercept"] + replicates["R1"]
    for name, value in lme4["fixef"].items():
        level = name.removeprefix("gen").removeprefix("rep")
        ours = (replicates[level] - replicates["R1"] if name.startswith("rep")
                else first + genotypes[level])
        assert ours == pytest.approx(value, abs=1e-5)


RANDOM_GENOTYPES = ("model.fixed=[rep]", "model.random=[{name: genotype, column: gen}, "
                    "{name: block, column: 'rep:block'}]")


def test_alpha_design_with_random_genotypes() -> None:
    found = evaluate("alpha_design", TIGHT, *RANDOM_GENOTYPES)
    case = answers("agridat_john_alpha")
    assert_printed(variance(found, "genotype"), case["printed"]["gen_random_sigma2_gen"], 6)
    lme4 = case["lme4_full"]["gen_random"]
    _assert_relative(found, {"genotype": lme4["varcomp"]["gen"],
                             "block": lme4["varcomp"]["rep:block"],
                             "residual": lme4["varcomp"]["residual"]}, 1e-4)
    assert -2 * found.summary["log_likelihood"] == pytest.approx(lme4["REMLcrit"], abs=1e-5)


def test_heritability_of_genotype_means() -> None:
    """H² = 1 − v̄/(2σ²) with the mean variance v̄ of a difference of BLUPs (Cullis et al. 2006)."""
    case = answers("agridat_john_alpha")
    lme4 = {name: part["varcomp"] for name, part in case["lme4_full"].items()}
    fixed = _equations("alpha_design", f"variances={{block: {lme4['gen_fixed']['rep:block']}, "
                       f"residual: {lme4['gen_fixed']['residual']}}}")
    first = fixed.layout.fixed_offsets[-1]
    printed = case["printed"]
    blue = _mean_variance_of_differences(fixed, fixed.number[first:first + 24])
    assert_printed(blue, printed["avg_var_diff_BLUE"], 8)
    parts = lme4["gen_random"]
    random = _equations(
        "alpha_design", *RANDOM_GENOTYPES,
        f"variances={{genotype: {parts['gen']}, block: {parts['rep:block']}, "
        f"residual: {parts['residual']}}}")
    blup = _mean_variance_of_differences(random, random.number[random.layout.random_slice(0)])
    assert blup == pytest.approx(printed["avg_var_diff_BLUP"], rel=1e-6)
    assert_printed(1 - blup / (2 * parts["gen"]), printed["H2_Cullis"], 3)
    assert_printed(parts["gen"] / (parts["gen"] + blue / 2), printed["H2_adhoc"], 3)


def _equations(config: str, *overrides: str) -> Equations:
    run = ladder.read(CONFIGS / f"{config}.yaml", overrides=overrides)
    design = ladder.design(run)
    return ladder.equations(run, design, ladder.relationships(run, design))


def _mean_variance_of_differences(equations: Equations, rows: npt.NDArray[np.int32]) -> float:
    """Over all pairs of some unknowns; those set to zero have no variance."""
    factor, n = ladder.factor(equations), rows.size
    covariance = np.zeros((n, n))
    for k in np.flatnonzero(rows >= 0):
        unit = np.zeros(equations.size)
        unit[rows[k]] = 1.0
        covariance[k] = np.where(rows >= 0, factor.solve(unit)[rows], 0.0)
    return float(2 * (np.trace(covariance) - covariance.sum() / n) / (n - 1))


BURGUENO = {
    "1 gen": "[]",
    "2 gen + rep(random)": "[{name: rep, column: rep}]",
    "3 gen + rep/block(random)": "[{name: rep, column: rep}, {name: block, column: 'rep:block'}]",
}


@pytest.mark.parametrize("model", BURGUENO)
def test_ladder_of_models_of_an_alpha_design(model: str) -> None:
    found = evaluate(
        "alpha_design", TIGHT, f"records.file={PEDIGREES / 'burgueno_alpha' / 'records.csv'}",
        "model.fixed=[gen]", f"model.random={BURGUENO[model]}")
    case = answers("agridat_burgueno_alpha")
    assert_printed(found.summary["log_likelihood_without_constant"],
                   case["asreml_logL"][model], 2)
    if model.startswith("3"):
        names = {"block": "block:rep", "rep": "rep", "residual": "residual"}
        for effect, name in names.items():
            _assert_significant(variance(found, effect), case["printed"]["inc_block"][name])
        lme4 = case["lme4_full"]
        _assert_relative(found, {effect: lme4["varcomp"][name]
                                 for effect, name in names.items()}, 1e-4)
        assert -2 * found.summary["log_likelihood"] == pytest.approx(lme4["REMLcrit"], abs=1e-5)


def test_lattice() -> None:
    found = evaluate("lattice", TIGHT)
    case = answers("agridat_kempton_slatehall")
    names = {"replicate": "rep", "row": "rep:row", "column": "rep:col", "residual": "residual"}
    for effect, name in names.items():
        _assert_significant(variance(found, effect), case["printed"][name])
        _assert_significant(variance(found, effect, column="se"), case["printed"]["se"][name])
    lme4 = case["lme4_full"]
    # lme4 was run with the rows as yf and the columns as xf
    _assert_relative(found, {
        "replicate": lme4["varcomp"]["rep"], "row": lme4["varcomp"]["rep:yf"],
        "column": lme4["varcomp"]["rep:xf"], "residual": lme4["varcomp"]["residual"]}, 1e-4)
    assert -2 * found.summary["log_likelihood"] == pytest.approx(lme4["REMLcrit"], abs=1e-5)


def test_diallel() -> None:
    found = evaluate("diallel", TIGHT)
    case = answers("agridat_hayman_tobacco")
    names = {"general": "GCA", "specific": "SCA", "reciprocal": "reciprocal",
             "residual": "residual"}
    for (effect, name), se in zip(names.items(), case["printed_asreml"]["se"], strict=True):
        _assert_significant(variance(found, effect), case["printed_asreml"][name])
        _assert_significant(variance(found, effect, column="se"), se)
        published = case["mohring_table2"]["RSCA" if name == "reciprocal" else name]
        assert variance(found, effect) == pytest.approx(published, abs=0.1)


def test_half_diallel() -> None:
    found = evaluate(
        "diallel", TIGHT, f"records.file={PEDIGREES / 'half_diallel' / 'records.csv'}",
        "model.traits=[sugar]",
        "model.random=[{name: general, components: {general: {columns: [male, female]}}}, "
        "{name: specific, column: geno}]")
    case = answers("sommer_halfdiallel")
    regress = case["regress"]
    _assert_relative(found, {
        "general": regress["sigma"]["Kg"], "specific": regress["sigma"]["Ks"],
        "residual": regress["sigma"]["residual"]}, 1e-6)
    for effect, name in {"general": "Kg", "specific": "Ks", "residual": "In"}.items():
        assert variance(found, effect, column="se") == pytest.approx(
            regress["se"][name], rel=1e-6)
    assert estimates(found, "intercept")["intercept"] == pytest.approx(
        regress["beta"]["(Intercept)"], abs=1e-6)
    sommer = dict(zip(("general", "specific", "residual"), case["sommer_mmer"].values(),
                      strict=True))
    _assert_relative(found, sommer, 2e-3)
    general = estimates(found, "general")
    for parent, value in case["gca_blup"].items():
        assert general[parent] == pytest.approx(value, rel=2e-3)


def test_residual_variance_of_every_hybrid() -> None:
    found = evaluate(
        "alpha_design", TIGHT, f"records.file={PEDIGREES / 'besag_met' / 'records.csv'}",
        "model.fixed=[gen]", "model.random=[{name: county, column: county}]",
        "model.residual={by: gen}")
    case = answers("agridat_besag_met")
    _assert_significant(variance(found, "county"), case["printed_asreml"]["county"])
    for printed in (case["printed_asreml"]["residual"], case["nlme"]["residual"]):
        for hybrid, value in printed.items():
            ours = variance(found, "residual", f"residual[{hybrid}]")
            assert ours == pytest.approx(value, rel=4e-3)


def _assert_significant(found: float, printed: float, digits: int = 4) -> None:
    """Equal to half a unit in the last of the significant digits printed."""
    assert_printed(found, printed, digits - 1 - int(np.floor(np.log10(abs(printed)))))


def _assert_relative(
    found: Evaluation, expected: Mapping[str, float], tolerance: float
) -> None:
    for effect, value in expected.items():
        assert variance(found, effect) == pytest.approx(value, rel=tolerance)


def _assert_variances(
    found: Evaluation, expected: Mapping[str, float], decimals: int
) -> None:
    for effect, value in expected.items():
        assert_printed(variance(found, effect), value, decimals)


def test_one_factor_lies_between_no_correlations_and_any() -> None:
    """Genotypes over six environments; the factor is found from loadings of 0 and from others."""
    def likelihood(covariance: str, variances: str = "reml") -> float:
        found = evaluate(
            "sorghum_factor", "model.random=[{name: genotype, components: {yield: {column: gen, "
            f"basis: {{classes: env}}}}}}, covariance: {covariance}}}, {{name: replicate, column: "
            "'env:rep'}]", f"variances={variances}")
        assert found.summary["converged"]
        return float(found.summary["log_likelihood"])

    factor = likelihood("{kind: factor_analytic, order: 1}")
    assert likelihood("diagonal") < factor < likelihood("unstructured")
    correlated = (7500.0 * (np.ones((6, 6)) + np.eye(6))).tolist()
    assert likelihood("{kind: factor_analytic, order: 1}",
                      f"{{method: reml, start: {{genotype: {correlated}}}}}") == pytest.approx(
        factor, abs=1e-6)
