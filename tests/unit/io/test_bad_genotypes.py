"""What a person reads when a file of genotypes is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from breedeval.errors import Findings, InputError
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.genotypes import read_genotypes
from breedeval.io.plink import write_bed
from tests.unit.genotypes.made import random_copies
from tests.unit.io import genotype_files
from tests.unit.io.bad_genotypes import CASES, GOOD, Case


def problems_of(path: Path, map_file: Path | None = None, ids_file: Path | None = None,
                **said: object) -> tuple[str, ...]:
    findings = Findings()
    try:
        read_genotypes(path, GenotypeReading(**said), map_file=map_file, ids_file=ids_file,
                       findings=findings)
        findings.raise_faults()
    except InputError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("name", [
    "chip.csv", "markers.csv", "chip.vcf", "snp.txt", "chip.hmp.txt", "chip.bed"])
def test_the_files_that_the_cases_change_are_right(name: str, tmp_path: Path) -> None:
    for other, text in GOOD.items():
        (tmp_path / other).write_bytes(text.encode("latin-1"))
    layout = "markers" if name == "markers.csv" else "individuals"
    assert problems_of(tmp_path / name, layout=layout) == ()
    if name == "snp.txt":
        assert problems_of(tmp_path / name, ids_file=tmp_path / "xref.txt") == ()
    if name == "chip.csv":
        assert problems_of(tmp_path / name, map_file=tmp_path / "chip.map") == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Case, tmp_path: Path) -> None:
    for name, data in case.files().items():
        (tmp_path / name).write_bytes(data)
    extra = {part: tmp_path / name for part, name in
             (("map_file", "chip.map"), ("ids_file", "xref.txt")) if case.file == name}
    assert problems_of(tmp_path / case.read, **extra, **case.said) == case.messages


def test_a_compressed_file_that_is_cut_off(tmp_path: Path) -> None:
    path = genotype_files.csv_gz(random_copies(40, 500, 1), tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    (message,) = problems_of(path)
    assert message.startswith("chip.csv.gz:")
    assert message.endswith("the compressed file is cut off or damaged here. Copy or export it "
                            "again.")


def test_a_bgzip_file_that_ends_between_two_blocks(tmp_path: Path) -> None:
    path = genotype_files.vcf_bgzip(random_copies(40, 5, 1), tmp_path)
    path.write_bytes(path.read_bytes()[:-28])
    assert gzip.decompress(path.read_bytes())
    assert problems_of(path) == (
        "chip.vcf.gz: the file was compressed by bgzip and its last block is not there. Expected "
        "the empty block that marks the end. It is cut off: copy or export it again.",)


def test_faults_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,a,b\n" + "".join(f"i{k},7,1\n" for k in range(100)))
    messages = problems_of(tmp_path / "x.csv")
    assert len(messages) == 6
    assert messages[-1] == "… and 95 more of this kind (100 in all)."


def test_parquet(tmp_path: Path) -> None:
    path = genotype_files.parquet(np.array([[0, 1], [3, 1]], np.int8), tmp_path)
    assert problems_of(path) == (
        "chip.parquet, column 'm2': '3' is no genotype (i1). Expected copies of an allele, from 0 "
        "to 2. Add '3' to 'genotypes: missing' if it means missing; say 'ploidy' if there are "
        "more than 2 sets of chromosomes.",)
    path.write_bytes(path.read_bytes()[:50])
    assert problems_of(path) == (
        "chip.parquet: the file is not Parquet, or it is cut off. Export it again.",)


@pytest.mark.parametrize("name", ["chip.bed", "snp.txt", "chip.hmp.txt"])
def test_formats_that_are_diploid(name: str, tmp_path: Path) -> None:
    for other, text in GOOD.items():
        (tmp_path / other).write_bytes(text.encode("latin-1"))
    assert problems_of(tmp_path / name, ploidy=4) == (
        f"{name}: 'ploidy' is 4. Expected 2: the format has no other. Use a table (CSV).",)


def test_an_unknown_ending(tmp_path: Path) -> None:
    (tmp_path / "chip.xyz").write_text("a")
    assert problems_of(tmp_path / "chip.xyz") == (
        "chip.xyz: '.xyz' is no format of genotypes. Expected one of .bed, .vcf, .hmp.txt, .hmp, "
        ".hapmap, .txt, .snp, .geno, .dat, .csv, .tsv, .parquet. Say 'format' (plink, vcf, "
        "hapmap, blupf90 or table), or rename the file.",)
    assert problems_of(tmp_path) == (f"{tmp_path}: this is a folder. Expected a file.",)


def test_plink_files_that_are_not_beside(tmp_path: Path) -> None:
    (tmp_path / "chip.bed").write_bytes(b"l\x1b\x01")
    assert problems_of(tmp_path / "chip.bed") == (
        "chip.bed: there is no file 'chip.fam' beside it. Expected .bed, .bim and .fam with one "
        "name in one folder. Copy all three files.",)


def test_dosages_cannot_be_written_as_plink(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,a\np,0.5\n")
    found = read_genotypes(tmp_path / "x.csv", findings=Findings())
    with pytest.raises(InputError, match="the genotypes are dosages with decimals"):
        write_bed(found, tmp_path / "y.bed")
