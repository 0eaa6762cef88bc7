"""What there is to rank: one view for each effect, component and trait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.evaluation.result import Evaluation

FIGURES = ["breeding_value", "se", "reliability", "accuracy", "inbreeding", "records"]


@dataclass(frozen=True, eq=False)
class View:
    """The breeding values of one component of one effect for one trait.

    Parameters
    ----------
    effect, component, trait : str
        As in the table of breeding values.
    label : str
        Short name that tells this view from the others.
    values : DataFrame
        Indexed by individual: breeding_value, se, reliability, accuracy, inbreeding, records.
    """

    effect: str
    component: str
    trait: str
    label: str
    values: pd.DataFrame

    def column(self, name: str) -> NDArray[np.float64]:
        """One of the value columns as float64, NaN where missing."""
        return self.values[name].to_numpy(np.float64, na_value=np.nan)

    @property
    def has_reliability(self) -> bool:
        """Whether any reliability was computed."""
        return bool(np.isfinite(self.column("reliability")).any())


def views_of(evaluation: Evaluation) -> list[View]:
    """All views, in the order of the table; O(n) in its rows."""
    table = evaluation.breeding_values
    if table.empty:
        return []
    groups = table.groupby(["effect", "component", "trait"], sort=False, observed=True)
    parts = {(str(key[0]), str(key[1]), str(key[2])): rows for key, rows in groups}
    views = []
    for key, rows in parts.items():
        effect, component, trait = key
        values = rows.set_index(rows["individual"].astype(str))[FIGURES]
        views.append(View(effect, component, trait, _label(key, list(parts)), values))
    return views


def attributes_of(evaluation: Evaluation) -> pd.DataFrame:
    """The individuals of the pedigree and all that is known of them, indexed by identifier."""
    table = evaluation.individuals
    if table.empty:
        return pd.DataFrame(index=pd.Index([], dtype="str", name="individual"))
    return table.set_index(table["individual"].astype(str)).drop(columns="individual")


def sex_in_words(sex: pd.Series) -> pd.Series:
    """Codes 1 and 2 as male and female; text is left as it is."""
    if pd.api.types.is_numeric_dtype(sex):
        return sex.map({1: "male", 2: "female"})
    return sex.replace({"1": "male", "2": "female", "0": None, "unknown": None, "": None})


def _label(key: tuple[str, str, str], keys: list[tuple[str, str, str]]) -> str:
    effect, component, trait = key
    several_effects = len({other[0] for other in keys}) > 1
    words = [trait]
    if several_effects:
        words.append(effect)
    if component != effect:
        words.append(component)
    return " · ".join(words)
