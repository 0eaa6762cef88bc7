"""What is asked of parameters, what an estimation tells of them, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval
from tests.unit.evaluation.flock import ANIMAL, PEN, estimated, flock, table

CURVE = {"name": "curve", "components": {
    "level": "pen", "slope": {"column": "pen", "basis": {"covariate": "year"}}}}


# --- start, fix, tie, bound ----------------------------------------------------------------------


def test_what_is_fixed_stays_at_its_start() -> None:
    found = table(estimated([ANIMAL, PEN], {"start": {"pen": 0.3}, "fix": ["pen"]}))
    assert found.loc["pen", "estimate"] == 0.3
    assert found.loc["pen", "status"] == "fixed"
    assert np.isnan(found.loc["pen", "se"])


def test_nothing_is_fixed_without_a_start() -> None:
    with pytest.raises(breedeval.InputError, match="'pen' is fixed, and has no start value"):
        estimated([ANIMAL, PEN], {"fix": ["pen"]})


def test_a_fixed_start_must_be_of_its_structure_and_others_need_not() -> None:
    pair = {"name": "animal", "column": "id", "relationship": "pedigree",
            "covariance": "compound_symmetry"}
    start = {"animal": [[1.0, 0.2], [0.2, 2.0]]}
    with pytest.raises(breedeval.InputError) as raised:
        estimated([pair], {"start": start, "fix": ["animal"]}, traits=["y", "z"])
    assert "variances: start: animal: the matrix is not of the structure 'compound symmetry'" in (
        str(raised.value))
    assert estimated([pair], {"start": start}, traits=["y", "z"]).summary["converged"]


@pytest.mark.parametrize(("bounds", "status"), [
    ({"pen": [0.6, 2.0]}, "bound"), ({"pen": [0.01, 5.0], "animal": [0.02, 4.0]}, "tied")])
def test_tied_parameters_share_their_bounds(bounds: dict[str, Any], status: str) -> None:
    """The bounds of each hold for both: here their intersection."""
    free = table(estimated([ANIMAL, PEN], {"tie": [["animal", "pen"]]}))
    assert 0.02 < free.loc["pen", "estimate"] < 0.6
    found = table(estimated([ANIMAL, PEN], {"tie": [["animal", "pen"]], "bound": bounds}))
    assert found.loc["animal", "estimate"] == found.loc["pen", "estimate"]
    assert set(found.loc[["animal", "pen"], "status"]) == {status}
    expected = 0.6 if status == "bound" else free.loc["pen", "estimate"]
    assert found.loc["pen", "estimate"] == pytest.approx(expected, rel=1e-4)


def test_a_bound_is_no_boundary() -> None:
    """At a user's bound the status says so, and p tests the way inside; at 0 it is the boundary."""
    inside = table(estimated([ANIMAL, PEN], {"bound": {"pen": [0.0, 5.0]}})).loc["pen"]
    assert inside["status"] == "estimated"
    records, _ = flock()
    still = records.assign(y=records["z"] - records.groupby("pen")["z"].transform("mean"))
    for bound, status, zero in (([0.05, 5.0], "bound", False), ([0.0, 5.0], "boundary", True)):
        found = table(estimated([ANIMAL, PEN], {"bound": {"pen": bound}}, records=still)).loc["pen"]
        assert (found["status"], found["zero"]) == (status, zero)
        assert found["z"] < 0
        assert found["p_value"] > 0.5


# --- profiles ------------------------------------------------------------------------------------


def test_a_fixed_parameter_has_no_profile() -> None:
    with pytest.raises(breedeval.InputError, match="'pen' is fixed, so that its likelihood"):
        estimated([ANIMAL, PEN], {"start": {"pen": 0.3}, "fix": ["pen"], "profile": ["pen"]})


