"""Predicting from a results folder, as a user does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import InputError
from breedeval.workflow.predict import predict_file
from breedeval.workflow.run import run_file

ROOT = Path(__file__).parents[3]
CHIP = ROOT / "pedigrees" / "mrode_12_1" / "genotypes.csv"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict") / "results"
    outcome = run_file(ROOT / "configs" / "mrode_11_3_gblup.yaml",
                       overrides=[f"output.directory={folder}"])
    assert outcome.exit_code == 0, outcome.message
    return folder


def test_what_a_run_keeps(results: Path) -> None:
    names = {path.name for path in results.iterdir()}
    assert {"marker_effects.csv", "marker_windows.csv", "marker_effects.npz"} <= names
    assert 'id="markers"' in (results / "report.html").read_text()


def test_values_of_the_run_come_out_again(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The candidates have the breeding values and reliabilities of the run itself."""
    predict_file(results, CHIP, tmp_path / "values.csv")
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'values.csv'}\n"
    assert "10 of 10 markers with effects found" in said.err
    assert "10 markers have no alleles on one side" in said.err
    found = pd.read_csv(tmp_path / "values.csv", index_col="individual").loc[21:]
    own = pd.read_csv(results / "breeding_values.csv", index_col="individual").loc[21:]
    np.testing.assert_allclose(found["direct_genomic_value"], own["breeding_value"], atol=1e-6)
    np.testing.assert_allclose(found["reliability"], own["reliability"], atol=1e-5)
    with pytest.raises(InputError, match="exists already"):
        predict_file(results, CHIP, tmp_path / "values.csv")
    predict_file(results, CHIP, tmp_path / "values.csv", force=True)


def test_markers_that_are_not_there_are_listed(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(CHIP).drop(columns=["snp2", "snp9"]).assign(snp77=1)
    table.to_csv(tmp_path / "chip.csv", index=False)
    predict_file(results, tmp_path / "chip.csv", None)
    said = capsys.readouterr()
    assert said.out.startswith(
        "individual,effect,component,trait,direct_genomic_value,reliability,accuracy,markers\n13,")
    assert len(said.out.splitlines()) == 15
    assert "8 of 10 markers with effects found" in said.err
    assert "2 markers (snp2, snp9) absent: filled by the mean, 2p" in said.err
    assert "1 marker (snp77) without an effect, not used" in said.err


@pytest.mark.parametrize(("name", "text", "message"), [
    ("chip.csv", "id,a,b\n1,0,1\n", "none of its markers (a, b, …) has an effect"),
    ("chip.xyz", "", "is no format of genotypes"),
])
def test_genotypes_that_cannot_be_used(
    results: Path, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as raised:
        predict_file(results, tmp_path / name, None)
    assert message in str(raised.value)


def test_results_without_marker_effects(results: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        predict_file(tmp_path, CHIP, None)
    assert "Add 'marker_effects: EFFECT' to the run file and run it again" in str(raised.value)
    (tmp_path / "marker_effects.npz").write_bytes(b"PK cut off")
    with pytest.raises(InputError, match="the file cannot be read"):
        predict_file(tmp_path, CHIP, None)


@pytest.mark.parametrize(("output", "message"), [
    ("values.xlsx", "is neither .csv nor .parquet"), ("no/such/values.csv", "there is no folder")])
def test_places_that_cannot_be_written(
    results: Path, tmp_path: Path, output: str, message: str
) -> None:
    with pytest.raises(InputError) as raised:
        predict_file(results, CHIP, tmp_path / output)
    assert message in str(raised.value)
