"""The result of a run, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Breeding values and everything that belongs to them.

    Parameters
    ----------
    title : str
        Heading of the run.
    settings : mapping
        The run as understood, defaults filled in: plain values, the shape of the run file.
    breeding_values : DataFrame
        effect, component, trait, individual, breeding_value, se, reliability, accuracy,
        inbreeding, records; one row per individual × component × trait of every effect that
        carries a relationship among individuals. se … accuracy are NaN when not computed.
    solutions : DataFrame
        effect, component, trait, level, estimate, se, status; fixed effects have an empty
        component; status is empty, or says why an estimate is zero (``reference``, …).
    variances : DataFrame
        effect, component_1, trait_1, component_2, trait_2, estimate, se, status.
    genetic_parameters : DataFrame
        parameter, effect, trait_1, trait_2, estimate, se.
    individuals : DataFrame
        individual, sire, dam, sex, birth_year, generation, inbreeding, listed, and the columns
        carried along from the pedigree; empty when no effect has a pedigree.
    summary : mapping
        The values of summary.json.
    """

    title: str
    settings: Mapping[str, Any]
    breeding_values: pd.DataFrame
    solutions: pd.DataFrame
    variances: pd.DataFrame
    genetic_parameters: pd.DataFrame
    individuals: pd.DataFrame
    summary: Mapping[str, Any]
