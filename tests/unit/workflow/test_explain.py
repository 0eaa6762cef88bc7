"""One individual of a results folder, as a user asks for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from breedeval.errors import InputError
from breedeval.workflow.explain import explain_individual, explanation
from breedeval.workflow.run import run_file

ROOT = Path(__file__).parents[3]
CONFIGS = [
    "mrode_4_1_animal_model", "mrode_4_4_groups", "mrode_5_1_repeatability",
    "mrode_6_1_two_traits", "mrode_8_1_maternal", "mrode_10_2_random_regression",
    "mrode_11_3_gblup", "mrode_12_1_single_step", "mrode_13_1_dominance", "supplied_relationship"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("explain")
    for name in CONFIGS:
        outcome = run_file(ROOT / "configs" / f"{name}.yaml",
                           overrides=[f"output.directory={top / name}"])
        assert outcome.exit_code == 0, outcome.message
    return top


def names_of(folder: Path) -> list[str]:
    lines = (folder / "breeding_values.csv").read_text().splitlines()[1:]
    return list(dict.fromkeys(line.split(",")[3] for line in lines))


@pytest.mark.parametrize("name", CONFIGS)
def test_everything_adds_up(folders: Path, name: str) -> None:
    for individual in names_of(folders / name):
        found = explanation(folders / name, individual)
        for value in found.values:
            assert sum(source.value for source in value.sources) == pytest.approx(
                value.value, abs=1e-10)
            assert 1 <= value.rank <= value.among
        for record in found.records:
            if record.deviation is None:
                continue
            less = sum(one.amount for one in record.corrections)
            assert record.observed - less == pytest.approx(record.deviation, abs=1e-5)
            assert "everything else" not in {one.effect for one in record.corrections}


def test_a_calf_with_its_record_parents_and_no_progeny(folders: Path) -> None:
    """Animal 8 of Mrode's example: 0.8 of its parents, 0.2 of its record."""
    found = explanation(folders / "mrode_4_1_animal_model", "8")
    value, = found.values
    assert [(one.name, one.weight) for one in value.sources] == [
        ("parent_average", pytest.approx(0.8)), ("records", pytest.approx(0.2))]
    assert value.sources[1].alone == pytest.approx(5.0 - 4.358, abs=0.001)
    assert [(one.role, one.individual) for one in found.parents] == [("sire", "3"), ("dam", "6")]
    assert found.progeny is not None
    assert found.progeny.number == 0
    record, = found.records
    assert (record.record, record.observed) == (5, 5.0)
    assert record.deviation == pytest.approx(value.sources[1].alone, abs=1e-12)
    assert [(one.effect, one.level) for one in record.corrections] == [("sex", "M")]
    assert found.genotyped is None
    assert value.genetic_sd == pytest.approx(20**0.5)
    assert value.outlook is not None


def test_progeny_and_who_is_genotyped(folders: Path) -> None:
    found = explanation(folders / "mrode_4_1_animal_model", "1")
    assert found.progeny is not None
    assert (found.progeny.number, found.progeny.with_records, found.progeny.mates) == (2, 2, 1)
    folder = folders / "mrode_12_1_single_step"
    assert explanation(folder, "13").genotyped is True
    assert explanation(folder, "1").genotyped is False


def test_records_by_their_role(folders: Path) -> None:
    found = explanation(folders / "mrode_8_1_maternal", "7")
    assert [record.role for record in found.records] == ["direct", "maternal", "maternal"]
    assert [value.outlook is not None for value in found.values] == [True, False]


def test_what_is_printed(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain_individual(folders / "mrode_4_1_animal_model", "8")
    said = capsys.readouterr().out
    for words in ("animal wwg: +0.183 ± 4.110 in units of wwg", "reliability 0.16",
                  "base: the mean of animals without known parents is 0", "parents", "0.800",
                  "one more record of its own", "sex M"):
        assert words in said, words
    explain_individual(folders / "mrode_4_1_animal_model", "8", "json")
    whole: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert whole["individual"] == "8"
    assert whole["values"][0]["sources"][0]["name"] == "parent_average"


def test_nobody_of_that_name(folders: Path) -> None:
    with pytest.raises(InputError, match=r"no individual '80' among 8\. .*Did you mean '8'"):
        explanation(folders / "mrode_4_1_animal_model", "80")


def test_no_results_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a whole results folder"):
        explanation(tmp_path, "8")
    with pytest.raises(InputError, match="there is no such folder"):
        explanation(tmp_path / "none", "8")


def test_what_is_missing_is_said(folders: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(folders / "mrode_4_1_animal_model", folder)
    settings = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(settings.replace("records.csv", "gone.csv"))
    found = explanation(folder, "8")
    assert not found.records
    assert "The records cannot be shown" in found.notes[0]
    for name in ("residuals", "partition", "individuals"):
        (folder / f"{name}.csv").unlink()
    found = explanation(folder, "8")
    assert [note.split(":")[0] for note in found.notes] == [
        "The run wrote no 'residuals.csv'", "The run wrote no 'partition.csv'"]
    assert not found.values[0].sources
    assert found.progeny is None


def test_parquet_tells_the_same(folders: Path, tmp_path: Path) -> None:
    run_file(ROOT / "configs" / "mrode_4_1_animal_model.yaml", overrides=[
        f"output.directory={tmp_path / 'r'}", "output.format=parquet"])
    one, other = explanation(folders / "mrode_4_1_animal_model", "6"), explanation(
        tmp_path / "r", "6")
    assert (one.values, one.records, one.parents) == (other.values, other.records, other.parents)


def test_the_base_that_the_run_file_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "r"
    outcome = run_file(ROOT / "configs" / "mrode_4_1_animal_model.yaml", overrides=[
        f"output.directory={folder}", "trend={by: generation, base: {generation: 2}}"])
    assert outcome.exit_code == 0, outcome.message
    found = {name: explanation(folder, name).values[0] for name in ("7", "8", "1")}
    mean = (found["7"].value + found["8"].value) / 2
    for value in found.values():
        assert value.relative == pytest.approx(value.value - mean, abs=1e-12)
        assert value.standardised is not None
    explain_individual(folder, "8")
    assert "against the base of the run file: +0.216" in capsys.readouterr().out
