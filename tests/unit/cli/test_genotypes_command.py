"""breedeval genotypes: what it prints, writes, and refuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import breedeval.cli
from breedeval.errors import Findings, InputError
from breedeval.io.genotypes import read_genotypes
from breedeval.workflow.describe_genotypes import parse_quality, settings_of
from tests.unit.genotypes.made import copies_of, family
from tests.unit.io import genotype_files

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def genotypes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["breedeval", "genotypes", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            breedeval.cli.main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


@pytest.fixture
def chip(tmp_path: Path) -> tuple[Path, Path]:
    """A chip with a wrong sire and a copy, and its pedigree."""
    copies, sire, dam = family(3)
    copies = np.column_stack([copies, copies[:, 9]])
    copies[:5, 10] = -1
    sire, dam = [*sire, 0], [*dam, 2]
    sire[5] = 1
    lines = ["id,sire,dam", *(f"i{k + 1},{_name(s)},{_name(d)}" for k, (s, d) in enumerate(
        zip(sire, dam, strict=True)))]
    (tmp_path / "pedigree.csv").write_text("\n".join(lines[:-1]) + "\n")
    return genotype_files.csv(copies, tmp_path), tmp_path / "pedigree.csv"


def _name(row: int) -> str:
    return "" if row < 0 else f"i{row + 1}"


def test_it_describes(genotypes: Command, chip: tuple[Path, Path]) -> None:
    code, out, err = genotypes(chip[0], "--pedigree", chip[1])
    assert (code, err) == (0, "")
    facts = {line[:50].split("  ")[0].strip(): line[50:].strip() for line in out.splitlines()}
    assert facts["Individuals"] == "11"
    assert facts["Markers"] == "400"
    assert facts["Pairs the same at 99 % of markers or more"] == "1"
    assert facts["Not in the pedigree"] == "1"
    assert facts["Of these with more than 1 % opposing homozygotes"] == "1"
    assert "individuals  not in the pedigree" in out
    assert "Left by quality control" not in out


def test_it_writes_the_cleaned_set(
    genotypes: Command, chip: tuple[Path, Path], tmp_path: Path
) -> None:
    words = (chip[0], "--pedigree", chip[1], "--quality", "default,duplicates=0.99",
             "--quality", "maf=0.2", "--output", tmp_path / "out")
    code, out, err = genotypes(*words)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == str(tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "genotype_quality.csv", dtype={"name": str})
    gone = table[table["removed"]]
    assert gone[gone["what"] == "individual"]["name"].tolist() == ["i11", "i6"]
    assert table[table["reason"] == "likely sire"]["other"].tolist() == ["i1"]
    before = read_genotypes(chip[0], findings=Findings())
    after = read_genotypes(tmp_path / "out" / "chip.bed", findings=Findings())
    assert after.individuals.to_list() == [f"i{k}" for k in (1, 2, 3, 4, 5, 7, 8, 9, 10)]
    rows = before.markers.names.codes(after.markers.names.labels)
    columns = before.individuals.codes(after.individuals.labels)
    np.testing.assert_array_equal(copies_of(after), copies_of(before)[np.ix_(rows, columns)])
    assert len(rows) == 400 - (gone["what"] == "marker").sum()
    origin = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert {entry["role"] for entry in origin["inputs"]} == {"genotypes", "pedigree"}
    code, _, err = genotypes(*words)
    assert code == 1
    assert "holds the results of an earlier run" in err
    assert genotypes(*words, "--force")[0] == 0


def test_faults_end_with_1(genotypes: Command, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,a\np,7\np,1\n")
    code, out, err = genotypes(tmp_path / "x.csv")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "x.csv:2: '7' is no genotype (a). Expected copies of an allele, from 0 to 2. Add '7' to "
        "'genotypes: missing' if it means missing; say 'ploidy' if there are more than 2 sets of "
        "chromosomes.",
        "x.csv:3: individual 'p' is there again (first in line 2). Expected every individual once. "
        "Remove or rename one of them."]


def test_options_of_the_file(genotypes: Command, tmp_path: Path) -> None:
    (tmp_path / "x.data").write_text("m,p,q\na,4,-\nb,0,1\n")
    (tmp_path / "map.csv").write_text("marker,chromosome,position\na,X,5\nb,1,7\n")
    code, out, _ = genotypes(
        tmp_path / "x.data", "--format", "table", "--layout", "markers", "--ploidy", "4",
        "--missing", "-", "--map", tmp_path / "map.csv", "--exclude-chromosome", "X")
    assert code == 1  # blanks part the cells of such a file, and there are none
    (tmp_path / "x.data").write_text("m p q\na 4 -\nb 0 1\n")
    code, out, _ = genotypes(
        tmp_path / "x.data", "--format", "table", "--layout", "markers", "--ploidy", "4",
        "--missing", "-", "--map", tmp_path / "map.csv", "--exclude-chromosome", "X")
    assert code == 0
    assert "excluded chromosome" in out
    assert "2 individuals, 1 markers" in out


@pytest.mark.parametrize(("given", "messages"), [
    ("mfa=0.1", ("--quality mfa=0.1: is not of the form KEY=VALUE. The keys are not_in_pedigree, "
                 "sex_chromosomes, marker_call_rate, individual_call_rate, duplicates, "
                 "monomorphic, maf, hardy_weinberg, conflicts.individual, conflicts.marker. Did "
                 "you mean 'maf'?",)),
    ("maf=0.7", ("--quality maf=0.7: input should be less than 0.5.",)),
    ("maf=much", ("--quality maf=much: input should be a valid number, unable to parse string as "
                  "a number.",)),
])
def test_quality_that_is_none(given: str, messages: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        parse_quality([given])
    assert caught.value.problems == messages


def test_quality_that_is_some() -> None:
    assert parse_quality([]) is None
    found = parse_quality(["maf=0.01,conflicts.individual=0.02", "monomorphic=keep"])
    assert found is not None
    assert (found.maf, found.conflicts.individual, found.monomorphic) == (0.01, 0.02, "keep")


def test_words_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        settings_of(tmp_path, file_format="plnk", layout="marker", quality=())
    assert caught.value.problems == (
        "--format plnk: is none of the words. Expected one of auto, plink, vcf, blupf90, table, "
        "hapmap. Did you mean 'plink'?",
        "--layout marker: is none of the words. Expected one of individuals, markers. Did you "
        "mean 'markers'?")
