"""A small flock of half-sib families with true variances, and its estimation in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

import breedeval
from breedeval.evaluation.result import Evaluation

ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}
PEN = {"name": "pen", "column": "pen"}


def flock(seed: int = 1, sires: int = 8, progeny: int = 9) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records of the progeny, and the pedigree; every dam has three of them."""
    rng = np.random.default_rng(seed)
    count = sires * progeny
    dams = count // 3
    young = pd.DataFrame({
        "id": [f"c{k}" for k in range(count)], "sire": [f"s{k % sires}" for k in range(count)],
        "dam": [f"d{k // 3}" for k in range(count)]})
    old = pd.DataFrame({"id": [*(f"s{k}" for k in range(sires)), *(f"d{k}" for k in range(dams))],
                        "sire": "", "dam": ""})
    of_sire, of_dam = rng.normal(size=sires), rng.normal(size=dams)
    genes = (of_sire[np.arange(count) % sires] + of_dam[np.arange(count) // 3]) / 2
    genes += rng.normal(0, 0.5**0.5, count)
    pen = rng.integers(0, 6, count)
    records = young.assign(
        sex=rng.choice(["f", "m"], count), pen=[f"p{k}" for k in pen], own=young["id"],
        year=2000.0 + rng.integers(0, 12, count))
    of_pen = rng.normal(0, 0.5, 6)
    records["y"] = 5 + genes + of_pen[pen] + rng.normal(size=count)
    records["z"] = 2 + 0.5 * genes + rng.normal(size=count)
    return records, pd.concat([old, young], ignore_index=True)


def estimated(
    random: list[dict[str, Any]], variances: Mapping[str, Any] | None = None, *,
    records: pd.DataFrame | None = None, traits: Any = "y", fixed: tuple[Any, ...] = ("sex",),
    residual: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Variances of the flock, or of other records of it."""
    own, pedigree = flock()
    return breedeval.evaluate(
        own if records is None else records, pedigree=pedigree,
        model={"traits": traits, "fixed": list(fixed), "random": random,
               "residual": dict(residual or {})},
        variances={"method": "reml", "tests": "none", **(variances or {})})


def table(evaluation: Evaluation) -> pd.DataFrame:
    """The variance parameters by name."""
    return evaluation.variance_parameters.set_index("parameter")