def test_every_wish_that_does_not_fit_is_said_at_once() -> None:
    with pytest.raises(breedeval.InputError) as raised:
        estimated([ANIMAL, PEN], {
            "bound": {"animal": [0.1, 2.0], "animal(x)": [0.1, 2]}, "profile": ["animal"],
            "tie": [["animal", "pen"]]}, traits=["y", "z"])
    assert [problem.split(". ")[0] for problem in raised.value.problems] == [
        "variances: bound: animal: 'animal' has 3 parameters",
        "variances: bound: animal(x): there is no effect or parameter 'animal(x)'",
        "variances: profile: 'animal' is not one parameter"]


def test_the_profile_of_a_tied_parameter_is_that_of_both() -> None:
    found = estimated([ANIMAL, PEN], {"tie": [["animal", "pen"]], "profile": ["pen"]})
    profile, one = found.profiles, table(found).loc["pen"]
    assert len(profile) > 6
    assert profile["lower"].iloc[0] == 0.0
    assert one["estimate"] < profile["upper"].iloc[0] < profile["value"].max()


def test_the_profile_of_a_bounded_parameter_ends_at_its_bound() -> None:
    found = estimated([ANIMAL, PEN], {"bound": {"pen": [0.05, 0.4]}, "profile": ["pen"]})
    assert found.profiles["value"].between(0.05, 0.4).all()
    assert (found.profiles["lower"].iloc[0], found.profiles["upper"].iloc[0]) == (0.05, 0.4)


def test_a_profile_goes_on_where_the_other_parameters_are_at_their_edge() -> None:
    """A covariance of two traits beyond what the variances at the maximum allow."""
    found = estimated([{"name": "pen", "column": "pen"}], {"profile": ["pen(y,z)"]},
                      traits=["y", "z"])
    own = table(found)
    edge = np.sqrt(own.loc["pen(y)", "estimate"] * own.loc["pen(z)", "estimate"])
    assert found.profiles["value"].abs().max() > edge
    assert np.isfinite(found.profiles[["lower", "upper"]].to_numpy()).all()
    drop = found.summary["log_likelihood"] - found.profiles["log_likelihood"]
    assert drop.iloc[0] > 1.92
    assert drop.iloc[-1] > 1.92
    assert (drop >= -1e-8).all()


# --- covariates that are not centred -------------------------------------------------------------


def test_a_slope_of_the_residual_does_not_depend_on_where_its_covariate_begins() -> None:
    """exp(b(x − c)) is exp(bx) with another variance at 0, of which there is a warning."""
    records, _ = flock(3)
    centred = records.assign(year=records["year"] - 2005)
    far, near = (estimated([PEN], {}, records=frame, residual={"log_linear": ["year"]})
                 for frame in (records, centred))
    assert any("far from zero" in warning for warning in far.summary["warnings"])
    assert not any("far from zero" in warning for warning in near.summary["warnings"])
    assert far.summary["status"] == near.summary["status"] == "done"
    assert far.summary["log_likelihood"] == pytest.approx(near.summary["log_likelihood"], abs=1e-8)
    assert far.summary["iterations"] == near.summary["iterations"] < 10
    one, other = table(far), table(near)
    slope = "residual.log_linear(year)"
    assert one.loc[slope, "estimate"] == pytest.approx(other.loc[slope, "estimate"], rel=1e-6)
    assert one.loc[slope, "se"] == pytest.approx(other.loc[slope, "se"], rel=1e-6)
    at_centre = one.loc["residual", "estimate"] * np.exp(2005 * one.loc[slope, "estimate"])
    assert at_centre == pytest.approx(other.loc["residual", "estimate"], rel=1e-6)


def test_standard_errors_about_the_mean_are_those_at_zero() -> None:
    """The covariance taken back from the centre is the one of an estimation at 0 itself.

    A bound that is not met forbids the centring.
    """
    records, _ = flock(3)
    records["year"] -= 1998
    inside, plain = (estimated([PEN], wishes, records=records, traits=["y", "z"],
                               residual={"log_linear": ["year"]})
                     for wishes in ({}, {"bound": {"residual(y)": [1e-3, 1e3]}}))
    np.testing.assert_allclose(
        table(inside)["estimate"], table(plain)["estimate"], rtol=1e-3, atol=1e-4)
    one, other = (found.sampling_covariance.set_index("parameter") for found in (inside, plain))
    free = [name for name in one.index if name.startswith("residual")]
    np.testing.assert_allclose(one.loc[free, free], other.loc[free, free], rtol=2e-2, atol=1e-4)


