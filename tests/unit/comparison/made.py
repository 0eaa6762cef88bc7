"""Small evaluations made for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from breedeval.comparison import Results

SETTINGS: dict[str, Any] = {
    "title": "made",
    "records": {"file": "records.csv", "missing": ["", "NA"]},
    "pedigree": {"file": "pedigree.csv"},
    "model": {"traits": ["y"], "fixed": [{"factors": ["sex"]}],
              "random": [{"name": "animal", "column": "id", "relationship": "pedigree"}]},
    "variances": {"animal": 30.0, "residual": 70.0},
    "solve": {"method": "cholesky", "threads": 1},
    "output": {"directory": "results"},
}


def breeding_values(values, *, names=None, records=None, inbreeding=0.0, component="animal"):
    """A table of breeding values of one trait, individuals named A1, A2, …"""
    count = len(values)
    return pd.DataFrame({
        "effect": "animal", "component": component, "trait": "y",
        "individual": names or [f"A{k + 1}" for k in range(count)],
        "breeding_value": np.asarray(values, float), "se": 4.0, "reliability": 0.5,
        "accuracy": 0.5**0.5, "inbreeding": inbreeding,
        "records": np.asarray([1] * count if records is None else records, float)})


def results(table, *, label="old", fixed=(0.0, 5.0), animal=30.0, hashes=("a", "b"), summary=None):
    """A whole results folder around a table of breeding values."""
    solutions = pd.DataFrame({
        "effect": "sex", "component": "", "trait": "y", "level": ["F", "M"],
        "estimate": np.asarray(fixed, float), "se": 1.0})
    random = pd.DataFrame({
        "effect": table["effect"], "component": table["component"], "trait": table["trait"],
        "level": table["individual"], "estimate": table["breeding_value"], "se": table["se"]})
    variances = pd.DataFrame({
        "effect": ["animal", "residual"], "component_1": ["animal", ""], "trait_1": "y",
        "component_2": ["animal", ""], "trait_2": "y", "estimate": [animal, 70.0],
        "se": np.nan})
    parameters = pd.DataFrame({
        "parameter": ["heritability"], "effect": "animal", "component_1": "animal",
        "trait_1": "y", "component_2": "animal", "trait_2": "y",
        "estimate": [animal / (animal + 70)], "se": np.nan})
    provenance = {"version": "0.1.0", "inputs": [
        {"role": "run file", "path": "run.yaml", "sha256": label},
        {"role": "records", "path": "records.csv", "sha256": hashes[0]},
        {"role": "pedigree", "path": "pedigree.csv", "sha256": hashes[1]}]}
    return Results(
        label=label, breeding_values=table, variances=variances, genetic_parameters=parameters,
        solutions=pd.concat([solutions, random], ignore_index=True), provenance=provenance,
        summary={"status": "solved", "converged": True, "records": 4, **(summary or {})})
