"""Inputs that do not fit the model: the messages a person gets, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import breedeval
from tests.unit.workflow.bad_inputs import CASES, GOOD, KINSHIP, SUPPLIED, Case


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "run.yaml"


@pytest.mark.parametrize("files", [GOOD, {**GOOD, "run.yaml": SUPPLIED, "k.csv": KINSHIP}])
def test_the_files_that_the_cases_change_are_right(files: dict[str, str], tmp_path: Path) -> None:
    found = breedeval.run(write(tmp_path, files))
    assert found.summary["records"] == 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input(case: Case, tmp_path: Path) -> None:
    with pytest.raises(breedeval.InputError) as caught:
        breedeval.run(write(tmp_path, case.files()))
    problems = tuple(text.removeprefix(f"{tmp_path}/") for text in caught.value.problems)
    assert problems == case.messages


WARNED = {
    "a constant covariate": (
        ("M,110,1", "M,100,1"), ("F,90,2", "F,100,2"), ("M,105,2", "M,100,2"),
        "records.csv: fixed effects depend on each other: age = 100 × intercept. Its solution is "
        "set to 0; estimable functions are not affected."),
    "missing sexes": (
        ("c1,F", "c1,"),
        "records.csv: 1 records have no 'sex' and are not used (the first is records.csv:2)."),
    "missing litters": (
        ("100,1,1", "100,,1"),
        "records.csv: 1 records have no 'litter' and carry no 'litter' effect."),
    "records without the trait": (
        ("2,1,3.5", "2,1,NA"), "records.csv: 1 of 4 rows have no 'gain' and are not used."),
    "one sex only": (
        ("c2,M", "c2,F"), ("c4,M", "c4,F"),
        "records.csv: 'sex' has one level only ('F') and says nothing beyond the mean."),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_is_not_wrong_is_counted_and_reported(name: str, tmp_path: Path) -> None:
    *changes, message = WARNED[name]
    text = GOOD["records.csv"]
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = breedeval.run(write(tmp_path, {**GOOD, "records.csv": text}))
    assert message in found.summary["warnings"]


def test_a_trait_of_zero_is_used(tmp_path: Path) -> None:
    text = GOOD["records.csv"].replace("1,1,4.5", "1,1,0")
    found = breedeval.run(write(tmp_path, {**GOOD, "records.csv": text}))
    assert found.summary["records"] == 4
    assert found.summary["trait_summary"]["gain"]["min"] == 0.0


def test_a_zero_that_means_missing_is_missing(tmp_path: Path) -> None:
    text = GOOD["records.csv"].replace("1,1,4.5", "1,1,0")
    run = GOOD["run.yaml"].replace("{file: records.csv}", '{file: records.csv, missing: ["", "0"]}')
    found = breedeval.run(write(tmp_path, {**GOOD, "records.csv": text, "run.yaml": run}))
    assert found.summary["records"] == 3


def test_names_are_text_from_file_to_result(tmp_path: Path) -> None:
    names = {"c1": "0123", "c2": "NO", "c3": "1e5", "c4": "123", "s": "null", "d": "-"}
    files = dict(GOOD)
    for file in ("records.csv", "pedigree.csv"):
        rows = [[names.get(cell, cell) for cell in line.split(",")]
                for line in GOOD[file].splitlines()]
        files[file] = "".join(",".join(row) + "\n" for row in rows)
    plain = breedeval.run(write(tmp_path, GOOD)).breeding_values.set_index("individual")
    found = breedeval.run(write(tmp_path, files)).breeding_values.set_index("individual")
    assert set(found.index) == set(names.values())
    for name, odd in names.items():
        assert found.loc[odd, "breeding_value"] == plain.loc[name, "breeding_value"]


def test_a_pedigree_is_pruned_only_when_asked(tmp_path: Path) -> None:
    more = GOOD["pedigree.csv"] + "x,s,d\ny,x,\n"
    whole = breedeval.run(write(tmp_path, {**GOOD, "pedigree.csv": more}))
    assert whole.summary["individuals"] == 8
    run = GOOD["run.yaml"].replace("{file: pedigree.csv}", "{file: pedigree.csv, prune: true}")
    pruned = breedeval.run(write(tmp_path, {**GOOD, "pedigree.csv": more, "run.yaml": run}))
    assert pruned.summary["individuals"] == 6
    one, other = (found.breeding_values.set_index("individual")["breeding_value"]
                  for found in (whole, pruned))
    assert (one.loc[other.index] - other).abs().max() < 1e-12


def test_clones_have_the_breeding_value_of_their_original(tmp_path: Path) -> None:
    """Records of a clone are records of the individual; pruning keeps it for them."""
    pedigree = "calf,sire,dam,clone_of\n" + "".join(
        line + ",\n" for line in GOOD["pedigree.csv"].splitlines()[1:]) + "k,,,c4\n"
    records = GOOD["records.csv"].replace("c4,M", "k,M")
    plain = breedeval.run(write(tmp_path, GOOD)).breeding_values.set_index("individual")
    for prune in ("false", "true"):
        run = GOOD["run.yaml"].replace("{file: pedigree.csv}",
                                       f"{{file: pedigree.csv, prune: {prune}}}")
        found = breedeval.run(write(tmp_path, {
            "run.yaml": run, "records.csv": records, "pedigree.csv": pedigree}))
        table = found.breeding_values.set_index("individual")
        for name in ("k", "c4"):
            assert table.loc[name, "breeding_value"] == pytest.approx(
                plain.loc["c4", "breeding_value"], abs=1e-12)
            assert table.loc[name, "records"] == 1
