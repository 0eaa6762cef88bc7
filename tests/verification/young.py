"""Young animals without records, by pedigree and by single-step, against their true values.

``python -m tests.verification.young`` prints the table of ``docs/validation.md``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import breedeval
from breedeval.io.simulation import write_simulation
from breedeval.simulation import SimulationSettings, simulate
from breedeval.simulation.settings import Selection

MODELS = ("pedigree", "single_step")
SEEDS = range(1, 11)


def young(selection: Selection, seed: int, folder: Path) -> pd.DataFrame:
    """Figures of the last cohort, which has genotypes and no records, one row a model.

    accuracy: correlation of true and predicted values; expected: the root of their mean reliability
    by the equations, which refers to the unselected base; slope: of true on predicted values;
    error, pev: mean squared error, and what the equations say that it is.
    """
    population = simulate(SimulationSettings(
        animals=6000, generations=6, chromosomes=10, snps=5000, qtl=300, sires=20,
        recorded="all", selection=selection, genotyped_cohorts=3, unrecorded_cohorts=1), seed)
    write_simulation(population, folder)
    true = population.true_breeding_values.set_index("individual")["true_breeding_value"]
    last = population.pedigree["birth_year"] == population.pedigree["birth_year"].max()
    names = population.pedigree.loc[last, "individual"]
    rows = {}
    for model in MODELS:
        table = breedeval.run(folder / "run.yaml", overrides=[
            f"model.random.0.relationship={model}"]).breeding_values
        found = table.set_index("individual").loc[names]
        value, predicted = true[names].to_numpy(), found["breeding_value"].to_numpy()
        rows[model] = {
            "accuracy": np.corrcoef(value, predicted)[0, 1],
            "expected": np.sqrt(found["reliability"].mean()),
            "slope": np.cov(value, predicted)[0, 1] / predicted.var(ddof=1),
            "error": np.square(value - predicted).mean(), "pev": np.square(found["se"]).mean()}
    return pd.DataFrame(rows).T


def replicated(selection: Selection) -> pd.DataFrame:
    """The same of every seed, stacked: seed × model."""
    with tempfile.TemporaryDirectory() as place:
        return pd.concat({seed: young(selection, seed, Path(place) / f"seed{seed}")
                          for seed in SEEDS})


def main() -> None:
    """Print means over the replicates, and standard errors of the means."""
    print("| parents selected | relationship | accuracy | expected | slope | error/pev |")
    print("|---|---|--:|--:|--:|--:|")
    for selection in ("random", "phenotype"):
        tables = replicated(selection)
        tables["ratio"] = tables["error"] / tables["pev"]
        for model in MODELS:
            rows = tables.xs(model, level=1)
            error = rows.std(ddof=1) / np.sqrt(len(rows))
            cells = [f"{rows[name].mean():.3f} ({error[name]:.3f})"
                     for name in ("accuracy", "expected", "slope", "ratio")]
            print(f"| {selection} | {model} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
