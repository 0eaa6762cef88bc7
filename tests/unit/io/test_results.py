"""The output folder: its files, their types, and whose folder may be replaced."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from breedeval.errors import InputError, LimitError
from breedeval.evaluation.result import Evaluation
from breedeval.io.results import check_target, write_results, write_table
from tests.reference.running import evaluate

FILES = ["breeding_values", "genetic_parameters", "solutions", "variances"]


def write(directory: Path, found: Evaluation, table_format: str = "csv") -> None:
    write_results(found, directory, provenance={"program": "breedeval", "seed": None},
                  config="title: a\n", report="<p>ü</p>", log="0 s\n", table_format=table_format)


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluate("mrode_4_4_groups")


def test_all_the_files(found: Evaluation, tmp_path: Path) -> None:
    write(tmp_path / "r", found)
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == sorted([
        *(f"{name}.csv" for name in FILES), "individuals.csv", "partition.csv", "residuals.csv",
        "config.yaml", "provenance.json", "report.html", "run.log", "summary.json"])
    assert (tmp_path / "r" / "report.html").read_bytes() == "<p>ü</p>".encode()


def test_columns_are_those_that_were_promised(found: Evaluation, tmp_path: Path) -> None:
    write(tmp_path / "r", found)
    heads = {name: (tmp_path / "r" / f"{name}.csv").read_text().splitlines()[0].split(",")
             for name in FILES}
    assert heads["breeding_values"] == [
        "effect", "component", "trait", "individual", "breeding_value", "se", "reliability",
        "accuracy", "inbreeding", "records"]
    assert heads["solutions"][:6] == ["effect", "component", "trait", "level", "estimate", "se"]
    assert heads["variances"] == ["effect", "component_1", "trait_1", "component_2", "trait_2",
                                  "estimate", "se", "status", "lower", "upper", "zero"]
    promised = {"parameter", "effect", "trait_1", "trait_2", "estimate", "se", "lower", "upper"}
    assert promised <= set(heads["genetic_parameters"])


def test_parquet_holds_the_same(found: Evaluation, tmp_path: Path) -> None:
    write(tmp_path / "r", found, "parquet")
    for name in FILES:
        again = pyarrow.parquet.read_table(tmp_path / "r" / f"{name}.parquet").to_pandas()
        pd.testing.assert_frame_equal(again, getattr(found, name), check_dtype=False)


def test_numbers_are_written_so_that_they_come_back_exactly(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["0123", "NO", "1e5", ""], "value": [0.1, 1 / 3, -1e-17, np.nan]})
    write_table(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == (
        "id,value\n0123,0.1\nNO,0.3333333333333333\n1e5,-1e-17\n,\n")


@pytest.mark.parametrize("name", ['a"b', "a,b", "two\nlines"])
def test_text_is_quoted_where_it_must_be(name: str, tmp_path: Path) -> None:
    write_table(pd.DataFrame({"id": [name, "plain"], "x": [1, 2]}), tmp_path / "t.csv")
    again = pd.read_csv(tmp_path / "t.csv", dtype={"id": str})
    assert list(again["id"]) == [name, "plain"]


def test_what_is_no_number_is_null_in_json(found: Evaluation, tmp_path: Path) -> None:
    odd = {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": -float("inf")}, "e": 0}
    whole = Evaluation(found.title, found.settings, found.breeding_values, found.solutions,
                       found.variances, found.genetic_parameters, found.individuals, odd)
    write(tmp_path / "r", whole)
    text = (tmp_path / "r" / "summary.json").read_text()
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "c": {"d": None}, "e": 0}
    assert "NaN" not in text


def test_numbers_of_numpy_are_numbers_in_json(found: Evaluation, tmp_path: Path) -> None:
    write(tmp_path / "r", found)
    summary = json.loads((tmp_path / "r" / "summary.json").read_text())
    assert summary["records"] == 5
    assert isinstance(summary["log_likelihood"], float)


def test_a_new_and_an_empty_folder_may_be_taken(tmp_path: Path) -> None:
    check_target(tmp_path / "new", force=False)
    check_target(tmp_path, force=False)


def test_a_folder_of_somebody_else_is_refused_even_by_force(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    for force in (False, True):
        with pytest.raises(InputError) as caught:
            check_target(tmp_path, force=force)
        assert caught.value.problems == (
            f"{tmp_path}: exists and is not a results folder of this program. Expected a new "
            "name. Give another with --set output.directory=….",)


@pytest.mark.parametrize("text", ["", "[]", '{"program": "other"}', "not json", "\x00"])
def test_a_provenance_of_somebody_else_does_not_make_it_ours(text: str, tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(InputError, match="is not a results folder"):
        check_target(tmp_path, force=True)


def test_a_file_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(InputError, match="is not a results folder"):
        check_target(tmp_path / "results", force=True)


def test_earlier_results_are_replaced_by_force_only(found: Evaluation, tmp_path: Path) -> None:
    write(tmp_path / "r", found)
    with pytest.raises(InputError) as caught:
        check_target(tmp_path / "r", force=False)
    assert caught.value.problems == (
        f"{tmp_path / 'r'}: holds the results of an earlier run. Expected a new name. Use --force "
        "to replace it, or give another with --set output.directory=….",)
    check_target(tmp_path / "r", force=True)
    write(tmp_path / "r", found)


def test_there_can_be_no_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError) as caught:
        check_target(tmp_path / "notes.txt" / "a" / "results", force=False)
    assert caught.value.problems == (
        f"{tmp_path / 'notes.txt' / 'a' / 'results'}: no folder can be made there (Not a "
        "directory). Expected a place to write to. Give another with --set output.directory=….",)


@pytest.mark.parametrize("place", ["/proc/none/results", "/proc/results", "y" * 250, "x" * 300])
def test_a_place_where_nothing_can_be_written_is_found_before_anything_is_computed(
    place: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no folder can be made there"):
        check_target(tmp_path / place, force=True)
    assert list(tmp_path.iterdir()) == []


def test_the_root_and_a_link_to_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "none")
    for place in (Path("/"), tmp_path / "link"):
        with pytest.raises(InputError, match="is not a results folder"):
            check_target(place, force=True)


def test_what_cannot_be_written_in_the_end_is_a_limit(
    found: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("breedeval.io.results.write_table", broken)
    with pytest.raises(LimitError, match=r"r: cannot be written \(Input/output error\)"):
        write(tmp_path / "r", found)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_limit_and_leaves_nothing(
    found: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("breedeval.io.results.write_table", full)
    with pytest.raises(LimitError, match="the disk is full"):
        write(tmp_path / "r", found)
    assert list(tmp_path.iterdir()) == []
