"""Reading results folders."""

import json

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import InputError
from breedeval.io.comparison import read_results
from tests.unit.comparison.made import breeding_values, results

TABLES = ("breeding_values", "solutions", "variances", "genetic_parameters")


def _write(folder, made, ending="csv"):
    folder.mkdir()
    for name in TABLES:
        table = getattr(made, name)
        if ending == "csv":
            table.to_csv(folder / f"{name}.csv", index=False)
        else:
            table.to_parquet(folder / f"{name}.parquet")
    (folder / "summary.json").write_text(json.dumps(made.summary))
    (folder / "provenance.json").write_text(json.dumps(made.provenance))
    (folder / "config.yaml").write_text("title: made\n")
    return folder


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_folder_comes_back_as_it_was(tmp_path, ending):
    names = ["01", "NA", "1e5", "NO"]
    made = results(breeding_values([1.5, np.nan, -2.0, 0.0], names=names))
    found = read_results(_write(tmp_path / "run", made, ending))
    for name in TABLES:
        expected, table = getattr(made, name), getattr(found, name)
        pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    assert found.breeding_values["individual"].tolist() == names
    assert found.summary == made.summary


def test_tables_without_rows_are_read(tmp_path):
    made = results(breeding_values([]))
    assert len(read_results(_write(tmp_path / "run", made)).breeding_values) == 0


def test_further_columns_do_not_matter(tmp_path):
    folder = _write(tmp_path / "run", results(breeding_values([1.0, 2.0])))
    table = pd.read_csv(folder / "breeding_values.csv")
    table.assign(later="x").to_csv(folder / "breeding_values.csv", index=False)
    assert len(read_results(folder).breeding_values) == 2


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        read_results(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="this is a file"):
        read_results(tmp_path / "file")


def test_everything_missing_is_named_at_once(tmp_path):
    folder = _write(tmp_path / "run", results(breeding_values([1.0, 2.0])))
    for name in ("variances.csv", "summary.json", "config.yaml"):
        (folder / name).unlink()
    with pytest.raises(InputError) as raised:
        read_results(folder)
    assert "variances.csv, summary.json, config.yaml are missing" in str(raised.value)


def test_every_damaged_file_is_named_at_once(tmp_path):
    folder = _write(tmp_path / "run", results(breeding_values([1.0, 2.0])))
    (folder / "summary.json").write_text("{")
    (folder / "variances.csv").write_text("effect,estimate\nanimal,3\n")
    table = pd.read_csv(folder / "breeding_values.csv")
    pd.concat([table, table.iloc[:1]]).to_csv(folder / "breeding_values.csv", index=False)
    (folder / "solutions.csv").write_text(
        "effect,component,trait,level,estimate,se\nsex,,y,F,many,1\n")
    with pytest.raises(InputError) as raised:
        read_results(folder)
    text = str(raised.value)
    for part in ("this is not JSON", "columns are missing: component_1",
                 "1 rows occur twice, the first is animal animal y A1", "cannot be read"):
        assert part in text