def test_a_reaction_norm_does_not_depend_on_where_its_covariate_begins() -> None:
    """Σ of level and slope at 0 follows from that at the centre; warned of, as it is slow."""
    records, _ = flock(3)
    rng = np.random.default_rng(2)
    level, slope = (rng.normal(0, size, 6) for size in (1.0, 0.4))
    pen = records["pen"].str[1:].astype(int).to_numpy()
    records["y"] += level[pen] + slope[pen] * (records["year"] - 2005)
    centred = records.assign(year=records["year"] - 2005)
    fixed = ("sex", {"covariate": "year"})
    farther = records.assign(year=records["year"] - 1900)
    far, near, farthest = (estimated([CURVE], {}, records=frame, fixed=fixed)
                           for frame in (farther, centred, records))
    assert any("far from zero" in warning for warning in far.summary["warnings"])
    assert far.summary["log_likelihood"] == pytest.approx(near.summary["log_likelihood"], abs=1e-7)
    one, other = table(far), table(near)
    assert one.loc["curve(slope)", "estimate"] == pytest.approx(
        other.loc["curve(slope)", "estimate"], rel=1e-4)
    back = np.array([1.0, 105.0])
    sigma = np.array([[one.loc["curve(level)", "estimate"],
                       one.loc["curve(level,slope)", "estimate"]],
                      [one.loc["curve(level,slope)", "estimate"],
                       one.loc["curve(slope)", "estimate"]]])
    assert back @ sigma @ back == pytest.approx(other.loc["curve(level)", "estimate"], rel=1e-4)
    assert farthest.summary["status"] != "done"     # 590 standard deviations from zero
    assert any("'year' runs from 2000 to 2011, far from zero" in line
               for line in farthest.summary["estimation"]["advice"])


# --- what is singular, and what is not determined ------------------------------------------------


def test_a_singular_matrix_is_warned_of() -> None:
    records, _ = flock()
    records["z"] = records["y"] + np.random.default_rng(3).normal(size=len(records))
    found = estimated([{"name": "pen", "column": "pen"}], records=records, traits=["y", "z"])
    warning, = (text for text in found.summary["warnings"] if "is singular" in text)
    assert warning.startswith("variances: the matrix of pen(y), pen(y,z), pen(z) is singular")
    own = table(found)
    assert set(own.loc[["pen(y)", "pen(y,z)", "pen(z)"], "status"]) == {"boundary"}
    assert not own["zero"].any()
    assert found.summary["status"] == "done"


def test_rounding_beside_a_doubly_singular_matrix_is_no_failure() -> None:
    """A coefficient without variance, and a correlation of 1: scores there are rounding."""
    rng = np.random.default_rng(25)
    spread = rng.uniform(0.5, 3, 5)
    values = np.outer(rng.normal(size=(40, 5))[:, 0], spread)
    line, place = np.repeat(np.arange(40), 10), np.tile(np.repeat(np.arange(5), 2), 40)
    y = values[line, place] + 1.5 * rng.normal(size=400) + place
    records = pd.DataFrame({"line": [f"g{k}" for k in line], "site": [f"e{k}" for k in place],
                            "y": 100 * y})
    found = breedeval.evaluate(
        records, model={"traits": "y", "fixed": ["site"], "random": [
            {"name": "g", "covariance": {"kind": "autoregressive", "variances": "unequal"},
             "components": {"g": {"column": "line", "basis": {"classes": "site"}}}}]},
        variances={"method": "reml", "tests": "none"})
    assert found.summary["status"] == "done"
    assert table(found).loc["g.correlation", "status"] == "boundary"


