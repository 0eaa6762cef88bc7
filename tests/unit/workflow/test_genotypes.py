"""Genotypes of a run: cleaned as it asks, with records, tables and summary that follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.config.load import load
from breedeval.errors import Findings
from breedeval.pedigree.build import build_pedigree
from breedeval.records import Table
from breedeval.workflow.genotypes import parents_of
from tests.unit.genotypes.made import Copies, family, genotypes_from, random_copies
from tests.unit.io import genotype_files

MODEL = {"traits": ["y"], "random": [
    {"name": "animal", "column": "id", "relationship": "genomic"}]}
KNOWN = {"animal": 1, "residual": 2}
RIDGE = {"genomic": {"kind": "genomic", "ridge": 0.1}}


def made(seed: int = 1) -> tuple[Copies, pd.DataFrame, pd.DataFrame]:
    """Copies, records and genotypes; the individual i3 has few calls."""
    copies = random_copies(60, 12, seed)
    copies[:40, 2] = -1
    records = pd.DataFrame({"id": genotype_files.names("i", 12),
                            "y": np.random.default_rng(seed).normal(size=12)})
    values = np.where(copies < 0, np.nan, copies).T
    return copies, records, pd.DataFrame(
        values, index=records["id"], columns=genotype_files.names("m", 60))


def run_file(folder: Path, quality: str = "") -> Path:
    copies, records, _ = made()
    genotype_files.csv(copies, folder)
    records.to_csv(folder / "records.csv", index=False)
    (folder / "run.yaml").write_text(f"""\
records: {{file: records.csv}}
genotypes:
  file: chip.csv
{quality}
model:
  traits: y
  random: [{{name: animal, column: id, relationship: genomic}}]
