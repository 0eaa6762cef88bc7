"""Run the files in ``configs/`` as a user does, and read the answers printed elsewhere."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

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


def estimates(evaluation: Evaluation, effect: str, component: str = "") -> dict[str, float]:
    """Solutions of one effect (and component) by level."""
    return _by_level(evaluation, effect, component, "estimate")


def standard_errors(evaluation: Evaluation, effect: str, component: str = "") -> dict[str, float]:
    """Standard errors of one effect by level."""
    return _by_level(evaluation, effect, component, "se")


def _by_level(
    evaluation: Evaluation, effect: str, component: str, column: str
) -> dict[str, float]:
    table = evaluation.solutions
    table = table[table["effect"] == effect]
    if component:
        table = table[table["component"] == component]
    assert table["level"].is_unique
    return dict(zip(table["level"], table[column], strict=True))


def breeding_values(evaluation: Evaluation, column: str = "breeding_value") -> npt.NDArray[Any]:
    """A column of the breeding values in the order in which names count: 1, 2, …, 10."""
    table = evaluation.breeding_values
    assert table["individual"].is_unique
    by_name = table.set_index("individual")[column]
    return by_name.loc[sorted(by_name.index, key=_natural)].to_numpy(np.float64)


def _natural(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (0, name)


def assert_printed(found: npt.ArrayLike, printed: npt.ArrayLike, decimals: int) -> None:
    """Equal to half a unit in the last printed digit."""
    unit = 0.5 * 10.0**-decimals
    np.testing.assert_allclose(
        np.asarray(found, np.float64), np.asarray(printed, np.float64), rtol=0,
        atol=unit * (1 + 1e-9))
