"""Equations of small models, from DataFrames and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings
from breedeval.evaluation.preparing import Inputs, prepare
from breedeval.evaluation.variances import given_variances
from breedeval.model.spec import Model
from breedeval.pedigree.build import build_pedigree
from breedeval.records import Table
from breedeval.variance.delta import Sampling

Key = tuple[str, str, str, str, str, str]


def equations_of(
    records: pd.DataFrame | Mapping[str, Any], model: Mapping[str, Any],
    variances: Mapping[str, Any], pedigree: pd.DataFrame | None = None,
) -> Equations:
    """The equations of a model at given variances."""
    table = Table.of_frame(pd.DataFrame(records), "records")
    people = None
    if pedigree is not None:
        people = build_pedigree(Table.of_frame(pedigree, "pedigree"), findings=Findings())
    return prepare(Inputs(table, people), Model.model_validate(model), {},
                   lambda design: given_variances(design, variances))


def sampling_of(equations: Equations, seed: int = 1) -> Sampling:
    """A made-up sampling covariance, everything estimated."""
    count = equations.variances.count
    root = np.random.default_rng(seed).normal(size=(count, count + 2))
    return Sampling(tuple(f"p{k}" for k in range(count)), root @ root.T / 1e4,
                    ("estimated",) * count)


def by_label(table: pd.DataFrame, column: str = "estimate") -> dict[Key, float]:
    """Rows of the genetic parameters by everything that names them."""
    keys = ["parameter", "effect", "component_1", "trait_1", "component_2", "trait_2"]
    assert not table.duplicated(keys).any()
    return dict(zip(table[keys].itertuples(index=False, name=None), table[column], strict=True))


def numerical_errors(
    equations: Equations, sampling: Sampling, function: Any, step: float = 1e-6
) -> NDArray[np.float64]:
    """√(g′Vg) of a function of equations, with g by central differences."""
    values = equations.variances.values
    gradient = np.array([
        (function(equations.at(equations.variances.at(values + step * unit)))
         - function(equations.at(equations.variances.at(values - step * unit)))) / (2 * step)
        for unit in np.eye(values.size)])
    return np.sqrt(np.einsum("pm,pq,qm->m", gradient, sampling.covariance, gradient))
