"""Are the variances that were simulated estimated again? Many small populations tell.

Over replicates, the mean of the estimates is to be the truth, the mean of their squared standard
errors their variance, and 95 of 100 intervals are to hold the truth. Intervals of Wald are taken
where the sampling is nearest to normal: log σ², logit h², tanh⁻¹ r, and a covariance as it is.

``python -m tests.verification.recovery`` prints the table of docs/validation.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

import breedeval
from breedeval.evaluation.result import Evaluation
from breedeval.simulation import SimulatedPopulation, SimulationSettings, simulate
from breedeval.variance.boundary import mixture_p_value
from tests.oracles.tabular import tabular

REPLICATES = 200
PROFILED = 60
PROCESSES = 2
Z = float(norm.ppf(0.975))
BOUNDED = ("boundary", "bound", "fixed")

ANIMAL = {"name": "animal", "column": "individual", "relationship": "pedigree"}
PERMANENT = {"name": "permanent", "column": "individual"}
FIXED = ["sex", "herd:year"]

POPULATION = {"animals": 600, "generations": 4, "sires": 0.1, "herd_size": 50, "recorded": "all"}
GENETIC = np.array([[40.0, 24.0], [24.0, 60.0]])
RESIDUAL = np.array([[60.0, 12.0], [12.0, 40.0]])

Row = dict[str, Any]


def estimate(
    records: pd.DataFrame, model: Mapping[str, Any], pedigree: pd.DataFrame | None = None,
    **asked: Any,
) -> Evaluation:
    """REML of one replicate; only what is needed."""
    return breedeval.evaluate(
        records, pedigree=pedigree, model=model,
        variances={"method": "reml", "tests": "none", **asked},
        solve={"threads": 1, "reliability": "none"})


def animal_model(seed: int) -> list[Row]:
    """One record of every animal, h² = 0.4; the first replicates with a profile of σ²a."""
    made = simulate(SimulationSettings(**POPULATION, h2=0.4), seed)
    asked = {"profile": ["animal"]} if seed < PROFILED else {}
    found = estimate(made.records, {"traits": ["phenotype"], "fixed": FIXED, "random": [ANIMAL]},
                     made.pedigree, **asked)
    rows = _rows(found, seed, made)
    if asked:
        rows[0] |= {"lower": found.profiles["lower"].iloc[0],
                    "upper": found.profiles["upper"].iloc[0]}
    return rows


def repeatability_model(seed: int) -> list[Row]:
    """Three records of every animal, h² = 0.3 and repeatability 0.6."""
    made = simulate(SimulationSettings(
        **POPULATION, h2=0.3, repeatability=0.6, records_per_animal=3), seed)
    model = {"traits": ["phenotype"], "fixed": [*FIXED, "parity"], "random": [ANIMAL, PERMANENT]}
    return _rows(estimate(made.records, model, made.pedigree), seed, made)


def _rows(found: Evaluation, seed: int, made: SimulatedPopulation) -> list[Row]:
    """Variances and heritability, with their true values."""
    total = sum(made.variances.values())
    rows = [_row(seed, row.parameter, made.variances[row.parameter], row)
            for row in found.variance_parameters.itertuples()]
    ratio = found.genetic_parameters.set_index("parameter").loc["heritability"]
    return [*rows, _row(seed, "heritability", made.variances["animal"] / total, ratio)]


def bivariate_model(seed: int) -> list[Row]:
    """Two traits; the second is recorded only where the first is in its upper half."""
    made = _two_traits(seed)
    found = estimate(made, {"traits": ["first", "second"], "fixed": ["sex"], "random": [ANIMAL]},
                     _pedigree())
    true = np.concatenate([GENETIC[np.tril_indices(2)], RESIDUAL[np.tril_indices(2)]])
    rows = [_row(seed, row.parameter, value, row) for row, value in zip(
        found.variance_parameters.itertuples(), true, strict=True)]
    kept = found.genetic_parameters
    heritability = kept[kept["parameter"] == "heritability"].set_index("trait_1")
    rows += [_row(seed, f"heritability({trait})", GENETIC[k, k] / (GENETIC + RESIDUAL)[k, k],
                  heritability.loc[trait]) for k, trait in enumerate(("first", "second"))]
    correlation = kept[(kept["parameter"] == "correlation") & (kept["effect"] == "animal")]
    true_correlation = GENETIC[0, 1] / np.sqrt(GENETIC[0, 0] * GENETIC[1, 1])
    return [*rows, _row(seed, "correlation", true_correlation, correlation.iloc[0])]


@cache
def _pedigree() -> pd.DataFrame:
    return simulate(SimulationSettings(**POPULATION), 1).pedigree


@cache
def _relationship_root() -> np.ndarray:
    """L of A = LL′."""
    pedigree = _pedigree()
    place = {name: row for row, name in enumerate(pedigree["individual"])}
    sire, dam = (pedigree[role].map(place).fillna(-1).astype(int).tolist()
                 for role in ("sire", "dam"))
    return np.linalg.cholesky(tabular(sire, dam))


def _two_traits(seed: int) -> pd.DataFrame:
    """Phenotypes Y = Xb + A, E ~ N(0, R ⊗ I), with y₂ missing where y₁ is below its median."""
    rng, pedigree = np.random.default_rng(seed), _pedigree()
    normal = rng.standard_normal((2, len(pedigree), 2))
    values = (_relationship_root() @ normal[0] @ np.linalg.cholesky(GENETIC).T
              + normal[1] @ np.linalg.cholesky(RESIDUAL).T)
    values += np.where(pedigree["sex"] == "M", 5.0, 0.0)[:, None] + [100.0, 50.0]
    second = np.where(values[:, 0] > np.median(values[:, 0]), values[:, 1], np.nan)
    return pd.DataFrame({"individual": pedigree["individual"], "sex": pedigree["sex"],
                         "first": values[:, 0], "second": second})


def _row(seed: int, parameter: str, true: float, found: Any) -> Row:
    return {"replicate": seed, "parameter": parameter, "true": true,
            "estimate": float(found.estimate), "se": float(found.se),
            "status": getattr(found, "status", "estimated"), "lower": np.nan, "upper": np.nan}


GROUPS, PER_GROUP = 60, 5


def no_variance(seed: int) -> list[Row]:
    """Groups without a variance of their own: is it estimated as 0, and the test of it."""
    rng = np.random.default_rng(seed)
    records = pd.DataFrame({
        "group": np.repeat(np.arange(GROUPS), PER_GROUP).astype(str),
        "y": rng.standard_normal(GROUPS * PER_GROUP)})
    small, large = (estimate(records, {"traits": ["y"], "random": random})
                    for random in ([], [{"name": "group", "column": "group"}]))
    statistic = 2 * (large.summary["log_likelihood"] - small.summary["log_likelihood"])
    status = large.variance_parameters.set_index("parameter")["status"]
    return [{"replicate": seed, "status": status["group"], "statistic": statistic,
             "p_value": mixture_p_value(statistic, 1)}]


def replicates(model: Callable[[int], list[Row]], number: int = REPLICATES) -> pd.DataFrame:
    """Rows of all replicates, on two processes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        found = pool.map(model, range(number), chunksize=5)
        return pd.DataFrame([row for rows in found for row in rows])


