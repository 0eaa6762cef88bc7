"""A simulated population as a folder."""

import numpy as np
import pandas as pd
import pytest
import yaml

from breedeval.config.load import load
from breedeval.config.settings import RunSettings
from breedeval.errors import Findings, InputError, LimitError
from breedeval.io import simulation
from breedeval.io.genotypes import read_genotypes
from breedeval.io.simulation import run_file, write_simulation
from breedeval.simulation import SimulationSettings, simulate


@pytest.fixture(scope="module")
def population():
    return simulate(SimulationSettings(animals=200, generations=4, records_per_animal=2), 1)


def test_the_tables_come_back_as_they_were(population, tmp_path):
    write_simulation(population, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "pedigree.csv", "records.csv", "run.yaml", "true_breeding_values.csv"]
    for name in ("pedigree", "records", "true_breeding_values"):
        text = dict.fromkeys(("individual", "sire", "dam"), "str")
        again = pd.read_csv(folder / f"{name}.csv", dtype=text)
        pd.testing.assert_frame_equal(again, getattr(population, name), check_dtype=False)


def test_the_same_seed_writes_the_same_bytes(population, tmp_path):
    write_simulation(population, tmp_path / "a")
    write_simulation(simulate(population.settings, 1), tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_the_run_file_has_the_true_variances(population):
    settings = RunSettings.model_validate(yaml.safe_load(run_file(population)))
    assert settings.variances == {"animal": 30, "permanent": 20, "residual": 50}
    assert [effect.name for effect in settings.model.random] == ["animal", "permanent"]
    assert [effect.name for effect in settings.model.fixed] == ["herd:year", "parity"]


def test_sex_is_in_the_model_when_both_sexes_have_records():
    population = simulate(SimulationSettings(animals=200, recorded="all"), 1)
    settings = RunSettings.model_validate(yaml.safe_load(run_file(population)))
    assert [effect.name for effect in settings.model.fixed] == ["sex", "herd:year"]
    assert settings.variances == {"animal": 30, "residual": 70}


def test_an_empty_folder_is_used_and_another_is_left_alone(population, tmp_path):
    (tmp_path / "empty").mkdir()
    write_simulation(population, tmp_path / "empty")
    assert (tmp_path / "empty" / "run.yaml").is_file()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        write_simulation(population, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_nothing_is_left_when_writing_fails(population, tmp_path, monkeypatch):
    def full_disk(_):
        raise OSError("No space left on device")

    monkeypatch.setattr(simulation, "run_file", full_disk)
    with pytest.raises(LimitError, match="No space"):
        write_simulation(population, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_genotypes_stand_beside_the_tables(tmp_path):
    """What a run file of it reads is what was simulated."""
    population = simulate(SimulationSettings(
        animals=200, generations=4, chromosomes=2, snps=50, qtl=10, founder_size=20, history=5,
        unrecorded_cohorts=1, genotyped_cohorts=2), 1)
    write_simulation(population, tmp_path / "new")
    found = read_genotypes(tmp_path / "new" / "chip.bed", findings=Findings())
    assert found.individuals.to_list() == population.genotypes.individuals.to_list()
    np.testing.assert_array_equal(
        found.calls.block(0, 50), population.genotypes.calls.block(0, 50))
    assert len(pd.read_csv(tmp_path / "new" / "qtl.csv")) == 10
    settings = load(tmp_path / "new" / "run.yaml").settings
    assert [effect.relationship for effect in settings.model.random] == ["single_step"]
