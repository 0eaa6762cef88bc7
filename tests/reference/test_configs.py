"""Every run file in ``configs/``: by every solver the same, and from the command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import InputError
from tests.reference.running import CONFIGS, PEDIGREES, ROOT, evaluate, solved_by

NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
ESTIMATING = [name for name in NAMES if re.search(
    r"^(variances: |  method: )(reml|ml)$", (CONFIGS / f"{name}.yaml").read_text("utf-8"), re.M)]
BY_PRODUCTS = ["mrode_12_1_marker_effects"]
"""Known by products only: no direct solver."""
GIVEN = [name for name in NAMES if name not in (*ESTIMATING, *BY_PRODUCTS)]
TABLES = ("breeding_values", "solutions", "variances", "genetic_parameters", "individuals",
          "partition", "residuals")


@pytest.mark.parametrize("name", GIVEN)
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


@pytest.mark.parametrize("name", ESTIMATING)
def test_every_direct_solver_gives_the_same_variances(name: str) -> None:
    """Rounding decides when a last round is needed: 1e-3 of a standard error is left.

    LU has no selected inverse worth the name, and is left out where it takes long.
    """
    first = evaluate(name, "solve.method=cholesky", "validation=null")
    assert first.summary["converged"]
    for method in ("auto",) if name.startswith("blupf90") else ("auto", "lu"):
        other = evaluate(name, f"solve.method={method}", "validation=null")
        assert list(other.variances["status"]) == list(first.variances["status"])
        away = (other.variances["estimate"] - first.variances["estimate"]).abs()
        assert (away <= 1e-3 * first.variances["se"].fillna(np.inf)).all()
        assert other.summary["log_likelihood"] == pytest.approx(
            first.summary["log_likelihood"], abs=1e-7)


@pytest.mark.parametrize("name", BY_PRODUCTS)
def test_what_is_known_by_products_has_one_solver(name: str) -> None:
    first, other = (evaluate(name, *solved_by(method)) for method in ("pcg", "auto"))
    np.testing.assert_array_equal(other.solutions["estimate"], first.solutions["estimate"])
    with pytest.raises(InputError, match="known by products only"):
        evaluate(name, *solved_by("cholesky"))


def test_conjugate_gradients_have_no_likelihood_to_maximise() -> None:
    with pytest.raises(InputError, match="the likelihood needs a factorisation"):
        evaluate("mrode_17_7_reml", "solve.method=pcg")


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
        curves = ["curves.csv"] if name == "mrode_10_2_random_regression" else []
        assert sorted(path.name for path in folder.iterdir()) == sorted([
            *(f"{table}.csv" for table in TABLES), *curves, "summary.json", "provenance.json",
            "config.yaml", "report.html", "run.log"])
        found = evaluate(name)
        written = pd.read_csv(folder / "solutions.csv", dtype={"level": str},
                              keep_default_na=False, na_values={"se": [""]})
        assert list(written["level"]) == list(found.solutions["level"])
        np.testing.assert_array_equal(written["estimate"], found.solutions["estimate"])
        np.testing.assert_array_equal(written["se"], found.solutions["se"])
