"""A results folder as it was read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

TRAIT_KEY = ["effect", "component", "trait"]
"""What tells one column of breeding values from another."""

PARAMETER_KEY = ["parameter", "effect", "component_1", "trait_1", "component_2", "trait_2"]
"""What tells one genetic parameter from another."""

PARTS = ("parent_average", "records", "progeny", "genomic", "relatives", "base", "unsolved")
"""Parts of a breeding value, which add up to it."""

VARIANCE_KEY = ["effect", "component_1", "trait_1", "component_2", "trait_2"]
"""What tells one (co)variance from another."""


@dataclass(frozen=True, eq=False)
class Results:
    """The tables and documents of one results folder.

    Parameters
    ----------
    label : str
        The folder, as a person would name it.
    breeding_values, solutions, variances, genetic_parameters : DataFrame
        With the columns of the folder's tables; names are text, numbers NaN where empty.
    summary, provenance : mapping
        summary.json and provenance.json.
    partition, individuals : DataFrame
        Parts of the breeding values, and who the individuals are (all as text); empty where the
        run did not write them.
    """

    label: str
    breeding_values: pd.DataFrame
    solutions: pd.DataFrame
    variances: pd.DataFrame
    genetic_parameters: pd.DataFrame
    summary: Mapping[str, Any]
    provenance: Mapping[str, Any]
    partition: pd.DataFrame = field(default_factory=pd.DataFrame)
    individuals: pd.DataFrame = field(default_factory=pd.DataFrame)