def recovered(rows: pd.DataFrame) -> pd.DataFrame:
    """What the replicates say of every parameter.

    Returns
    -------
    DataFrame
        Index: parameter. Columns: true, mean, error (of the mean, Monte Carlo), sd (of the
        estimates), se (root of the mean squared standard error), coverage of the intervals of Wald,
        inside (replicates with an interval), profile (coverage by profiles), profiled.
    """
    return pd.DataFrame({name: _figures(str(name), part)
                         for name, part in rows.groupby("parameter", sort=False)}).T


def _figures(name: str, part: pd.DataFrame) -> dict[str, float]:
    inside = part[~part["status"].isin(BOUNDED) & part["se"].notna()]
    profiled = part[part["lower"].notna() & part["upper"].notna()]
    held = (profiled["lower"] <= profiled["true"]) & (profiled["true"] <= profiled["upper"])
    return {
        "true": part["true"].iloc[0], "mean": part["estimate"].mean(),
        "error": part["estimate"].sem(), "sd": part["estimate"].std(),
        "se": float(np.sqrt((inside["se"] ** 2).mean())),
        "coverage": float(covers(name, inside).mean()), "inside": len(inside),
        "profile": float(held.mean()), "profiled": len(profiled)}


def covers(name: str, part: pd.DataFrame) -> pd.Series:
    """Whether the 95 % intervals of Wald hold the truth, each on its scale: f(θ̂) ± 1.96 f′ se."""
    estimate, true = part["estimate"], part["true"]
    if name.startswith("correlation"):
        distance = (np.arctanh(estimate) - np.arctanh(true)) * (1 - estimate**2)
    elif name.startswith("heritability"):
        distance = (_logit(estimate) - _logit(true)) * estimate * (1 - estimate)
    elif "," in name:
        distance = estimate - true
    else:
        distance = np.log(estimate / true) * estimate
    return distance.abs() <= Z * part["se"]


def _logit(share: pd.Series) -> pd.Series:
    return np.log(share / (1 - share))


MODELS = {"animal": animal_model, "repeatability": repeatability_model,
          "two traits": bivariate_model}


def main() -> None:
    """Print the table of the documentation."""
    print("| model | parameter | true | mean | ± | sd | se | coverage | by profile |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, model in MODELS.items():
        for parameter, row in recovered(replicates(model)).iterrows():
            digits = 3 if row["true"] < 1 else 2
            numbers = " | ".join(f"{row[column]:.{digits}f}"
                                 for column in ("true", "mean", "error", "sd", "se"))
            profile = f"{row['profile']:.1%}" if row["profiled"] else ""
            print(f"| {name} | {parameter} | {numbers} | {row['coverage']:.1%} | {profile} |")
    rows = replicates(no_variance)
    print(f"\nAt 0: {(rows['status'] == 'boundary').mean():.1%}; p < 0.05: "
          f"{(rows['p_value'] < 0.05).mean():.1%}")


if __name__ == "__main__":
    main()
