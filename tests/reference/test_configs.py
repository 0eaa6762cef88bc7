"""Every run file in ``configs/``: by every solver the same, and from the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.reference.running import CONFIGS, PEDIGREES, ROOT, evaluate, solved_by

NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
TABLES = ("breeding_values", "solutions", "variances", "genetic_parameters")


@pytest.mark.parametrize("name", NAMES)
def test_every_solver_gives_the_same(name: str) -> None:
    first = evaluate(name, *solved_by("cholesky"))
    scale = max(1.0, float(np.abs(first.solutions["estimate"]).max()))
    for method in ("auto", "lu", "pcg"):
        other = evaluate(name, *solved_by(method))
        np.testing.assert_allclose(
            other.solutions["estimate"], first.solutions["estimate"], rtol=0, atol=1e-9 * scale)
        assert list(other.solutions["level"]) == list(first.solutions["level"])
        assert list(other.solutions["status"]) == list(first.solutions["status"])
        assert other.summary["converged"]
        if method == "pcg":
            assert other.solutions["se"].isna().all()
            assert other.summary["log_likelihood"] is None
            continue
        np.testing.assert_allclose(
            other.solutions["se"], first.solutions["se"], rtol=0, atol=1e-9 * scale)
        assert other.summary["log_likelihood"] == pytest.approx(
            first.summary["log_likelihood"], abs=1e-7)


def test_solvers_are_named() -> None:
    engines = {method: evaluate("mrode_4_1_animal_model", *solved_by(method)).summary
               for method in ("auto", "cholesky", "cholmod", "lu", "pcg")}
    assert engines["lu"]["engine"] == "SuperLU"
    assert engines["pcg"]["engine"] == "conjugate gradients"
    assert engines["cholesky"]["engine"] == engines["auto"]["engine"]
    assert engines["pcg"]["engine_reason"].startswith("asked for in the run file; ")
    assert engines["cholmod"]["engine"] == "CHOLMOD"
    assert engines["auto"]["engine_reason"].startswith("its factor fits: forecast 35 non-zeros")


def test_from_the_command_line_to_files(tmp_path: Path) -> None:
    """A new process, the run file as it is: folders beside it hold the same numbers."""
    names = ["mrode_4_1_animal_model", "mrode_10_2_random_regression"]
    (tmp_path / "configs").mkdir()
    (tmp_path / "pedigrees").symlink_to(PEDIGREES)
    files = [shutil.copy(CONFIGS / f"{name}.yaml", tmp_path / "configs") for name in names]
    done = subprocess.run(
        [sys.executable, "-m", "breedeval", "run", *files], capture_output=True, text=True,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stderr
    folders = [Path(line) for line in done.stdout.splitlines()]
    assert [folder.resolve() for folder in folders] == [
        (tmp_path / "results" / name).resolve() for name in names]
    for name, folder in zip(names, folders, strict=True):
        assert sorted(path.name for path in folder.iterdir()) == sorted([
            *(f"{table}.csv" for table in TABLES), "summary.json", "provenance.json",
            "config.yaml", "report.html", "run.log"])
        found = evaluate(name)
        written = pd.read_csv(folder / "solutions.csv", dtype={"level": str},
                              keep_default_na=False, na_values={"se": [""]})
        assert list(written["level"]) == list(found.solutions["level"])
        np.testing.assert_array_equal(written["estimate"], found.solutions["estimate"])
        np.testing.assert_array_equal(written["se"], found.solutions["se"])