@pytest.mark.parametrize(("random", "fixed", "names", "words"), [
    ([ANIMAL, {"name": "permanent", "column": "own"}], ("sex",), ["permanent", "residual"],
     "Every level of 'permanent' has one record"),
    ([ANIMAL, PEN, {"name": "whole", "column": "flock"}], ("sex",), ["whole"],
     "'whole' has one level only, which the mean takes up"),
    ([ANIMAL, PEN], ("pen:sex",), ["pen"], "Each level of 'pen:sex', which is fixed, has one"),
], ids=["one record a level", "one level", "fixed as well"])
def test_what_the_data_do_not_determine_is_no_result(
    random: list[dict[str, Any]], fixed: tuple[str, ...], names: list[str], words: str
) -> None:
    records, _ = flock()
    found = estimated(random, records=records.assign(flock="all"), fixed=fixed)
    assert found.summary["status"] == "not determined"
    assert found.summary["converged"]
    own = table(found)
    assert own.loc[names, "se"].isna().all()
    others = own.drop(index=names)
    assert others.loc[others["status"] == "estimated", "se"].notna().all()
    assert any(line.startswith(words) for line in found.summary["estimation"]["advice"])


def test_effects_that_group_alike_are_done_where_both_are_nothing() -> None:
    """On the boundary there is nothing left to be told apart."""
    records, _ = flock()
    still = records.assign(y=records["z"] - records.groupby("pen")["z"].transform("mean"),
                           pen2=records["pen"])
    found = estimated([ANIMAL, PEN, {"name": "again", "column": "pen2"}], records=still)
    assert found.summary["status"] == "done"
    assert any("group the records in the same way" in text for text in found.summary["warnings"])


def test_traits_that_no_record_shares_are_done_with_a_warning() -> None:
    """Nothing depends on their residual covariance."""
    records, _ = flock()
    odd = np.arange(len(records)) % 2 == 0
    apart = records.assign(y=records["y"].where(odd), z=records["z"].where(~odd))
    found = estimated([PEN], records=apart, traits=["y", "z"])
    assert found.summary["status"] == "done"
    assert any(line.startswith("No record has both 'y' and 'z'")
               for line in found.summary["estimation"]["advice"])


def test_classes_with_one_record_are_counted() -> None:
    records, _ = flock()
    classes = records.assign(kind=["a", "b", "c", "d", "e", "f", "g", *["h"] * 65])
    found = estimated([PEN], {"max_rounds": 3}, records=classes, residual={"by": "kind"})
    assert not found.summary["converged"]
    assert any(line.startswith("7 classes of the residual (a, b, c, d, e and 2 more) have one")
               for line in found.summary["estimation"]["advice"])


# --- traits without variance ---------------------------------------------------------------------


@pytest.mark.parametrize(("values", "fixed", "words"), [
    ("constant", ("sex",), "'y' is 5 in every record, so that it has no variance to estimate"),
    ("by pen", ("pen",), "the fixed effects fit every record of 'y' exactly"),
    ("plain", ("id",), "the fixed effects have 72 independent columns for the 72 records of 'y'"),
])
def test_a_trait_without_variance_is_refused(
    values: str, fixed: tuple[str, ...], words: str
) -> None:
    records, _ = flock()
    if values == "constant":
        records["y"] = 5.0
    elif values == "by pen":
        records["y"] = 1e3 + records["pen"].str[1:].astype(float) / 3
    with pytest.raises(breedeval.InputError) as raised:
        estimated([ANIMAL], records=records, fixed=fixed)
    assert words in str(raised.value)


def test_a_trait_far_from_zero_has_its_small_variance() -> None:
    """Not taken for rounding of an exact fit."""
    records, _ = flock()
    found = estimated([PEN], records=records.assign(y=1e8 + records["y"]))
    near = estimated([PEN])
    assert table(found).loc["residual", "estimate"] == pytest.approx(
        table(near).loc["residual", "estimate"], rel=1e-4)


def test_tests_by_maximum_likelihood_say_that_they_are_too_good() -> None:
    found = estimated([ANIMAL, PEN], {"method": "ml", "tests": "auto"})
    assert (found.fixed_tests["note"].str.contains("too small and so is the p-value")).all()
    usual = estimated([ANIMAL, PEN], {"tests": "auto"})
    assert not usual.fixed_tests["note"].str.contains("too small").any()
