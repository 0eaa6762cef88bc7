"""Small data sets with known truth, and the textbook's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.covariance.unstructured import Unstructured
from breedeval.covariance.variances import Variances
from breedeval.variance.parameters import Constraints
from tests.oracles.dense_equations import indicator
from tests.oracles.dense_reml import DenseData, DenseEffect, DenseObjective, single_trait
from tests.oracles.tabular import tabular

ROOT = Path(__file__).resolve().parents[3]
Float64 = NDArray[np.float64]


def unstructured(*matrices: Any) -> tuple[Unstructured, ...]:
    """One of each matrix, or number."""
    return tuple(Unstructured(np.atleast_2d(np.array(m, np.float64))) for m in matrices)


def components(*variances: Any) -> Variances:
    """The last is the residual's."""
    parts = unstructured(*variances)
    return Variances(parts[:-1], parts[-1:])


def unconstrained(names: Sequence[str]) -> Constraints:
    """Every parameter is free."""
    count = len(names)
    everywhere = np.full(count, np.inf)
    return Constraints(tuple(names), np.eye(count), np.zeros(count), -everywhere, everywhere)


def mrode_17_7() -> tuple[DenseObjective, dict[str, Any]]:
    """Example 17.7 of Mrode & Pocrnic (2023), and its printed answers."""
    folder = ROOT / "pedigrees" / "mrode_17_7"
    pedigree = pd.read_csv(folder / "pedigree.csv", dtype=str)
    records = pd.read_csv(folder / "records.csv", dtype={"id": str})
    animals = list(pedigree["id"])
    place = {name: k for k, name in enumerate(animals)}
    sire, dam = ([place.get(name, -1) for name in pedigree[role]] for role in ("sire", "dam"))
    z = indicator(animals, list(records["id"]))
    x = indicator(["M", "F"], list(records["sex"]))
    data = single_trait(records["wwg"].to_numpy(), x, DenseEffect(z, tabular(sire, dam)))
    text = (ROOT / "tests/reference/data/mrode_17_7_ai_reml.json").read_text(encoding="utf-8")
    return DenseObjective(data), json.loads(text)["reference"]


def random_relationship(size: int, rng: np.random.Generator) -> Float64:
    """A of a random pedigree in which a third are founders."""
    founders = max(size // 3, 2)
    sire = [-1] * founders + [int(rng.integers(0, k)) for k in range(founders, size)]
    dam = [-1] * founders + [int(rng.integers(-1, k)) for k in range(founders, size)]
    return tabular(sire, [d if d != s else -1 for s, d in zip(sire, dam, strict=True)])


def simulated(
    effects: Sequence[Any], residual: Any, *, records: int = 60, levels: int = 15,
    missing: float = 0.0, seed: int = 1, related: bool = False, slopes: Sequence[float] = (),
) -> DenseData:
    """Records of as many traits as the residual has, made from true (co)variances.

    An effect with as many coefficients as there are traits has one a trait; of one trait, its
    coefficients are an intercept, a slope and a curvature on a covariate. True matrices may be
    singular. Several residual matrices (a 3-d array) are classes in turn.
    """
    rng = np.random.default_rng(seed)
    classes = np.array(residual, np.float64)
    classes = classes.reshape(-1, *([1, 1] if classes.ndim < 2 else classes.shape[-2:]))
    traits = classes.shape[-1]
    unit, trait = (part.ravel() for part in np.mgrid[:records, :traits])
    kept = np.flatnonzero(rng.random(unit.size) >= missing)
    unit, trait = unit[kept], trait[kept]
    kind = unit % len(classes)
    place = np.unique(unit, return_inverse=True)[1]
    covariates = rng.normal(size=(records, len(slopes)))[unit]
    x = np.eye(traits)[trait]
    group = rng.integers(0, 3, records)[unit]
    x = np.hstack([x, np.where(group[:, None] == [1, 2], 1.0, 0.0)])
    age = rng.uniform(-1, 1, records)[unit]
    basis = np.column_stack([np.ones_like(age), age, 1.5 * age**2 - 0.5])
    y = x @ rng.normal(size=x.shape[1]) * 3
    parts = []
    for true in effects:
        sigma = np.atleast_2d(np.array(true, np.float64))
        size = len(sigma)
        of_record = rng.integers(0, levels, records)[unit]
        values = np.eye(traits)[trait] if traits > 1 else basis[:, :size]
        z = (np.eye(levels)[of_record][:, :, None] * values[:, None, :]).reshape(unit.size, -1)
        k = random_relationship(levels, rng) if related else np.eye(levels)
        u = np.linalg.cholesky(k) @ rng.normal(size=(levels, size)) @ _root(sigma).T
        y = y + z @ u.ravel()
        parts.append(DenseEffect(z, k))
    noise = rng.normal(size=(records, traits))
    e = np.stack([_root(classes[k % len(classes)]) @ row for k, row in enumerate(noise)])
    y = y + e[unit, trait] * np.exp(covariates @ np.array(slopes) / 2)
    return DenseData(y, x, parts, trait.astype(np.int64), place, kind, np.ones(y.size), covariates)


def weighted(data: DenseData, seed: int = 0) -> DenseData:
    """With weights."""
    rng = np.random.default_rng(seed)
    return replace(data, weights=rng.uniform(0.5, 2.0, data.y.size))


def _root(sigma: Float64) -> Float64:
    roots, vectors = np.linalg.eigh(sigma)
    return np.asarray(vectors * np.sqrt(np.maximum(roots, 0)))
