"""Breeding values are the sum of their parts, and each part is what it is called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import breedeval
from breedeval.evaluation.partition import PARTS, WEIGHTS
from breedeval.evaluation.result import Evaluation
from tests.oracles.partition import Family, part
from tests.properties.random_models import RandomModel, make_model, models

WEIGHT_COLUMNS = [f"weight_{name}" for name in WEIGHTS]


def family_of(model: RandomModel) -> Family:
    names = [*model.individuals, *model.group_names]
    place = {name: k for k, name in enumerate(names)}
    first, second = ([place.get(name, -1) for name in model.pedigree[role]]
                     for role in ("sire", "dam"))
    a, q = model.relationship(), len(model.individuals)
    mendelian = []
    for k in range(q):
        d = a[k, k]
        for one in (first[k], second[k]):
            for other in (first[k], second[k]):
                if min(one, other) >= 0 and max(one, other) < len(a):
                    d -= 0.25 * a[one, other]
        mendelian.append(float(d))
    return Family(first, second, mendelian)


def of_individual(found: Evaluation, name: str, columns: list[str]) -> np.ndarray:
    """Cells × columns of the partition of the genetic effect."""
    table = found.partition
    return table[table["individual"] == name][columns].to_numpy()


@settings(deadline=None, max_examples=25)
@given(models())
def test_each_part_is_what_its_equation_says(model: RandomModel) -> None:
    found, dense = model.evaluate(), model.dense()
    np.testing.assert_allclose(
        found.partition[list(PARTS)].sum(axis=1), found.partition["breeding_value"], rtol=0,
        atol=1e-10)
    family, sigma = family_of(model), dense.random[0].sigma
    solutions = found.solutions[found.solutions["effect"] == "genetic"].set_index("level")
    u = np.array([np.atleast_1d(solutions.loc[name, "estimate"])
                  for name in [*model.individuals, *model.group_names]], np.float64)
    residual = found.residuals["residual"].to_numpy()
    for i, name in enumerate(model.individuals):
        expected = part(i, family, u, sigma, dense.random[0].z, np.diag(dense.r), residual)
        parts = of_individual(found, name, list(expected.values))
        np.testing.assert_allclose(parts.T, list(expected.values.values()), rtol=0, atol=1e-9)
        weights = of_individual(found, name, [f"weight_{key}" for key in expected.weights])
        np.testing.assert_allclose(
            weights.T, [np.diagonal(matrix) for matrix in expected.weights.values()], rtol=0,
            atol=1e-10)
        np.testing.assert_allclose(sum(expected.weights.values()), np.eye(len(sigma)), atol=1e-10)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_what_conjugate_gradients_left_over_is_told(seed: int) -> None:
    model = make_model(np.random.default_rng(seed), kind="maternal", parents="groups",
                       fixed="full", weighted=True)
    rough = model.evaluate(method="pcg", tolerance=1e-3)
    exact = model.evaluate()
    for found in (rough, exact):
        np.testing.assert_allclose(
            found.partition[list(PARTS)].sum(axis=1), found.partition["breeding_value"], rtol=0,
            atol=1e-12)
        np.testing.assert_allclose(found.partition[WEIGHT_COLUMNS].sum(axis=1), 1.0, atol=1e-10)
    assert (exact.partition["unsolved"] == 0).all()
    assert rough.partition["unsolved"].abs().max() > 0


def test_shuffled_records_and_lines_change_nothing() -> None:
    rng = np.random.default_rng(3)
    model = make_model(rng, kind="maternal", parents="groups", fixed="full", weighted=True)
    first = model.evaluate().partition
    shuffled = RandomModel(
        model.records.sample(frac=1, random_state=1), model.pedigree.sample(frac=1, random_state=2),
        model.model, model.variances, model.parents, model.gamma, model.options)
    other = shuffled.evaluate().partition
    key = ["component", "trait", "individual"]
    both = first.merge(other, on=key, suffixes=("", "_other"))
    assert len(both) == len(first)
    for name in (*PARTS, *WEIGHT_COLUMNS):
        np.testing.assert_allclose(both[name], both[f"{name}_other"], rtol=0, atol=1e-10)


def related(**words: Any) -> Evaluation:
    """Three animals and a clone, with one record for most."""
    pedigree = pd.DataFrame({
        "id": ["s", "d", "c", "k"], "sire": ["", "", "s", ""], "dam": ["", "", "d", ""],
        "clone_of": ["", "", "", "c"]})
    records = pd.DataFrame({"id": ["s", "d", "c", "k"], "y": [3.0, 1.0, 4.0, 2.0]})
    return breedeval.evaluate(
        records, pedigree=pedigree, variances={"animal": 2.0, "residual": 4.0}, model={
            "traits": ["y"], "random": [
                {"name": "animal", "column": "id", "relationship": "pedigree"}]}, **words)


def test_clones_have_the_parts_of_the_individual_they_copy() -> None:
    table = related().partition.set_index("individual")
    assert list(table.index) == ["s", "d", "c", "k"]
    pd.testing.assert_series_equal(table.loc["k"], table.loc["c"], check_names=False)
    mean = (table["breeding_value"]["s"] + table["breeding_value"]["d"]) / 2
    assert table["parent_average"]["c"] == pytest.approx(
        table["weight_parent_average"]["c"] * mean, abs=1e-14)


def test_it_is_left_out_where_it_is_not_wanted() -> None:
    assert related(output={"partition": False}).partition.empty
    assert not related(output={"partition": True}).partition.empty


@pytest.mark.parametrize("selfing", [False, True])
def test_progeny_of_one_parent_twice(selfing: bool) -> None:
    """The progeny of a selfed parent tells 1/d of it; of two, ¼/d of each."""
    other = "s" if selfing else "t"
    pedigree = pd.DataFrame({"id": ["s", "t", "c"], "sire": ["", "", "s"], "dam": ["", "", other]})
    records = pd.DataFrame({"id": ["s", "t", "c"], "y": [3.0, 1.0, 4.0]})
    found = breedeval.evaluate(
        records, pedigree=pedigree, variances={"animal": 2.0, "residual": 4.0},
        pedigree_options={"selfing": True}, model={"traits": ["y"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]})
    table = found.partition.set_index("individual")
    u, one = table["breeding_value"], table.loc["s"]
    assert one["weight_progeny"] == pytest.approx(
        4 / (1 + 2 + 4) if selfing else 1 / (1 + 2 + 1), abs=1e-14)
    contribution = u["c"] if selfing else 2 * u["c"] - u["t"]
    assert one["progeny"] == pytest.approx(one["weight_progeny"] * contribution, abs=1e-14)
