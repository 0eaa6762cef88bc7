"""Run the files in ``configs/`` as a user does, and read the answers printed elsewhere."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import breedeval
from breedeval.evaluation.result import Evaluation

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
PEDIGREES = ROOT / "pedigrees"
METHODS = ("auto", "cholesky", "lu", "pcg")
TIGHT = "solve.tolerance=1e-14"
"""So that conjugate gradients, too, reach the last digit printed."""


@lru_cache(maxsize=64)
def evaluate(config: str, *overrides: str) -> Evaluation:
    """The evaluation of ``configs/<config>.yaml``; nothing is written."""
    return breedeval.run(CONFIGS / f"{config}.yaml", overrides=overrides)


def solved_by(method: str) -> tuple[str, str]:
    """Overrides that choose a solver."""
    return f"solve.method={method}", TIGHT


@lru_cache(maxsize=64)
def answers(name: str) -> Any:
    """The ``reference`` part of a case."""
    text = (Path(__file__).parent / "data" / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)["reference"]


def estimates(
    evaluation: Evaluation, effect: str, component: str = "", trait: str = ""
) -> dict[str, float]:
    """Solutions of one effect (of one component and trait) by level."""
    return _by_level(evaluation, effect, component, trait)["estimate"].to_dict()


def standard_errors(
    evaluation: Evaluation, effect: str, component: str = "", trait: str = ""
) -> dict[str, float]:
    """Standard errors of one effect by level."""
    return _by_level(evaluation, effect, component, trait)["se"].to_dict()


def _by_level(
    evaluation: Evaluation, effect: str, component: str, trait: str
) -> pd.DataFrame:
    table = evaluation.solutions
    for column, wanted in (("effect", effect), ("component", component), ("trait", trait)):
        if wanted:
            table = table[table[column] == wanted]
    assert table["level"].is_unique
    return table.set_index("level")


def breeding_values(
    evaluation: Evaluation, column: str = "breeding_value", trait: str = ""
) -> npt.NDArray[Any]:
    """A column of the breeding values in the order in which names count: 1, 2, …, 10."""
    table = evaluation.breeding_values
    if trait:
        table = table[table["trait"] == trait]
    assert table["individual"].is_unique
    by_name = table.set_index("individual")[column]
    return by_name.loc[sorted(by_name.index, key=_natural)].to_numpy(np.float64)


def covariances(evaluation: Evaluation, effect: str, column: str = "estimate") -> pd.Series:
    """(Co)variances of an effect, or their s.e., by both components and traits."""
    table = evaluation.variances[evaluation.variances["effect"] == effect]
    keys = table[["component_1", "trait_1", "component_2", "trait_2"]]
    return pd.Series(table[column].to_numpy(np.float64), pd.MultiIndex.from_frame(keys))


def variance(
    evaluation: Evaluation, effect: str, component: str = "", column: str = "estimate"
) -> float:
    """The variance of an effect (of one component, or residual class), or its s.e."""
    found = covariances(evaluation, effect, column)
    if component:
        for key in ("component_1", "component_2"):
            found = found[found.index.get_level_values(key) == component]
    (value,) = found
    return float(value)


def _natural(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (0, name)


def assert_printed(found: npt.ArrayLike, printed: npt.ArrayLike, decimals: int) -> None:
    """Equal to half a unit in the last printed digit."""
    unit = 0.5 * 10.0**-decimals
    np.testing.assert_allclose(
        np.asarray(found, np.float64), np.asarray(printed, np.float64), rtol=0,
        atol=unit * (1 + 1e-9))
