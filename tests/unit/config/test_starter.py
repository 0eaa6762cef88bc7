"""A first run file from the columns of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from breedeval.config import load, starter
from breedeval.config.settings import Estimation
from breedeval.errors import InputError
from breedeval.io.tables import read_table
from breedeval.levels import text_array
from breedeval.model.terms import ClassEffect, FixedPolynomial
from breedeval.records import Table

RNG = np.random.default_rng(1)


def _table(**columns: list[object]) -> Table:
    return Table("records.csv", {name: text_array(values)  # type: ignore[arg-type]
                                 for name, values in columns.items()})


def _numbers(count: int) -> list[object]:
    return [f"{value:.2f}" for value in RNG.normal(10, 2, count)]


def _loaded(table: Table, pedigree: str | None) -> object:
    text = starter(Path("records.csv"), table, Path(pedigree) if pedigree else None)
    Path("run.yaml").write_text(text)
    return load("run.yaml").settings


def test_columns_are_recognised(folder: Path) -> None:
    settings = _loaded(_table(
        ID=list(range(60)), dam=[k % 20 for k in range(60)], herd=[k % 7 for k in range(60)],
        sex=["M", "F"] * 30, place=["x", "y", None] * 20, age=list(range(200, 260)),
        constant=[1] * 60, weight=_numbers(60), note=[f"n{k}" for k in range(60)],
    ), "pedigree.csv")
    model = settings.model
    assert model.traits == ("weight",)
    assert [e.name for e in model.fixed if isinstance(e, ClassEffect)] == ["herd", "sex", "place"]
    assert FixedPolynomial(covariate="age") in model.fixed
    assert [(e.column, e.relationship) for e in model.random] == [("ID", "pedigree")]
    assert settings.pedigree is not None


def test_repeated_records_bring_a_permanent_environment(folder: Path) -> None:
    table = _table(cow=[k % 20 for k in range(60)], lact=[1, 2, 3] * 20, milk=_numbers(60))
    settings = _loaded(table, "pedigree.csv")
    assert [e.name for e in settings.model.random] == ["animal", "permanent"]


def test_variances_are_estimated_and_values_can_be_given(folder: Path) -> None:
    """The commented lines say which effects want a value; with numbers they are read."""
    table = _table(cow=[k % 20 for k in range(60)], lact=[1, 2, 3] * 20, milk=_numbers(60))
    assert _loaded(table, "pedigree.csv").variances == Estimation(method="reml")
    text = starter(Path("records.csv"), table, Path("pedigree.csv"))
    head, values = text.split("variances: reml")
    given = values.partition("# variances:\n")[2].partition("\n\n")[0]
    filled = given.replace("#", "").replace("…", "2.5")
    Path("run.yaml").write_text(f"{head}variances:\n{filled}\n")
    assert load("run.yaml").settings.variances == dict.fromkeys(
        ("animal", "permanent", "residual"), 2.5)


def test_an_animal_that_cannot_be_told_from_the_residual(folder: Path) -> None:
    table = _table(tag=[f"a{k}" for k in range(9)], gain=_numbers(9))
    words = "cannot be told from"
    assert words in starter(Path("records.csv"), table, None)
    assert words not in starter(Path("records.csv"), table, Path("pedigree.csv"))


def test_several_traits_are_offered(folder: Path) -> None:
    """One is chosen; the comment is a list that can be put in its place."""
    table = _table(tag=[f"a{k}" for k in range(9)], gain=_numbers(9), feed=_numbers(9))
    text = starter(Path("records.csv"), table, Path("pedigree.csv"))
    assert "  traits: gain   # or: feed; several together: [gain, feed]\n" in text


def test_without_pedigree_animals_are_unrelated(folder: Path) -> None:
    settings = _loaded(_table(tag=[f"a{k}" for k in range(9)], gain=_numbers(9)), None)
    assert settings.pedigree is None
    assert [(e.column, e.relationship) for e in settings.model.random] == [("tag", "identity")]
    assert settings.model.fixed == ()


def test_paths_are_relative_to_the_folder_of_the_run_file(folder: Path) -> None:
    table = _table(tag=[f"a{k}" for k in range(9)], gain=_numbers(9))
    text = starter(Path("records.csv"), table, folder / "pedigree.csv", folder / "runs")
    (folder / "runs").mkdir()
    (folder / "runs" / "run.yaml").write_text(text)
    assert "  file: ../records.csv\n" in text
    assert load(folder / "runs" / "run.yaml").settings.records.file == folder / "records.csv"


def test_odd_names_are_quoted(folder: Path) -> None:
    settings = _loaded(_table(**{
        "animal": [f"a{k}" for k in range(9)], "1998": ["x", "y", "z"] * 3,
        "herd, no": ["p", "q", "r"] * 3, "gain #2": _numbers(9)}), "pedigree.csv")
    assert settings.model.traits == ("gain #2",)
    assert [e.name for e in settings.model.fixed if isinstance(e, ClassEffect)] == [
        "1998", "herd, no"]


@pytest.mark.parametrize(("columns", "message"), [
    ({"sex": ["M", "F"] * 5, "gain": _numbers(10)},
     "records.csv: no column looks like the identifier of an animal. Expected a column such as "
     "'animal' or 'id'. Rename it, or write the run file by hand."),
    ({"animal": [f"a{k}" for k in range(10)], "sex": ["M", "F"] * 5},
     "records.csv: no column looks like a trait. Expected a column of numbers with many values. "
     "Write the run file by hand."),
])
def test_no_guess(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(InputError) as raised:
        starter(Path("records.csv"), _table(**columns), None)
    assert raised.value.problems == (message,)


@pytest.mark.parametrize(("name", "trait", "fixed", "random"), [
    ("gryphon", "bwt", ["byear", "sex"], ["animal"]),
    ("dairy", "milk", ["lact", "herd"], ["animal", "permanent"]),
    ("mrode_4_1", "wwg", ["sex"], ["animal"]),
])
def test_real_data(
    name: str, trait: str, fixed: list[str], random: list[str], tmp_path: Path
) -> None:
    data = Path(__file__).parents[3] / "pedigrees" / name
    records = data / "records.csv"
    text = starter(records, read_table(records), data / "pedigree.csv", tmp_path)
    (tmp_path / "run.yaml").write_text(text)
    model = load(tmp_path / "run.yaml").settings.model
    assert model.traits == (trait,)
    assert [e.name for e in model.fixed if isinstance(e, ClassEffect)] == fixed
    assert [e.name for e in model.random] == random
