"""Where the share of an additive effect is a heritability, and where it is a sire's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval

PEDIGREE = pd.DataFrame({
    "tag": ["s", "t", "d", "e", "a", "b", "c", "f"],
    "father": ["", "", "", "", "s", "s", "t", "t"],
    "mother": ["", "", "", "", "d", "d", "e", "e"]})
RECORDS: dict[str, Any] = {
    "y": [1.0, 2.0, 4.0, 3.0], "tag": ["a", "b", "c", "f"], "bull": ["s", "s", "t", "t"],
    "father": ["s", "s", "t", "t"], "sire": ["s", "s", "t", "t"], "mother": ["d", "d", "e", "e"],
    "cow": ["d", "d", "e", "e"], "who": ["a", "b", "c", "f"]}


def named(
    random: list[dict[str, Any]], records: dict[str, Any] | None = None
) -> tuple[list[str], str]:
    """Parameters of an effect called g, and the warning, if any."""
    variances = {effect["name"]: (np.eye(len(effect.get("components", "x"))) * 2).tolist()
                 for effect in random}
    found = breedeval.evaluate(
        pd.DataFrame(records or RECORDS), pedigree=PEDIGREE,
        pedigree_options={"columns": {"individual": "tag", "sire": "father", "dam": "mother"}},
        model={"traits": ["y"], "random": random}, variances={**variances, "residual": 6})
    table = found.genetic_parameters
    return (list(table.loc[table["effect"] == "g", "parameter"]),
            " ".join(text for text in found.summary["warnings"] if "heritability" in text))


def of(column: str) -> dict[str, Any]:
    return {"name": "g", "column": column, "relationship": "pedigree"}


@pytest.mark.parametrize("random", [
    [of("tag")], [of("who")], [of("tag"), {"name": "m", "column": "mother"}]],
    ids=["called so in the pedigree", "a record each", "with another effect"])
def test_of_the_recorded_individuals_it_is_heritability(random: list[dict[str, Any]]) -> None:
    assert named(random) == (["heritability"], "")


@pytest.mark.parametrize("column", ["sire", "father"])
def test_of_sires_it_is_a_quarter_of_it(column: str) -> None:
    """By a standard name, and by what the pedigree calls its sires."""
    parameters, warning = named([of(column)])
    assert parameters == ["variance_ratio"]
    assert f"offspring of 'g' (column '{column}')" in warning
    assert "Multiply 'variance_ratio' and its standard error by 4" in warning


def test_of_dams_it_holds_what_is_maternal_too() -> None:
    parameters, warning = named([of("mother")])
    assert parameters == ["variance_ratio"]
    assert "a quarter of the additive variance, and all of maternal effects" in warning


def test_of_repeated_levels_nothing_is_guessed() -> None:
    parameters, warning = named([of("bull")])
    assert parameters == ["variance_ratio"]
    assert "nothing tells whether they are recorded themselves or are parents" in warning


def test_a_permanent_environment_tells_that_individuals_are_recorded_again() -> None:
    again = {**RECORDS, "who": ["a", "a", "c", "f"]}
    assert named([of("who")], again)[0] == ["variance_ratio"]
    assert named([of("who"), {"name": "pe", "column": "who"}], again) == (
        ["heritability", "repeatability"], "")


@pytest.mark.parametrize("random", [
    [{"name": "g", "relationship": "pedigree", "components": {"direct": "who", "maternal": "cow"}}],
    [{"name": "g", "relationship": "pedigree", "components": {"maternal": "cow", "direct": "tag"}}],
], ids=["told by the records", "the other order"])
def test_maternal_effects_beside_direct_ones_keep_their_heritability(
    random: list[dict[str, Any]]
) -> None:
    parameters, warning = named(random)
    assert sorted(parameters) == [
        "correlation", "heritability", "heritability", "total_heritability"]
    assert warning == ""


def test_separate_effects_of_dam_and_calf_are_told_by_the_pedigree() -> None:
    again = {**RECORDS, "who": ["a", "a", "c", "f"]}     # one has two records: not a record each
    maternal = {"name": "m", "column": "cow", "relationship": "pedigree"}
    assert named([of("who"), maternal], again) == (["heritability"], "")


def test_effects_without_breeding_values_are_no_question() -> None:
    assert named([{"name": "g", "column": "bull"}]) == (["variance_ratio"], "")
