"""Yield deviations of individuals, and those of their progeny."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.evaluation.result import Evaluation

ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}
PERMANENT = {"name": "permanent", "column": "id", "relationship": "identity"}


def evaluated(
    data: pd.DataFrame, pedigree: pd.DataFrame, *, permanent: float = 0.0, **words: Any
) -> Evaluation:
    variances: dict[str, Any] = {"animal": 3.0, "residual": 7.0}
    random: list[dict[str, Any]] = [ANIMAL]
    if permanent:
        random, variances = [ANIMAL, PERMANENT], {**variances, "permanent": permanent}
    model = {"traits": ["y"], "intercept": False, "random": random}
    return breedeval.evaluate(
        data, pedigree=pedigree, output={"tables": ["yield_deviations"]},
        **{"model": model, "variances": variances, **words})


def deviations(*arguments: Any, **words: Any) -> pd.DataFrame:
    return evaluated(*arguments, **words).yield_deviations.set_index("individual")


def half_sibs(sizes: list[int], records: int = 1, seed: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    sires = [f"s{k}" for k in range(len(sizes))]
    calves = [f"c{sire}.{k}" for sire, size in zip(sires, sizes, strict=True) for k in range(size)]
    pedigree = pd.DataFrame({"id": sires + calves, "sire": [""] * len(sires) + list(
        np.repeat(sires, sizes)), "dam": ""})
    names = list(np.repeat(calves, records))
    return pd.DataFrame({"id": names, "y": rng.normal(size=len(names))}), pedigree


@pytest.mark.parametrize(("records", "permanent"), [(1, 0.0), (3, 0.0), (3, 2.0)])
def test_effective_progeny_are_the_reliability(records: int, permanent: float) -> None:
    """Sires of half sibs with unknown dams: r² = EDC/(EDC + k), k = (4 − h²)/h²."""
    data, pedigree = half_sibs([1, 4, 9], records)
    found = evaluated(data, pedigree, permanent=permanent)
    table = found.yield_deviations.set_index("individual").loc[["s0", "s1", "s2"]]
    k = 3 + 4 * (7 + permanent) / 3
    reliability = found.breeding_values.set_index("individual")["reliability"]
    effective = table["effective_progeny"]
    np.testing.assert_allclose(effective / (effective + k), reliability.loc[table.index],
                               rtol=0, atol=1e-12)
    assert list(table["progeny"]) == [1, 4, 9]
    if records == 1:
        np.testing.assert_allclose(effective, [1, 4, 9], rtol=0, atol=1e-10)
    if not permanent:
        np.testing.assert_allclose(
            effective / (effective + k) * table["progeny_deviation"],
            table["breeding_value"], rtol=0, atol=1e-12)


def test_the_yield_deviation_is_the_mean_less_other_effects() -> None:
    data, pedigree = half_sibs([3, 3], records=2)
    data["sex"] = ["m", "f"] * 6
    data["w"] = np.linspace(0.5, 2.0, 12)
    found = evaluated(data, pedigree, model={
        "traits": ["y"], "fixed": ["sex"], "weights": "w", "random": [ANIMAL]})
    table = found.yield_deviations.set_index("individual")
    fixed = found.solutions[found.solutions["component"] == ""].set_index("level")["estimate"]
    corrected = data["y"] - fixed["intercept"] - data["sex"].map(fixed)
    own = (corrected * data["w"]).groupby(data["id"]).sum() / data["w"].groupby(data["id"]).sum()
    np.testing.assert_allclose(table["yield_deviation"].loc[own.index], own, rtol=0, atol=1e-10)
    np.testing.assert_allclose(table["records"].loc[own.index], data["w"].groupby(data["id"]).sum(),
                               rtol=0, atol=1e-10)
    parts = found.partition.set_index("individual").loc[own.index]
    np.testing.assert_allclose(parts["records"], parts["weight_records"] * own, rtol=0, atol=1e-10)


def test_a_known_mate_is_taken_off() -> None:
    pedigree = pd.DataFrame({"id": ["s", "d", "c"], "sire": ["", "", "s"], "dam": ["", "", "d"]})
    data = pd.DataFrame({"id": ["d", "d", "c"], "y": [1.0, 2.0, 5.0]})
    table = deviations(data, pedigree)
    mate = table["breeding_value"]["d"]
    assert table["progeny_deviation"]["s"] == pytest.approx(10.0 - mate, abs=1e-12)
    ratio = 7 / 3
    assert table["effective_progeny"]["s"] == pytest.approx(
        (3 + 4 * ratio) / (4 * (0.5 + ratio)), abs=1e-12)
    assert np.isnan(table["yield_deviation"]["s"])
    assert table["progeny"]["d"] == 1


def test_two_traits_have_deviations_of_their_own() -> None:
    data, pedigree = half_sibs([3, 3])
    data["z"] = np.where(np.arange(6) % 2 == 0, data["y"] + 1.0, np.nan)
    model = {"traits": ["y", "z"], "intercept": False, "random": [ANIMAL]}
    found = evaluated(data, pedigree, model=model, variances={
        "animal": [[3.0, 1.0], [1.0, 2.0]], "residual": [[7.0, 2.0], [2.0, 5.0]]})
    table = found.yield_deviations
    for trait in ("y", "z"):
        own = table[(table["trait"] == trait) & table["yield_deviation"].notna()]
        seen = data.dropna(subset=[trait]).set_index("id")[trait]
        np.testing.assert_allclose(own.set_index("individual")["yield_deviation"].loc[seen.index],
                                   seen, rtol=0, atol=1e-10)
        np.testing.assert_allclose(own["records"], 1.0, rtol=0, atol=1e-10)


def test_what_cannot_be_told_apart_has_none() -> None:
    """Two coefficients of a curve, from one record and from three."""
    pedigree = pd.DataFrame({"id": ["a", "b"], "sire": "", "dam": ""})
    data = pd.DataFrame({"id": ["a", "b", "b", "b"], "t": [1, 1, 2, 3], "y": [1.0, 2.0, 0.0, 1.0]})
    found = evaluated(data, pedigree, variances={
        "animal": [[2.0, 0.1], [0.1, 1.0]], "residual": 1.0}, model={
            "traits": ["y"], "intercept": False, "random": [
                {"name": "animal", "relationship": "pedigree", "components": {"curve": {
                    "column": "id", "basis": {"legendre": "t", "degree": 1, "range": [1, 3]}}}}]})
    assert set(found.yield_deviations["individual"]) == {"b"}


def test_progeny_of_a_selfed_parent() -> None:
    pedigree = pd.DataFrame({"id": ["p", "c"], "sire": ["", "p"], "dam": ["", "p"]})
    data = pd.DataFrame({"id": ["c"], "y": [4.0]})
    found = evaluated(data, pedigree, pedigree_options={"selfing": True})
    row = found.yield_deviations.set_index("individual").loc["p"]
    assert (row["progeny"], row["progeny_deviation"]) == (1, pytest.approx(4.0))
    k = 3 + 4 * 7 / 3
    assert row["effective_progeny"] / (row["effective_progeny"] + k) == pytest.approx(
        found.breeding_values.set_index("individual")["reliability"]["p"], abs=1e-12)
