"""Comparing two results folders, as a nightly job does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from breedeval.cli.app import app
from breedeval.errors import InputError
from breedeval.workflow.compare import limits_of
from breedeval.workflow.run import run_file

ROOT = Path(__file__).parents[3]
RUN = CliRunner()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    top = tmp_path_factory.mktemp("compare")
    for name, ratio in (("old", "20"), ("new", "30")):
        outcome = run_file(ROOT / "configs" / "mrode_4_1_animal_model.yaml", overrides=[
            f"output.directory={top / name}", f"variances.animal={ratio}"])
        assert outcome.exit_code == 0, outcome.message
    return top / "old", top / "new"


def compared(folders: tuple[Path, Path], *options: str) -> tuple[int, str]:
    done = RUN.invoke(app, ["compare", *map(str, folders), *options])
    return done.exit_code, done.stdout


def test_the_exit_code_is_the_verdict(folders: tuple[Path, Path], tmp_path: Path) -> None:
    code, said = compared(folders, "--limit", "min_correlation=0.9")
    assert code == 0
    assert "Verdict passed" in said
    limits = tmp_path / "limits.yaml"
    limits.write_text("min_correlation: 0.9\nmax_sd_change: 0.01\n", encoding="utf-8")
    code, said = compared(folders, "--limits", str(limits))
    assert code == 4
    assert "Verdict failed: 1 of 3 limits not kept" in said
    assert compared(folders, "--limits", str(limits), "--limit", "max_sd_change=1")[0] == 0
    assert compared(folders)[0] == 0


def test_the_verdict_and_the_reasons_as_json(folders: tuple[Path, Path]) -> None:
    code, said = compared(folders, "--json", "--limit", "max_sd_change=0.01", "--by", "generation")
    whole = json.loads(said)
    assert code == 4
    assert whole["verdict"]["passed"] is False
    last = whole["verdict"]["checks"][-1]
    assert (last["limit"], last["trait"], last["kept"]) == ("max_sd_change", "wwg", False)
    for row in whole["moved_most"]:
        parts = [value for key, value in row.items() if key.startswith("change_")]
        np.testing.assert_allclose(sum(parts), row["change"], rtol=0, atol=1e-10)
    assert {row["group"] for row in whole["by_group"]} == {"0", "1", "2"}
    assert json.loads(compared(folders, "--json")[1])["verdict"] is None


def test_faults_of_limits_have_their_place(tmp_path: Path) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("min_corelation: 0.9\nmax_lost: many\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        limits_of(limits, [])
    first, second = raised.value.problems
    assert f"{limits}:1:1" in first
    assert "Did you mean 'min_correlation'?" in first
    assert ":2:11" in second
    with pytest.raises(InputError, match="--limit min_correlation"):
        limits_of(None, ["min_correlation=7"])
    assert limits_of(None, []) is None
