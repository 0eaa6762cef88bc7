"""Variances of one run as those of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import InputError
from breedeval.model.spec import Model
from breedeval.workflow.batch.earlier import Source, starts_for, variances_for

SOURCE = Source("variances", "plan.yaml:9:5")
KEY = ["effect", "component_1", "trait_1", "component_2", "trait_2"]


def table(*rows: tuple[str, str, str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*KEY, "estimate"])


def model(traits: Any = "milk", **parts: Any) -> Model:
    return Model.model_validate({"traits": traits, "random": [
        {"name": "animal", "column": "id", "relationship": "pedigree"}], **parts})


TWO = table(("animal", "animal", "milk", "animal", "milk", 3.0),
            ("animal", "animal", "fat", "animal", "milk", 1.0),
            ("animal", "animal", "fat", "animal", "fat", 2.0),
            ("herd", "herd", "milk", "herd", "milk", 9.0),
            ("residual", "residual", "milk", "residual", "milk", 6.0),
            ("residual", "residual", "fat", "residual", "milk", 0.5),
            ("residual", "residual", "fat", "residual", "fat", 5.0))


def test_rows_are_in_the_order_of_the_model() -> None:
    assert variances_for(model(["fat", "milk"]), TWO, SOURCE) == {
        "animal": [[2.0, 1.0], [1.0, 3.0]], "residual": [[5.0, 0.5], [0.5, 6.0]]}


def test_a_part_of_the_traits_will_do() -> None:
    assert variances_for(model("fat"), TWO, SOURCE) == {"animal": 2.0, "residual": 5.0}


def test_everything_that_is_missing_is_told() -> None:
    with pytest.raises(InputError) as raised:
        variances_for(model("protein", random=[
            {"name": "animal", "column": "id", "relationship": "pedigree"},
            {"name": "pen", "column": "pen"}]), TWO, SOURCE)
    rest = ("Expected a run with the effects and traits of this one. Name another run, or give "
            "the variances with 'set'.")
    assert raised.value.problems == (
        f"plan.yaml:9:5: 'variances' has no variance of 'animal' for the trait 'protein'. {rest}",
        f"plan.yaml:9:5: 'variances' has no variance of 'pen'. {rest}",
        f"plan.yaml:9:5: 'variances' has no variance of 'residual', component 'residual' for the "
        f"trait 'protein'. {rest}".replace(", component 'residual'", ""))


def test_residuals_by_class_and_slopes() -> None:
    rows = table(("animal", "animal", "milk", "animal", "milk", 3.0),
                 ("residual", "residual[a]", "milk", "residual[a]", "milk", 1.0),
                 ("residual", "residual[b]", "milk", "residual[b]", "milk", 2.0),
                 ("residual", "log_linear(dim)", "milk", "log_linear(dim)", "milk", -0.1))
    by = variances_for(model(residual={"by": "herd"}), rows, SOURCE)
    assert by["residual"] == {"a": 1.0, "b": 2.0}
    one = table(("animal", "animal", "milk", "animal", "milk", 3.0),
                ("residual", "residual", "milk", "residual", "milk", 1.0),
                ("residual", "log_linear(dim)", "milk", "log_linear(dim)", "milk", -0.1))
    found = variances_for(model(residual={"log_linear": ["dim"]}), one, SOURCE)
    assert found == {"animal": 3.0, "residual": 1.0, "log_linear": {"dim": -0.1}}


def test_an_estimation_does_not_begin_at_the_edge() -> None:
    """A variance of 0, and a correlation of 1, are left out; the rest is where it was."""
    edge = TWO.copy()
    edge.loc[edge["effect"].eq("animal"), "estimate"] = [4.0, 4.0, 4.0]
    assert starts_for(model(["milk", "fat"]), edge) == {"residual": [[6.0, 0.5], [0.5, 5.0]]}
    none = TWO.assign(estimate=np.where(TWO["effect"] == "animal", 1e-9, TWO["estimate"]))
    assert starts_for(model("milk"), none) == {"residual": 6.0}
    assert starts_for(model("milk"), TWO) == {"animal": 3.0, "residual": 6.0}
    assert starts_for(model("protein"), TWO) == {}
