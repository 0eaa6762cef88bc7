"""What the data of a model lack, effect by effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from breedeval.variance.diagnosis import Gap, find_gaps, shortened
from tests.unit.evaluation.made import equations_of

PEDIGREE = pd.DataFrame({
    "id": ["s", "t", *(f"d{k}" for k in range(8)), *(f"c{k}" for k in range(8))],
    "sire": [*[""] * 10, *["s", "t"] * 4], "dam": [*[""] * 10, *(f"d{k}" for k in range(8))]})
RECORDS: dict[str, Any] = {
    "y": np.arange(8.0), "z": np.arange(8.0)[::-1], "id": [f"c{k}" for k in range(8)],
    "dam": [f"d{k}" for k in range(8)], "pair": list("aabbccdd"), "like": list("ppqqrrss"),
    "all": ["x"] * 8, "year": 2000.0 + np.arange(8), "kind": list("kkkkkkkl")}


def gaps(random: list[dict[str, Any]], **model: Any) -> list[Gap]:
    records, wide = dict(RECORDS), model.get("traits", ["y"])
    if model.pop("apart", None):
        records["y"] = [1.0, None] * 4
        records["z"] = [None, 1.0] * 4
    size = len(wide)
    variances: dict[str, Any] = {
        effect["name"]: np.eye(size * len(effect.get("components", "x"))).tolist()
        for effect in random}
    by = model.get("residual", {}).get("by")
    one = np.eye(size).tolist()
    variances["residual"] = dict.fromkeys(sorted(set(RECORDS[by])), one) if by else one
    return list(find_gaps(equations_of(
        records, {"traits": ["y"], "random": random, **model}, variances, PEDIGREE)))


def test_every_level_has_one_record() -> None:
    found, = gaps([{"name": "litter", "column": "dam"}])
    assert found.effects == ("litter", "residual")
    assert found.hopeless
    assert found.found.startswith("every level of 'litter' has one record")
    assert found.remedy.startswith("Leave 'litter' out")


def test_individuals_with_one_record_are_an_animal_model() -> None:
    assert not gaps([{"name": "animal", "column": "id", "relationship": "pedigree"}])


def test_one_level_is_taken_up_by_the_mean_and_not_without_one() -> None:
    found, = gaps([{"name": "whole", "column": "all"}])
    assert found.hopeless
    assert found.found == ("'whole' has one level only, which the mean takes up: nothing is left "
                           "to estimate its variance from")
    found, = gaps([{"name": "whole", "column": "all"}], intercept=False)
    assert not found.hopeless
    assert found.found == "'whole' has 1 level with records"


def test_levels_within_a_fixed_effect() -> None:
    found = gaps([{"name": "litter", "column": "pair"}], fixed=["like"])
    assert found[0].hopeless
    assert found[0].found.startswith("each level of 'like', which is fixed, has one level of")
    slope = {"name": "slope", "components": {
        "slope": {"column": "pair", "basis": {"covariate": "year"}}}}
    assert not any("is fixed" in gap.found for gap in gaps([slope], fixed=["like"]))


def test_two_effects_with_the_same_levels() -> None:
    found = gaps([{"name": "one", "column": "pair"}, {"name": "other", "column": "like"}])
    assert [gap.found for gap in found if gap.hopeless] == [
        "'one' and 'other' group the records in the same way, so that only the sum of their "
        "variances can be estimated"]


def test_dams_with_one_calf() -> None:
    genetic = {"name": "genetic", "relationship": "pedigree",
               "components": {"direct": "id", "maternal": "dam"}}
    found, = gaps([genetic])
    assert found.found.startswith("every individual in 'maternal' of 'genetic' has one record, "
                                  "that of its one offspring in 'direct'")
    assert not found.hopeless       # relatives among the dams may tell
    assert "leave 'maternal' out" in found.remedy


def test_traits_that_no_record_shares() -> None:
    pen = {"name": "pen", "column": "pair"}
    found = [gap for gap in gaps([pen], traits=["y", "z"], apart=True) if "no record" in gap.found]
    assert found[0].found.startswith("no record has both 'y' and 'z'")
    assert "{covariance: diagonal}" in found[0].remedy
    assert "fix: ['residual(y,z)']" in found[0].remedy


def test_classes_of_the_residual_with_one_record() -> None:
    pen = {"name": "pen", "column": "pair"}
    found = [gap.found for gap in gaps([pen], residual={"by": "kind"}) if "class" in gap.found]
    assert found == ["a class of the residual (l) has one record, which cannot tell a variance"]


def test_a_reaction_norm_far_from_zero() -> None:
    curve = {"name": "curve", "components": {
        "level": "pair", "slope": {"column": "pair", "basis": {"covariate": "year"}}}}
    assert [gap.remedy for gap in gaps([curve]) if "far from zero" in gap.found] == [
        "Subtract a constant such as 2004 from the column"]


def test_long_lists_are_shortened() -> None:
    assert shortened(list("abcdef")) == "a, b, c, d, e, f"
    assert shortened(list("abcdefgh")) == "a, b, c, d, e and 3 more"
