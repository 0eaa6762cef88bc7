"""Conjugate gradients that begin at last month's solutions of real cows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import breedeval
from breedeval.io.results import write_table
from tests.reference.running import CONFIGS, PEDIGREES, evaluate

PCG = "solve.method=pcg"


def test_rounds_are_saved_and_the_answer_is_the_same(tmp_path: Path) -> None:
    """Every fiftieth lactation is new. With 2 % at random: 83 rounds without a start, 54 with it.
    """
    records = pd.read_csv(PEDIGREES / "dairy" / "records.csv")
    records[np.arange(len(records)) % 50 != 7].to_csv(tmp_path / "records.csv", index=False)
    old = breedeval.run(CONFIGS / "dairy_milk.yaml", overrides=[
        f"records.file={tmp_path / 'records.csv'}", PCG])
    write_table(old.solutions, tmp_path / "solutions.csv")
    tolerance = "solve.tolerance=1e-8"
    cold = evaluate("dairy_milk", PCG, tolerance)
    warm = breedeval.run(CONFIGS / "dairy_milk.yaml", overrides=[
        PCG, tolerance, f"solve.start={tmp_path}"])
    assert warm.summary["converged"]
    assert warm.summary["start"]["matched"] > 0.99 * warm.summary["equations"]
    assert warm.summary["iterations"] < 0.75 * cold.summary["iterations"]
    exact = evaluate("dairy_milk", "solve.method=cholesky").breeding_values["breeding_value"]
    sharp = breedeval.run(CONFIGS / "dairy_milk.yaml", overrides=[
        PCG, "solve.tolerance=1e-13", f"solve.start={tmp_path}"]).breeding_values
    np.testing.assert_allclose(
        sharp["breeding_value"], exact, rtol=0, atol=1e-8 * float(exact.std()))
