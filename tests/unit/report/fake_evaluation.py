"""Evaluations of the right shape and a lifelike content, made without solving anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation

YEARS = 20


def herd(n: int, seed: int = 1) -> pd.DataFrame:
    """A pedigree of n individuals born over twenty years, with herds and breeding lines."""
    rng = np.random.default_rng(seed)
    year = np.sort(rng.integers(0, YEARS, n))
    sex = rng.integers(1, 3, n)
    sire, dam = np.full(n, -1), np.full(n, -1)
    for k in range(2, YEARS):
        now = np.flatnonzero(year == k)
        males = np.flatnonzero((year < k) & (year >= k - 8) & (sex == 1))
        females = np.flatnonzero((year < k) & (year >= k - 8) & (sex == 2))
        if not len(males) or not len(females):
            continue
        chosen = rng.choice(males, 1 + len(males) // 60, replace=False)
        sire[now] = rng.choice(chosen, len(now))
        dam[now] = rng.choice(females, len(now))
    width = len(str(n))
    names = np.array([f"DE{k + 1:0{width}d}" for k in range(n)], dtype=object)
    inbreeding = np.where(sire >= 0, rng.gamma(0.6, 0.004, n) * year, 0.0)
    return pd.DataFrame({
        "individual": names,
        "sire": np.where(sire >= 0, names[sire], None),
        "dam": np.where(dam >= 0, names[dam], None),
        "sex": sex,
        "birth_year": 1998.0 + year + rng.integers(0, 365, n) / 365,
        "generation": np.where(sire >= 0, year // 2, 0),
        "inbreeding": np.round(inbreeding, 8),
        "listed": True,
        "herd": [f"Herd {k}" for k in rng.integers(1, 120, n)],
        "line": np.array(["North", "South", None], dtype=object)[rng.integers(0, 3, n)],
    })


def values(individuals: pd.DataFrame, key: tuple[str, str, str], variance: float, seed: int
           ) -> pd.DataFrame:
    """Breeding values of one effect, component and trait for a herd."""
    rng = np.random.default_rng(seed)
    n = len(individuals)
    year = individuals["birth_year"].to_numpy() - 1998
    records = np.where(rng.random(n) < 0.65, rng.integers(1, 6, n), 0)
    inbreeding = individuals["inbreeding"].to_numpy()
    reliability = np.clip(1 - 0.75 / (1 + 0.5 * records) - 0.15 * rng.random(n), 0.01, 0.99)
    spread = np.sqrt(variance * reliability)
    breeding_value = spread * rng.standard_normal(n) + 0.07 * np.sqrt(variance) * year
    return pd.DataFrame({
        "effect": key[0], "component": key[1], "trait": key[2],
        "individual": individuals["individual"],
        "breeding_value": breeding_value,
        "se": np.sqrt(variance * (1 + inbreeding) * (1 - reliability)),
        "reliability": reliability, "accuracy": np.sqrt(reliability),
        "inbreeding": inbreeding, "records": records,
    })


def solutions() -> pd.DataFrame:
    """Fixed effects of several sizes and a random one that is not ranked."""
    rng = np.random.default_rng(3)
    rows: list[tuple[Any, ...]] = [
        ("intercept", "", "weight", "intercept", 7.5432, 0.1412, ""),
        ("sex", "", "weight", "female", 0.0, np.nan, "reference"),
        ("sex", "", "weight", "male", 2.4187, 0.0871, ""),
        ("age", "", "weight", "age", 0.0413, 0.0052, ""),
    ]
    rows += [("year:season", "", "weight", f"{year}:{season}", value, 0.21, "")
             for year in range(1998, 2018) for season in ("spring", "summer", "autumn", "winter")
             for value in [float(rng.normal())]]
    rows += [("dam", "dam", "weight", f"DE{k}", float(rng.normal(0, 0.6)), 0.7, "")
             for k in range(200)]
    columns = ["effect", "component", "trait", "level", "estimate", "se", "status"]
    return pd.DataFrame(rows, columns=columns)


def animal_model(n: int = 1300) -> Evaluation:
    """One trait, one genetic effect, one effect of the mother."""
    individuals = herd(n)
    variances = pd.DataFrame(
        [(name, name, "weight", name, "weight", estimate, np.nan, "given", np.nan, np.nan, False)
         for name, estimate in (("animal", 3.395), ("dam", 0.91), ("residual", 3.829))],
        columns=["effect", "component_1", "trait_1", "component_2", "trait_2", "estimate", "se",
                 "status", "lower", "upper", "zero"])
    parameters = pd.DataFrame(
        [("phenotypic_variance", "", "", "weight", "", "weight", 8.134),
         ("heritability", "animal", "animal", "weight", "animal", "weight", 0.4174),
         ("variance_ratio", "dam", "dam", "weight", "dam", "weight", 0.1119)],
        columns=["parameter", "effect", "component_1", "trait_1", "component_2", "trait_2",
                 "estimate"]).assign(se=np.nan, lower=np.nan, upper=np.nan)
    settings = {
        "title": "Weight at birth",
        "records": {"file": "records.csv", "missing": ["", "NA"]},
        "pedigree": {"file": "pedigree.csv"},
        "model": {
            "traits": ["weight"], "intercept": True,
            "fixed": [{"factors": ["sex"]}, {"factors": ["year", "season"]},
                      {"covariate": "age", "degree": 1}],
            "random": [{"name": "animal", "column": "animal", "relationship": "pedigree"},
                       {"name": "dam", "column": "dam", "relationship": "identity"}]},
        "relationships": {},
        "variances": {"animal": 3.395, "dam": 0.91, "residual": 3.829},
        "solve": {"method": "auto", "reliability": "exact"},
    }
    return Evaluation(
        title="Weight at birth", settings=settings,
        breeding_values=values(individuals, ("animal", "animal", "weight"), 3.395, 5),
        solutions=solutions(), variances=variances, genetic_parameters=parameters,
        individuals=individuals, summary=summary(n))


def summary(n: int) -> dict[str, Any]:
    """The values of summary.json for a solved run."""
    return {
        "status": "done", "converged": True, "log_likelihood": None, "aic": None, "bic": None,
        "iterations": 0, "relative_residual": 3.1e-15, "fixed_rank": 81,
        "forecast": {"nonzeros": 12_345, "seconds": 3.9},
        "records": 2 * n, "individuals": n, "equations": n + 283,
        "engine": "supernodal", "engine_reason": "The factor fits well into memory.",
        "seconds": 4.21, "peak_memory_mb": 412.0,
        "warnings": ["pedigree.csv: 14 parents have no line of their own and became founders.",
                     "records.csv:88: 'DE9999' is not in the pedigree. 3 records were left out."],
        "rank": ["year:season 2017:winter = intercept − year:season 1998:spring … (79 terms)"],
        "trait_summary": {"weight": {"n": 2 * n, "mean": 8.31, "sd": 2.87, "min": 0.0,
                                     "max": 19.4}},
        "pedigree": {"individuals": n, "founders": n // 12, "added_founders": 14,
                     "max_generation": 9, "equivalent_generations": 5.37, "inbred": n // 2,
                     "mean_inbreeding": 0.0143, "groups": []},
    }


def direct_maternal(n: int = 300) -> Evaluation:
    """Direct and maternal components of one genetic effect, with their covariance."""
    base = animal_model(n)
    model = {
        "traits": ["weight"], "fixed": [{"factors": ["sex"]}],
        "random": [{"name": "genetic", "relationship": "pedigree",
                    "components": {"direct": {"column": "calf"}, "maternal": {"column": "dam"}}}]}
    cells = [("direct", "direct", 150.0), ("direct", "maternal", -40.0),
             ("maternal", "maternal", 90.0)]
    variances = pd.DataFrame(
        [*(("genetic", one, "weight", two, "weight", value, np.nan, "given")
           for one, two, value in cells),
         ("residual", "residual", "weight", "residual", "weight", 350.0, np.nan, "given")],
        columns=base.variances.columns[:8]).assign(
            lower=np.nan, upper=np.nan, zero=False)
    breeding_values = pd.concat([
        values(base.individuals, ("genetic", "direct", "weight"), 150.0, 7),
        values(base.individuals, ("genetic", "maternal", "weight"), 90.0, 8)], ignore_index=True)
    return replace(base, settings={**base.settings, "model": model}, variances=variances,
                   breeding_values=breeding_values)


def iterated(n: int = 300) -> Evaluation:
    """Solved by iteration, so without reliabilities."""
    base = animal_model(n)
    missing = base.breeding_values.assign(se=np.nan, reliability=np.nan, accuracy=np.nan)
    return replace(base, breeding_values=missing, summary={**base.summary, "iterations": 201,
                                                           "engine": "conjugate gradients"})


PROVENANCE = {
    "program": "breedeval", "version": "0.1.0", "python": "3.11.2",
    "packages": {"numpy": "2.4.0", "scipy": "1.17.1"},
    "inputs": [{"role": "records", "path": "records.csv", "bytes": 68123, "sha256": "9f" * 32},
               {"role": "pedigree", "path": "pedigree.csv", "bytes": 23001, "sha256": "3c" * 32}],
    "machine": {"system": "Linux", "processor": "Xeon", "cores": 2, "memory_bytes": 24_000_000_000},
    "seed": None, "threads": 2, "command": ["breedeval", "run", "weight.yaml"], "overrides": [],
    "finished": "2026-11-12T14:02:31+00:00",
}
