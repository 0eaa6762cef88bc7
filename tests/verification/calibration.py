"""Do breeding values and reliabilities say the truth? Simulated populations tell.

For animals with true value u, breeding value û, PEV and reliability r² the theory says

* cor(û, u) ≈ √(mean r²), less a little in populations with few parents: animals share errors;
* the regression of u on û is 1;
* the mean of (u − û)² is the mean of PEV.

``python -m tests.verification.calibration 20000 100000`` simulates, runs ``breedeval run`` and
prints the table of docs/validation.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

GROUPS = ("all", "with records", "without records", "sires", "youngest, without records")


def evaluate_simulated(folder: Path, animals: int, seed: int, *options: str) -> Path:
    """Simulate into ``folder`` and evaluate, through the command line; the results folder."""
    command = [sys.executable, "-m", "breedeval"]
    subprocess.run([*command, "simulate", "--animals", str(animals), "--seed", str(seed),
                    "--output", str(folder), *options], check=True, capture_output=True)
    subprocess.run([*command, "run", str(folder / "run.yaml"), "--quiet"], check=True,
                   capture_output=True)
    return folder / "results"


def calibration(simulated: Path, results: Path) -> pd.DataFrame:
    """Correlation, regression and squared errors against what reliability and PEV promise.

    Parameters
    ----------
    simulated : Path
        Folder of ``breedeval simulate``.
    results : Path
        Folder of ``breedeval run`` on it.

    Returns
    -------
    DataFrame
        Index: group of animals. Columns: animals, correlation, accuracy (√ of the mean
        reliability), slope (of true on estimated), error (mean squared), pev (mean).
    """
    text = dict.fromkeys(("individual", "sire", "dam"), "str")
    pedigree, true, found = (
        pd.read_csv(path, dtype=text, keep_default_na=False, na_values={"reliability": [""]})
        for path in (simulated / "pedigree.csv", simulated / "true_breeding_values.csv",
                     results / "breeding_values.csv"))
    animals = pedigree.merge(true, on="individual").merge(
        found[found["effect"] == "animal"], on="individual", validate="one_to_one")
    assert len(animals) == len(pedigree)
    return pd.DataFrame({name: _figures(animals[inside])
                         for name, inside in _groups(animals).items() if inside.sum() > 1}).T


def _groups(animals: pd.DataFrame) -> dict[str, pd.Series]:
    recorded = animals["records"] > 0
    sires = animals["individual"].isin(animals["sire"])
    youngest = animals["birth_year"] == animals["birth_year"].max()
    everybody = pd.Series(data=True, index=animals.index)
    inside = (everybody, recorded, ~recorded, sires, youngest & ~recorded)
    return dict(zip(GROUPS, inside, strict=True))


def _figures(animals: pd.DataFrame) -> dict[str, float]:
    estimated = animals["breeding_value"].to_numpy()
    true = animals["true_breeding_value"].to_numpy()
    covariance = np.cov(estimated, true)
    return {"animals": len(animals),
            "correlation": covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]),
            "accuracy": np.sqrt(animals["reliability"].mean()),
            "slope": covariance[0, 1] / covariance[0, 0],
            "error": np.mean((true - estimated) ** 2), "pev": np.mean(animals["se"] ** 2)}


def _markdown(tables: dict[int, pd.DataFrame]) -> str:
    lines = ["| animals | group | number | cor(û, u) | √(mean r²) | b(u on û) | mean (u − û)² "
             "| mean PEV |", "|--:|---|--:|--:|--:|--:|--:|--:|"]
    for size, table in tables.items():
        for group, row in table.iterrows():
            lines.append(f"| {size:,} | {group} | {row.animals:,.0f} | {row.correlation:.3f} | "
                         f"{row.accuracy:.3f} | {row.slope:.3f} | {row.error:.2f} | "
                         f"{row.pev:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Print the calibration table for populations of the sizes given."""
    parser = argparse.ArgumentParser(description="Calibration on simulated populations.")
    parser.add_argument("animals", type=int, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tables = {}
    for animals in asked.animals:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "population"
            tables[animals] = calibration(folder, evaluate_simulated(folder, animals, asked.seed))
    print(_markdown(tables))


if __name__ == "__main__":
    main()
