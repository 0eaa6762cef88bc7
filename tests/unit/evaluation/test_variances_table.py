"""The table of (co)variances: cells, standard errors and how each was come by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.evaluation.tables import variances_table
from breedeval.variance.delta import Sampling
from tests.unit.evaluation.made import equations_of

RECORDS: dict[str, Any] = {
    "y": [1.0, 2.0, 4.0, 3.0], "z": [2.0, 1.0, 3.0, 5.0], "pen": ["p", "q", "p", "q"],
    "sex": ["M", "F", "M", "F"], "x": [1.0, 2.0, 3.0, 5.0]}


def by_class() -> Equations:
    model = {"traits": ["y"], "random": [{"name": "pen", "column": "pen"}],
             "residual": {"by": "sex", "log_linear": ["x"]}}
    return equations_of(RECORDS, model, {
        "pen": 2, "residual": {"M": 3, "F": 5}, "log_linear": {"x": -0.1}})


def two_traits() -> Equations:
    model = {"traits": ["y", "z"], "residual": {"log_linear": ["x"]}, "random": [
        {"name": "pen", "column": "pen", "covariance": "diagonal"}]}
    return equations_of(RECORDS, model, {
        "pen": [[4, 0], [0, 9]], "residual": [[4, 1], [1, 5]], "log_linear": {"x": 0.2}})


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(table.itertuples(index=False, name=None))


def test_given_variances() -> None:
    table = variances_table(by_class())
    assert list(table.columns) == ["effect", "component_1", "trait_1", "component_2", "trait_2",
                                   "estimate", "se", "status", "lower", "upper", "zero"]
    assert not table["zero"].any()
    assert table[["lower", "upper"]].isna().all(axis=None)
    assert rows(table.drop(columns=["se", "lower", "upper", "zero"])) == [
        ("pen", "pen", "y", "pen", "y", 2.0, "given"),
        ("residual", "residual[F]", "y", "residual[F]", "y", 5.0, "given"),
        ("residual", "residual[M]", "y", "residual[M]", "y", 3.0, "given"),
        ("residual", "log_linear(x)", "y", "log_linear(x)", "y", -0.1, "given")]
    assert table["se"].isna().all()


def test_zeros_of_a_structure_that_is_given_are_given_too() -> None:
    table = variances_table(two_traits())
    assert set(table["status"]) == {"given"}
    assert rows(table[["component_1", "trait_1", "trait_2", "estimate"]]) == [
        ("pen", "y", "y", 4.0), ("pen", "z", "y", 0.0), ("pen", "z", "z", 9.0),
        ("residual", "y", "y", 4.0), ("residual", "z", "y", 1.0), ("residual", "z", "z", 5.0),
        ("log_linear(x)", "", "", 0.2)]


def test_estimated_variances() -> None:
    sampling = Sampling(
        ("p",) * 6, np.diag([0.01, 0.0, 0.04, 0.09, 0.0, 0.16]),
        ("estimated", "boundary", "tied", "tied", "fixed", "estimated"))
    table = variances_table(two_traits(), sampling)
    np.testing.assert_allclose(table["se"], [0.1, np.nan, np.nan, 0.2, 0.3, np.nan, 0.4])
    assert list(table["status"]) == ["estimated", "structure", "boundary", "tied", "tied", "fixed",
                                     "estimated"]


def test_intervals_and_zeros_of_cells() -> None:
    """Variances by their logarithms, covariances and slopes as they are; 0 where a variance is."""
    sampling = Sampling(
        ("p",) * 6, np.diag([0.0, 0.04, 0.09, 0.01, 0.0, 0.16]),
        ("boundary", "estimated", "estimated", "estimated", "fixed", "estimated"),
        zeros=(True, *[False] * 5))
    table = variances_table(two_traits(), sampling)
    assert list(table["zero"]) == [True, *[False] * 6]
    z = 1.959963984540054
    np.testing.assert_allclose(table["lower"], [
        np.nan, np.nan, 9 * np.exp(-z * 0.2 / 9), 4 * np.exp(-z * 0.3 / 4), 1 - z * 0.1, np.nan,
        0.2 - z * 0.4])
