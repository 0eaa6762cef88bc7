"""What must hold for several traits, whatever is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.evaluation.result import Evaluation
from tests.properties.random_traits import TRAITS, Float64, RandomTraits, several_traits


def random_solutions(model: RandomTraits, found: Evaluation, effect: str, column: str) -> Float64:
    """A column of the solutions of a random effect, levels outside and traits inside."""
    table = found.solutions[found.solutions["effect"] == effect]
    by_cell = table.set_index(["level", "trait"])[column]
    traits = TRAITS if effect == "animal" else [t for t in TRAITS if t in model.pen_traits]
    return np.array([by_cell[level, trait] for level in model.names(effect) for trait in traits])


def fixed_fit(model: RandomTraits, found: Evaluation) -> Float64:
    """Xb of every observation, from the table of solutions."""
    table = found.solutions[found.solutions["component"] == ""]
    b = table.set_index(["effect", "trait", "level"])["estimate"]
    rows = [(model.records.iloc[record], TRAITS[trait]) for record, trait in model.seen]
    return np.array([
        b["intercept", trait, "intercept"] + b["sex", trait, row["sex"]]
        + (b["age", trait, "age"] * row["age"] if trait != "y1" else 0) for row, trait in rows])


@settings(deadline=None, max_examples=15)
@given(several_traits())
def test_mixed_model_equations_are_generalised_least_squares(model: RandomTraits) -> None:
    found, point, data = model.evaluate(), model.point, model.data
    fitted = fixed_fit(model, found)
    for name, effect, g in zip(("animal", "pen"), data.effects, point.g, strict=True):
        u = random_solutions(model, found, name, "estimate")
        np.testing.assert_allclose(u, g @ effect.z.T @ point.py, rtol=0, atol=1e-8)
        se = random_solutions(model, found, name, "se")
        variance = np.diagonal(g - g @ effect.z.T @ point.p @ effect.z @ g)
        np.testing.assert_allclose(se**2, variance, rtol=0, atol=1e-8)
        fitted = fitted + effect.z @ u
    np.testing.assert_allclose(fitted, data.y - point.r @ point.py, rtol=0, atol=1e-8)
    assert found.summary["log_likelihood"] == pytest.approx(point.log_likelihood, abs=1e-8)


@settings(deadline=None, max_examples=6)
@given(several_traits(), st.integers(0, 2**31 - 1))
def test_the_order_of_records_changes_nothing(model: RandomTraits, seed: int) -> None:
    moved = replace(model, records=model.records.sample(frac=1, random_state=seed))
    one, other = model.evaluate(), moved.evaluate()
    keys = ["effect", "component", "trait", "level"]
    before, after = (found.solutions.set_index(keys) for found in (one, other))
    np.testing.assert_allclose(after["estimate"].loc[before.index], before["estimate"], atol=1e-8)
    np.testing.assert_allclose(after["se"].loc[before.index], before["se"], atol=1e-8)
    assert other.summary["log_likelihood"] == pytest.approx(
        one.summary["log_likelihood"], abs=1e-9)


@settings(deadline=None, max_examples=6)
@given(several_traits())
def test_the_order_of_traits_changes_nothing(model: RandomTraits) -> None:
    """Where every matrix is turned with them."""
    one = model.evaluate()
    other = model.evaluate(
        model={**model.model, "traits": dict(reversed(model.model["traits"].items()))},
        variances={name: _turned(value) for name, value in model.variances.items()})
    keys = ["effect", "component", "trait", "level"]
    before, after = (found.solutions.set_index(keys) for found in (one, other))
    np.testing.assert_allclose(after["estimate"].loc[before.index], before["estimate"], atol=1e-8)
    assert other.summary["log_likelihood"] == pytest.approx(
        one.summary["log_likelihood"], abs=1e-9)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in value.items()}
    return value if isinstance(value, float) else np.array(value)[::-1, ::-1].tolist()


@settings(deadline=None, max_examples=8)
@given(several_traits(), st.floats(1e-2, 1e2))
def test_a_trait_in_other_units(model: RandomTraits, k: float) -> None:
    """y₂ times k: its solutions times k, logL − (n₂ − p₂) log k, reliabilities as before."""
    scale = np.array([1.0, k, 1.0])
    pens = np.array([k if trait == "y2" else 1.0 for trait in TRAITS if trait in model.pen_traits])
    variances = {
        **model.variances, "animal": _scaled(model.variances["animal"], scale),
        "pen": _scaled(model.variances["pen"], pens),
        "residual": _scaled(model.variances["residual"], scale)}
    records = model.records.assign(y2=model.records["y2"] * k)
    one, other = model.evaluate(), replace(model, records=records, variances=variances).evaluate()
    factor = np.where(one.solutions["trait"] == "y2", k, 1.0)
    for column in ("estimate", "se"):
        np.testing.assert_allclose(
            other.solutions[column] / factor, one.solutions[column], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(
        other.breeding_values["reliability"], one.breeding_values["reliability"], atol=1e-8)
    freedom = records["y2"].notna().sum() - 3  # mean, sex, age
    assert other.summary["log_likelihood"] == pytest.approx(
        one.summary["log_likelihood"] - freedom * np.log(k), abs=1e-7)


def _scaled(value: Any, scale: Float64) -> Any:
    if isinstance(value, dict):
        return {key: _scaled(item, scale) for key, item in value.items()}
    scaled = np.atleast_2d(value) * np.outer(scale, scale)
    return float(scaled[0, 0]) if scaled.size == 1 else scaled.tolist()


@settings(deadline=None, max_examples=5)
@given(several_traits())
def test_unrelated_traits_are_as_each_alone(model: RandomTraits) -> None:
    """With no covariance among traits, three evaluations in one."""
    names = ("animal", "pen", "residual")
    whole = replace(model, variances={**model.variances, **{
        name: _diagonal(model.variances[name]) for name in names}})
    together = whole.evaluate()
    total = 0.0
    for at, trait in enumerate(TRAITS):
        alone = _alone(whole, at)
        total += alone.summary["log_likelihood"]
        one = _cells(together.solutions[together.solutions["trait"] == trait])
        np.testing.assert_allclose(_cells(alone.solutions).loc[one.index], one, atol=1e-8)
    assert together.summary["log_likelihood"] == pytest.approx(total, abs=1e-8)


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index(["effect", "level"])[["estimate", "se"]]


def _diagonal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _diagonal(item) for key, item in value.items()}
    return value if isinstance(value, float) else np.diag(np.diagonal(value)).tolist()


def _alone(model: RandomTraits, at: int) -> Evaluation:
    """One of the traits by itself."""
    trait, words = TRAITS[at], model.model
    pens = [name for name in TRAITS if name in model.pen_traits]
    random = [{key: value for key, value in effect.items() if key != "traits"}
              for effect in words["random"] if effect["name"] == "animal" or trait in pens]
    residual = model.variances["residual"]
    variances = {
        **model.variances, "animal": model.variances["animal"][at][at],
        "residual": ({sex: matrix[at][at] for sex, matrix in residual.items()}
                     if isinstance(residual, dict) else residual[at][at])}
    del variances["pen"]
    if trait in pens:
        own = np.atleast_2d(model.variances["pen"])
        variances["pen"] = float(own[pens.index(trait), pens.index(trait)])
    fixed = words["traits"][trait].get("fixed", words["fixed"])
    return model.evaluate(
        model={**words, "traits": [trait], "fixed": fixed, "random": random}, variances=variances)
