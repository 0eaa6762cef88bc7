"""What must hold for breeding values, whatever the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.evaluation.result import Evaluation
from tests.oracles.dense_equations import (
    Float64,
    log_likelihood,
    solve_by_covariance,
    solve_henderson,
)
from tests.properties.random_models import RandomModel, make_model, models

seeds = st.integers(0, 2**32 - 1)


def solution(found: Evaluation, effect: dict[str, Any], levels: list[str], column: str) -> Float64:
    """A column of the solutions of a random effect, level-major as in the oracle."""
    table = found.solutions[found.solutions["effect"] == effect["name"]]
    by_name = table.set_index("level")[column]
    return np.concatenate([np.atleast_1d(by_name.loc[level]) for level in levels])


def fitted(model: RandomModel, found: Evaluation) -> Float64:
    """Xb from the table of solutions."""
    table = found.solutions[found.solutions["component"] == ""]
    b = table.set_index(["effect", "level"])["estimate"]
    return sum((b[effect, level] * column for effect, level, column in model.fixed_columns()),
               np.zeros(len(model.records)))


@settings(deadline=None, max_examples=25)
@given(models())
def test_mixed_model_equations_are_generalised_least_squares(model: RandomModel) -> None:
    found, dense = model.evaluate(), model.dense()
    expected, other = solve_by_covariance(dense), solve_henderson(dense)
    np.testing.assert_allclose(expected.u, other.u, rtol=0, atol=1e-7)  # the oracles agree
    groups = fitted_by_groups(model, found)
    np.testing.assert_allclose(
        fitted(model, found) + groups.of_records, dense.x @ expected.b, rtol=0, atol=1e-8)
    at = 0
    for effect in model.model["random"]:
        levels = model.levels(effect)
        u = solution(found, effect, levels, "estimate")
        stop = at + u.size
        if effect["relationship"] == "pedigree":
            u = u - groups.of_individuals
        np.testing.assert_allclose(u, expected.u[at:stop], rtol=0, atol=1e-8)
        if not (effect["relationship"] == "pedigree" and model.parents == "groups"):
            np.testing.assert_allclose(
                solution(found, effect, levels, "se") ** 2, expected.error_variance[at:stop],
                rtol=0, atol=1e-8)
        at = stop
    assert found.summary["log_likelihood"] == pytest.approx(
        log_likelihood(model.of_full_rank()), abs=1e-7)


class Contributions:
    """What unknown-parent groups add to records and to individuals."""

    def __init__(self, of_records: Float64, of_individuals: Float64) -> None:
        self.of_records = of_records
        self.of_individuals = of_individuals


def fitted_by_groups(model: RandomModel, found: Evaluation) -> Contributions:
    effect = model.model["random"][0]
    dense = model.dense()
    size = dense.random[0].z.shape[1]
    if model.parents != "groups":
        return Contributions(np.zeros(dense.y.size), np.zeros(size))
    g = solution(found, effect, model.group_names, "estimate")
    shares = np.kron(model.fractions(), np.eye(size // len(model.individuals)))
    return Contributions(dense.random[0].z @ shares @ g, shares @ g)


@settings(deadline=None, max_examples=10)
@given(models(), seeds)
def test_shuffling_and_renaming_change_nothing(model: RandomModel, seed: int) -> None:
    """Rows of records and pedigree in any order, individuals with other names."""
    rng = np.random.default_rng(seed)
    names = dict(zip(model.individuals, rng.permutation(model.individuals), strict=True))
    columns = ["id", "mother", "mate1", "mate2"]
    records = model.records.assign(**{c: model.records[c].map(names) for c in columns})
    pedigree = model.pedigree.replace(names)
    moved = replace(model, records=records.sample(frac=1, random_state=seed % 2**31),
                    pedigree=pedigree.sample(frac=1, random_state=(seed + 1) % 2**31))
    before, after = model.evaluate(), moved.evaluate()
    keys = ["effect", "component", "individual"]
    one = before.breeding_values.assign(
        individual=before.breeding_values["individual"].map(names)).set_index(keys)
    other = after.breeding_values.set_index(keys).loc[one.index]
    for column in ["breeding_value", "se", "reliability", "inbreeding", "records"]:
        np.testing.assert_allclose(
            other[column].to_numpy(np.float64), one[column].to_numpy(np.float64), atol=1e-8)
    assert before.summary["log_likelihood"] == pytest.approx(
        after.summary["log_likelihood"], abs=1e-8)


@settings(deadline=None, max_examples=8)
@given(models(), st.floats(1e-3, 1e3))
def test_scaling_variances_keeps_solutions_and_scales_pev(model: RandomModel, c: float) -> None:
    scaled = {name: (np.asarray(value) * c).tolist() for name, value in model.variances.items()}
    one, other = model.evaluate(), replace(model, variances=scaled).evaluate()
    np.testing.assert_allclose(
        other.solutions["estimate"], one.solutions["estimate"], atol=1e-8)
    np.testing.assert_allclose(
        other.solutions["se"] ** 2, c * one.solutions["se"] ** 2, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(
        other.breeding_values["reliability"], one.breeding_values["reliability"], atol=1e-8)


@settings(deadline=None, max_examples=8)
@given(models())
def test_iterative_and_direct_solutions_are_the_same(model: RandomModel) -> None:
    direct = model.evaluate().solutions["estimate"]
    for method in ("lu", "pcg"):
        other = model.evaluate(method=method, tolerance=1e-13)
        assert other.summary["converged"]
        np.testing.assert_allclose(other.solutions["estimate"], direct, rtol=0, atol=1e-7)


@settings(deadline=None, max_examples=8)
@given(seeds, st.sampled_from(["unknown", "metafounders"]))
def test_a_record_more_never_lowers_reliability(seed: int, parents: str) -> None:
    rng = np.random.default_rng(seed)
    more = make_model(rng, kind="plain", parents=parents, fixed="full", weighted=False)
    less = replace(more, records=more.records.iloc[:-1])
    if len(set(less.records["sex"])) < 2:
        return
    one, other = (model.evaluate().breeding_values.set_index("individual")["reliability"]
                  for model in (less, more))
    assert (other - one.loc[other.index] >= -1e-10).all()


@settings(deadline=None, max_examples=10)
@given(seeds)
def test_a_record_of_weight_two_counts_as_two(seed: int) -> None:
    """With the same value, and no permanent environment to join them."""
    rng = np.random.default_rng(seed)
    model = make_model(rng, kind="plain", parents="unknown", fixed="full", weighted=True)
    whole = model.records.assign(w=rng.integers(1, 4, len(model.records)))
    words = {**model.model, "random": model.model["random"][:1]}
    variances = {name: value for name, value in model.variances.items() if name != "permanent"}
    weighted = replace(model, records=whole, model=words, variances=variances)
    repeated = replace(
        weighted, records=whole.loc[whole.index.repeat(whole["w"])].assign(w=1))
    one, other = weighted.evaluate(), repeated.evaluate()
    np.testing.assert_allclose(one.solutions["estimate"], other.solutions["estimate"], atol=1e-9)
    np.testing.assert_allclose(one.solutions["se"], other.solutions["se"], atol=1e-9)


def test_labels_stay_with_their_values_in_any_order_of_lines() -> None:
    """Progeny before parents, records backwards: names decide, not rows."""
    model = make_model(np.random.default_rng(5), kind="maternal", parents="unknown",
                       fixed="deficient", weighted=False)
    turned = replace(model, pedigree=model.pedigree.iloc[::-1], records=model.records.iloc[::-1])
    one, other = (pd.Series(
        found.breeding_values["breeding_value"].to_numpy(),
        index=pd.MultiIndex.from_frame(found.breeding_values[["component", "individual"]]))
        for found in (model.evaluate(), turned.evaluate()))
    assert list(one.index) != list(other.index)
    np.testing.assert_allclose(other.loc[one.index], one, atol=1e-9)