relationships: {{genomic: {{kind: genomic, ridge: 0.1}}}}
variances: {{animal: 1, residual: 2}}
""")
    return folder / "run.yaml"


def test_a_frame_is_as_a_file(tmp_path: Path) -> None:
    _, records, genotypes = made()
    for quality in ("", "  quality: {individual_call_rate: 0.5, maf: 0.1}"):
        options = {"quality": {"individual_call_rate": 0.5, "maf": 0.1}} if quality else {}
        of_file = breedeval.run(run_file(tmp_path, quality))
        of_frame = breedeval.evaluate(records, genotypes=genotypes, model=MODEL, variances=KNOWN,
                                      relationships=RIDGE, genotypes_options=options)
        pd.testing.assert_frame_equal(of_file.breeding_values, of_frame.breeding_values)
        pd.testing.assert_frame_equal(of_file.genotype_quality, of_frame.genotype_quality)


def test_a_removed_individual_is_removed_everywhere(tmp_path: Path) -> None:
    found = breedeval.run(run_file(tmp_path, "  quality: {individual_call_rate: 0.5, maf: 0}"))
    assert found.summary["genotypes"]["removed"]["individuals"] == {"call rate": 1}
    assert found.summary["records"] == 11
    assert "i3" not in set(found.breeding_values["individual"])
    assert len(found.breeding_values) == 11
    assert (found.breeding_values["breeding_value"] != 0).all()
    table = found.genotype_quality
    row = table[table["what"] == "individual"].iloc[0]
    assert (row["name"], row["reason"], row["limit"], row["removed"]) == (
        "i3", "call rate", 0.5, True)
    assert found.summary["warnings"][-1] == (
        "records.csv: 1 records are of individuals whose genotypes were left out, and are not "
        "used (the first is records.csv:4). With 'relationship: single_step' they would be.")
    assert ("chip.csv: call rate (limit 0.5): 1 individual left out (i3)."
            in found.summary["warnings"])


@pytest.mark.parametrize(("relationship", "records"), [
    ("{kind: genomic, ridge: 0.1}", 10), ("{kind: genomic, blend: 0.1, tune: chen}", 10),
    ("{kind: single_step, blend: 0.1}", 12)])
def test_records_stay_where_the_individual_has_a_place(
    relationship: str, records: int, tmp_path: Path
) -> None:
    path = run_file(tmp_path, "  quality: {individual_call_rate: 0.5, not_in_pedigree: remove}")
    names = [name for name in genotype_files.names("i", 12) if name != "i7"]
    (tmp_path / "pedigree.csv").write_text("id,sire,dam\n" + "".join(
        f"{name},,\n" for name in names) + ("i7,,\n" if "single" in relationship else ""))
    text = path.read_text().replace("{kind: genomic, ridge: 0.1}", relationship)
    path.write_text(f"pedigree: {{file: pedigree.csv}}\n{text}")
    found = breedeval.run(path)
    assert found.summary["records"] == records
    gone = ["i3"] if "single" in relationship else ["i7", "i3"]
    assert found.genotype_quality.query("removed and what == 'individual'")[
        "name"].tolist() == gone


def test_records_of_strangers_to_the_pedigree_are_told_of(tmp_path: Path) -> None:
    path = run_file(tmp_path, "  quality: {individual_call_rate: 0, not_in_pedigree: remove}")
    (tmp_path / "pedigree.csv").write_text("id,sire,dam\n" + "".join(
        f"{name},,\n" for name in genotype_files.names("i", 12) if name != "i7"))
    text = path.read_text().replace("{kind: genomic, ridge: 0.1}", "{kind: single_step}")
    path.write_text(f"pedigree: {{file: pedigree.csv}}\n{text}")
    found = breedeval.run(path)
    assert found.summary["records"] == 11
    (told,) = (word for word in found.summary["warnings"] if word.startswith("records.csv"))
    assert told.endswith("Add the individuals to the pedigree to use them.")


def test_the_run_without_the_removed_is_the_same(tmp_path: Path) -> None:
    cleaned = breedeval.run(run_file(tmp_path, "  quality: {individual_call_rate: 0.5, maf: 0.1}"))
    _, records, genotypes = made()
    gone = cleaned.genotype_quality.query("removed")
    rows = ~records["id"].isin(gone["name"])
    by_hand = breedeval.evaluate(
        records[rows].reset_index(drop=True),
        genotypes=genotypes.loc[rows.to_numpy(), ~genotypes.columns.isin(gone["name"])],
        model=MODEL, variances=KNOWN, relationships=RIDGE)
    np.testing.assert_allclose(cleaned.breeding_values["breeding_value"],
                               by_hand.breeding_values["breeding_value"], rtol=1e-12)


def test_nothing_is_removed_unless_asked(tmp_path: Path) -> None:
    found = breedeval.run(run_file(tmp_path))
    facts = found.summary["genotypes"]
    assert (facts["individuals"], facts["markers"]) == (12, 60)
    assert facts["removed"] == {"individuals": {}, "markers": {}}
    assert found.genotype_quality.empty


def test_the_run_as_understood_says_every_threshold(tmp_path: Path) -> None:
    path = run_file(tmp_path, "  quality: default")
    assert load(path).understood["genotypes"]["quality"] == {
        "not_in_pedigree": "keep", "sex_chromosomes": "remove", "marker_call_rate": 0.9,
        "individual_call_rate": 0.9, "conflicts": {"individual": 0.01, "marker": 0.1},
        "monomorphic": "remove", "maf": 0.05}


@pytest.mark.parametrize(("quality", "message"), [
    ("  quality: {maf: 0.6}", "run.yaml:4:18: 'maf' is 0.6. Expected a number below 0.5."),
    ("  quality: {mfa: 0.1}", "run.yaml:4:13: unknown key 'mfa'. Did you mean 'maf'?"),
    ("  quality: strict", "run.yaml:4:12: 'quality' is 'strict'. Expected the word default, or "
                           "thresholds such as {maf: 0.01}."),
    ("  format: bed", "run.yaml:4:11: 'format' is 'bed'. Expected one of auto, plink, vcf, "
                      "blupf90, table, hapmap."),
])
def test_settings_that_are_wrong(quality: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(breedeval.InputError) as caught:
        load(run_file(tmp_path, quality))
    assert [problem.rpartition("/")[2] for problem in caught.value.problems] == [message]


def test_bad_genotypes_and_bad_records_are_told_at_once(tmp_path: Path) -> None:
    path = run_file(tmp_path)
    chip = tmp_path / "chip.csv"
    chip.write_text(chip.read_text().replace("\ni2,", "\ni1,"))
    records = tmp_path / "records.csv"
    records.write_text(records.read_text() + "i4\n")
    with pytest.raises(breedeval.InputError) as caught:
        breedeval.run(path)
    assert [problem.split(".")[0] for problem in caught.value.problems] == ["records", "chip"]


def test_a_record_without_genotypes(tmp_path: Path) -> None:
    path = run_file(tmp_path)
    records = tmp_path / "records.csv"
    records.write_text(records.read_text() + "x9,1.5\n")
    with pytest.raises(breedeval.InputError) as caught:
        breedeval.run(path)
    assert caught.value.problems == (
        "records.csv:14: 'x9' in column 'id' is not in chip.csv. Effect 'animal' needs every "
        "individual there. Add its genotypes or remove the record; or use a relationship of kind "
        "'single_step', for which its pedigree is enough.",)


@pytest.mark.parametrize(("asked", "told"), [
    ("  map: map.csv\n  exclude_chromosomes: ['1', 'X', '77']",
     "'exclude_chromosomes' names X, 77, and no marker is there. Expected chromosomes of the map "
     "(1). Write chromosomes as the map does."),
    ("  exclude_chromosomes: ['X']",
     "'exclude_chromosomes' names X, and no marker is there. There is no map. Name one under "
     "'map'."),
])
def test_a_chromosome_to_leave_out_that_is_not_there_is_told(
    asked: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "map.csv").write_text("marker,chromosome,position\n" + "".join(
        f"{name},{1 if at < 50 else ''},{at}\n"
        for at, name in enumerate(genotype_files.names("m", 60))))
    found = breedeval.run(run_file(tmp_path, asked))
    assert f"chip.csv: {told}" in found.summary["warnings"]


def test_what_the_pedigree_says() -> None:
    copies, _, _ = family(1, progeny=3)
    genotypes = genotypes_from(copies, ["s", "z", "d", "x", "p", "clone", "q"])
    frame = pd.DataFrame({
        "id": ["s", "d", "p", "q", "o", "clone"], "sire": ["", "", "s", "o", "", "s"],
        "dam": ["", "", "d", "d", "", "d"], "sex": ["M", "F", "", "M", "M", ""],
        "clone_of": ["", "", "", "", "", "p"]})
    pedigree = build_pedigree(Table.of_frame(frame, "pedigree"), findings=Findings())
    found = parents_of(genotypes, pedigree)
    assert found.listed.tolist() == [True, False, True, False, True, True, True]
    assert found.sire.tolist() == [-1, -1, -1, -1, 0, 0, -1]
    assert found.dam.tolist() == [-1, -1, -1, -1, 2, 2, 2]
    assert found.may_sire.tolist() == [True, False, False, False, False, False, True]
    assert found.may_dam.tolist() == [False, False, True, False, False, False, False]
