"""Genotypes from files of every format."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import Findings, InputError
from breedeval.genotypes.calls import Float32
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.packed import Packed
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.genotype_table import genotypes_of_frame
from breedeval.io.genotypes import read_genotypes
from breedeval.io.plink import write_bed
from tests.unit.genotypes.made import copies_of, genotypes_from, random_copies
from tests.unit.io import genotype_files
from tests.unit.io.genotype_files import WRITERS


def read(path: Path, map_file: Path | None = None, ids_file: Path | None = None,
         **said: object) -> Genotypes:
    findings = Findings()
    found = read_genotypes(path, GenotypeReading(**said), map_file=map_file, ids_file=ids_file,
                           findings=findings)
    findings.raise_faults()
    assert not findings.warnings
    return found


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(("markers", "individuals"), [(1, 1), (7, 5), (40, 9), (3, 600)])
def test_every_format_says_the_same(
    name: str, markers: int, individuals: int, tmp_path: Path
) -> None:
    copies = random_copies(markers, individuals, seed=individuals)
    write, said = WRITERS[name]
    found = read(write(copies, tmp_path), **said)
    assert isinstance(found.calls, Packed)
    np.testing.assert_array_equal(copies_of(found), copies)
    assert found.individuals.to_list() == genotype_files.names("i", individuals)
    if not name.startswith("blupf90"):
        assert found.markers.names.to_list() == genotype_files.names("m", markers)


def test_what_vcf_and_hapmap_say_of_markers(tmp_path: Path) -> None:
    copies = random_copies(4, 3, 1)
    for write in (genotype_files.vcf, genotype_files.hapmap):
        markers = read(write(copies, tmp_path)).markers
        assert markers.chromosome.to_pylist() == ["1"] * 4
        assert markers.position.tolist() == [1, 2, 3, 4]
        assert markers.counted.to_pylist() == ["G"] * 4
        assert markers.other.to_pylist() == ["A"] * 4


def test_written_as_plink_and_read_again(tmp_path: Path) -> None:
    copies = random_copies(9, 7, 5)
    first = read(genotype_files.hapmap(copies, tmp_path))
    write_bed(first, tmp_path / "out.bed")
    again = read(tmp_path / "out.bed")
    np.testing.assert_array_equal(copies_of(again), copies)
    for name in ("chromosome", "counted", "other"):
        assert getattr(again.markers, name).to_pylist() == getattr(first.markers, name).to_pylist()
    assert again.markers.position.tolist() == first.markers.position.tolist()


def test_written_whatever_stands_in_the_spare_bits(tmp_path: Path) -> None:
    copies = random_copies(5, 6, 2)
    whole = genotypes_from(copies)
    data = whole.calls.data.copy()
    data[:, -1] |= 0xF0
    dirty = Genotypes(whole.individuals, whole.markers, Packed(data, 6), "x")
    write_bed(whole, tmp_path / "a.bed")
    write_bed(dirty, tmp_path / "b.bed")
    assert (tmp_path / "a.bed").read_bytes() == (tmp_path / "b.bed").read_bytes()


def test_bed_reader_reads_what_is_written(tmp_path: Path) -> None:
    bed_reader = pytest.importorskip("bed_reader")
    copies = random_copies(23, 14, 8)
    write_bed(genotypes_from(copies), tmp_path / "chip.bed")
    with bed_reader.open_bed(tmp_path / "chip.bed", count_A1=True) as bed:
        values = bed.read(dtype="int8").T
        assert list(bed.iid) == genotype_files.names("i", 14)
        assert list(bed.sid) == genotype_files.names("m", 23)
    np.testing.assert_array_equal(np.where(values == -127, -1, values), copies)


def test_cyvcf2_reads_the_same_vcf(tmp_path: Path) -> None:
    cyvcf2 = pytest.importorskip("cyvcf2")
    copies = random_copies(30, 12, 9)
    path = genotype_files.vcf_bgzip(copies, tmp_path)
    theirs = [[sum(alleles) if min(alleles) >= 0 else -1 for *alleles, _ in site.genotypes]
              for site in cyvcf2.VCF(str(path))]
    np.testing.assert_array_equal(theirs, copies_of(read(path)))


def test_dosages_with_decimals(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,a,b\n1,0.25,2\n2,,1.5\n0123,1e0,0\n")
    found = read(tmp_path / "x.csv")
    assert isinstance(found.calls, Dosages)
    assert found.individuals.to_list() == ["1", "2", "0123"]
    np.testing.assert_array_equal(found.calls.block(0, 2), [[0.25, np.nan, 1], [2, 1.5, 0]])


def test_decimals_that_come_late_change_what_was_packed(tmp_path: Path) -> None:
    copies = random_copies(3, 700, 4)
    path = genotype_files.csv(copies, tmp_path)
    path.write_text(path.read_text() + "last,0.5,1,NA\n")
    found = read(path).calls.block(0, 3)
    np.testing.assert_array_equal(np.nan_to_num(found[:, :-1], nan=-1), copies)
    np.testing.assert_array_equal(found[:, -1], [0.5, 1, np.nan])


def test_polyploids(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,a,b\np,4,2\nq,NA,3\n")
    found = read(tmp_path / "x.csv", ploidy=4)
    np.testing.assert_array_equal(found.calls.block(0, 2), [[4, np.nan], [2, 3]])
    assert found.calls.ploidy == 4


@pytest.mark.parametrize(("cell", "copies"), [
    ("0/0/0/1", 1), ("1|1|1|1", 4), ("./././.", np.nan), (".", np.nan), ("0/0/1/.", np.nan)])
def test_polyploid_vcf(cell: str, copies: float, tmp_path: Path) -> None:
    path = genotype_files.vcf(np.zeros((1, 1), np.int8), tmp_path)
    path.write_text(path.read_text().replace("0/0", cell))
    np.testing.assert_array_equal(read(path, ploidy=4).calls.block(0, 1), [[copies]])


@pytest.mark.parametrize(("form", "cell", "copies"), [
    ("GT:DS", "0/1:0.93", 0.93), ("GT:DS", "0/1:.", 1), ("GT:DS", "1/1", 2), ("DS", "1.5", 1.5),
    ("DS:GT", "0.5:1/1", 0.5), ("GT:GP:DS", "0/0:.:0.02", 0.02), ("GT", "./1", np.nan),
    ("GT:DP", "1|1:.", 2), ("GT", ".", np.nan)])
def test_cells_of_vcf(form: str, cell: str, copies: float, tmp_path: Path) -> None:
    path = genotype_files.vcf(np.zeros((1, 1), np.int8), tmp_path)
    path.write_text(path.read_text().replace("\tGT\t0/0", f"\t{form}\t{cell}"))
    np.testing.assert_array_equal(read(path).calls.block(0, 1), np.array([[copies]], np.float32))


def test_sites_of_vcf_without_a_name_or_with_several_alleles(tmp_path: Path) -> None:
    path = genotype_files.vcf(np.ones((3, 2), np.int8), tmp_path)
    path.write_text(path.read_text().replace("\tm2\tA\tG\t", "\t.\tA\tG\t").replace(
        "\tm3\tA\tG\t", "\tm3\tA\tG,T\t"))
    findings = Findings()
    found = read_genotypes(path, findings=findings)
    assert found.markers.names.to_list() == ["m1", "1:2:A:G"]
    assert findings.warnings == (
        "chip.vcf: 1 sites have more than one alternative allele and were left out. Expected two "
        "alleles. Split them (bcftools norm -m-) to use them.",)


def test_excluded_chromosomes_of_vcf_need_not_be_diploid(tmp_path: Path) -> None:
    path = genotype_files.vcf(np.ones((2, 2), np.int8), tmp_path)
    text = path.read_text().splitlines()
    text[-1] = text[-1].replace("1\t2\tm2", "X\t2\tm2").replace("1|0:7", "1:7")
    path.write_text("\n".join(text) + "\n")
    found = read(path, excluded=("X",))
    np.testing.assert_array_equal(copies_of(found), [[1, 1], [-1, -1]])


MAPS = {
    "map.csv": "SNP_ID,CHR,POS\nm2,2,20\nm1,1,10\nm3,0,NA\n",
    "map.txt": "marker chrom bp ref alt\nm2 2 20 A C\nm1 1 10 A C\nm3 0 NA A C\n",
    "chip.map": "1 m1 0.5 10\n2 m2 0 20\n0 m3 0 0\n",
    "three.map": "1 m1 10\n2 m2 20\n0 m3 0\n",
    "numbered.txt": "1 1 10\n3 0 0\n2 2 20\n",
    "named.txt": "2 2 20 m2\n1 1 10 m1\n3 0 0 m3\n",
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("form", ["csv", "blupf90"])
def test_maps(name: str, form: str, tmp_path: Path) -> None:
    if form == "blupf90" and name in ("map.csv", "map.txt"):
        pytest.skip("rows of these are in another order than the markers")
    (tmp_path / name).write_text(MAPS[name])
    path = WRITERS[form][0](random_copies(3, 4, 1), tmp_path)
    markers = read(path, tmp_path / name).markers
    assert markers.chromosome.to_pylist() == ["1", "2", None]
    assert markers.position.tolist() == [10, 20, 0]
    named = form == "csv" or name != "numbered.txt"
    assert markers.names.to_list() == (["m1", "m2", "m3"] if named else ["1", "2", "3"])
    assert markers.counted.to_pylist() == ["C" if name == "map.txt" else None] * 3


def test_names_from_xref(tmp_path: Path) -> None:
    path = genotype_files.blupf90(random_copies(3, 2, 1), tmp_path)
    (tmp_path / "snp.txt_XrefID").write_text("17 i2\n0123 i1\n5 other\n")
    found = read(path, ids_file=tmp_path / "snp.txt_XrefID")
    assert found.individuals.to_list() == ["0123", "17"]


def test_a_frame() -> None:
    frame = pd.DataFrame({"a": [0, 1, 2], "b": [1.0, np.nan, 0.5]}, index=["x", "0123", 7])
    found = genotypes_of_frame(frame, GenotypeReading(), Findings())
    values: Float32 = found.calls.block(0, 2)
    np.testing.assert_array_equal(values, [[0, 1, 2], [1, np.nan, 0.5]])
    assert found.individuals.to_list() == ["x", "0123", "7"]
    assert found.markers.names.to_list() == ["a", "b"]


def test_gzip_is_known_by_its_bytes(tmp_path: Path) -> None:
    copies = random_copies(5, 4, 1)
    path = genotype_files.csv(copies, tmp_path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(copies_of(read(path)), copies)


def test_no_such_file(tmp_path: Path) -> None:
    genotype_files.csv(random_copies(2, 2, 1), tmp_path)
    with pytest.raises(InputError, match=r"chop\.csv: there is no such file\. Did you mean 'chip"):
        read(tmp_path / "chop.csv")


@pytest.mark.parametrize("index", ["names", "named", "numbers"])
def test_an_index_of_pandas_names_the_individuals_of_parquet(index: str, tmp_path: Path) -> None:
    frame = pd.DataFrame([[0, 2], [1, 1], [2, 0]], columns=["m1", "m2"])
    people = ["i5", "i6", "i9"]
    if index == "numbers":  # rows left of a selection, with names in a column
        frame.insert(0, "id", people)
        frame.index = pd.Index([4, 5, 8])
    else:
        frame.index = pd.Index(people, name="id" if index == "named" else None)
    frame.to_parquet(tmp_path / "chip.parquet")
    found = read(tmp_path / "chip.parquet")
    assert found.individuals.to_list() == people
    assert found.markers.names.to_list() == ["m1", "m2"]
    np.testing.assert_array_equal(copies_of(found), [[0, 1, 2], [2, 1, 0]])


def test_calls_of_more_individuals_than_fam_has_are_told_of(tmp_path: Path) -> None:
    path = genotype_files.plink(random_copies(9, 7, seed=1), tmp_path)
    fam = path.with_suffix(".fam")
    lines = fam.read_text().splitlines(keepends=True)
    findings = Findings()
    read_genotypes(path, GenotypeReading(), findings=findings)
    assert not findings.warnings
    fam.write_text("".join(lines[1:]))
    read_genotypes(path, GenotypeReading(), findings=findings)
    (told,) = findings.warnings
    assert told.startswith("chip.bed: there are calls behind those of the 6 individuals of .fam.")


def test_a_compressed_bed_file_is_to_be_unpacked(tmp_path: Path) -> None:
    path = genotype_files.plink(random_copies(3, 4, seed=1), tmp_path)
    packed = path.with_name("chip.bed.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputError, match=r"chip\.bed\.gz: it is compressed.*Unpack all three"):
        read(packed)
